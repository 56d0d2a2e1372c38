/** The process that tries the inputs: whatever becomes of it, its parent knows which one it was. */
import { openSync, writeSync } from 'node:fs'
import process from 'node:process'
import { startCoverage } from './coverage.js'
import { runInputs } from './run.js'
import type { Finding } from './run.js'
import { targets } from './targets.js'

/** What the parent passes, as one argument of JSON. */
export interface Task {
  readonly target: string
  readonly seconds: number
  readonly seed: number
  readonly coverage: boolean
  /** A file of four bytes: the number of the input at work. */
  readonly progress: string
}

/** What the child says, over its channel. */
export type Said =
  | { readonly finding: Finding }
  | { readonly inputs: number; readonly peakRssMb: number; readonly coverage?: readonly string[] }

/** Memory is looked at so often, in inputs. */
const lookEvery = 1024

async function work(task: Task): Promise<void> {
  const target = targets.find(({ name }) => name === task.target)!
  const coverage = task.coverage ? await startCoverage(target.sources) : undefined
  const progress = openSync(task.progress, 'r+')
  const number = new Uint32Array(1)
  const say = (said: Said): void => void process.send?.(said)
  let peakRss = process.memoryUsage.rss()
  const { inputs } = await runInputs(target, {
    ...task,
    onInput(input) {
      number[0] = input
      writeSync(progress, number, 0, number.byteLength, 0)
      if (input % lookEvery === 0) peakRss = Math.max(peakRss, process.memoryUsage.rss())
    },
    onFinding: (finding) => say({ finding }),
  })
  const lines = await coverage?.()
  say({
    inputs,
    peakRssMb: Math.round(Math.max(peakRss, process.memoryUsage.rss()) / 2 ** 20),
    coverage: lines,
  })
  process.disconnect()
}

await work(JSON.parse(process.argv[2]) as Task)
