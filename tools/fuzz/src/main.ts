#!/usr/bin/env node
import { fork } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { toHex } from '@fieldline/bytes'
import type { Said, Task } from './child.js'
import { keepFinding, readFinding } from './findings.js'
import { readOptions, usage } from './options.js'
import type { Options } from './options.js'
import { inputOf, tryInput } from './run.js'
import type { Finding } from './run.js'
import type { Target } from './target.js'
import { targets } from './targets.js'

/** An input that is at work for so long will not come back. */
const lostMs = 10_000
const lookMs = 500
/** Enough for any input, far below what the machine has: an input that takes more is found. */
const heapMb = 512

interface Total {
  inputs: number
  peakRssMb: number
  coverage?: readonly string[]
}

/** Tries inputs in a child until the time is over; the child's end by an input is a finding like any other. */
function watchChild(
  target: Target,
  { seconds, seed, coverage }: Options,
  onFinding: (finding: Finding) => void,
): Promise<Total> {
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-fuzz-'))
  const progress = join(folder, 'progress')
  writeFileSync(progress, new Uint8Array(4))
  const task: Task = { target: target.name, seconds, seed, coverage, progress }
  const child = fork(fileURLToPath(new URL('./child.js', import.meta.url)), [JSON.stringify(task)], {
    execArgv: [`--max-old-space-size=${heapMb}`, '--expose-gc'],
  })
  const inputAtWork = (): number => new Uint32Array(Uint8Array.from(readFileSync(progress)).buffer)[0]
  let total: Total | undefined
  let at = { input: -1, since: Date.now() }
  let lost = false
  const watch = setInterval(() => {
    const input = inputAtWork()
    if (input !== at.input) at = { input, since: Date.now() }
    else if (Date.now() - at.since > lostMs && !total) {
      lost = true
      child.kill('SIGKILL')
    }
  }, lookMs)
  child.on('message', (said: Said) => {
    if ('finding' in said) onFinding(said.finding)
    else total = said
  })
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      clearInterval(watch)
      const input = inputAtWork()
      rmSync(folder, { recursive: true, force: true })
      if (!total) {
        const hex = toHex(inputOf(target, seed, input))
        const what = lost ? `not back after ${lostMs / 1000} s` : `the process ended with ${signal ?? code}`
        onFinding({ kind: lost ? 'hang' : 'crash', target: target.name, input, hex, what })
      }
      resolve(total ?? { inputs: input + 1, peakRssMb: 0 })
    })
  })
}

async function fuzz(target: Target, options: Options): Promise<number> {
  const findings: Finding[] = []
  const { inputs, peakRssMb, coverage } = await watchChild(target, options, (finding) => {
    findings.push(finding)
    const file = keepFinding(options.keep, options.seed, finding)
    process.stderr.write(
      `${finding.kind}: ${finding.what.split('\n')[0]}\n  npm run fuzz -- --replay ${file}\n`,
    )
  })
  for (const line of coverage ?? []) process.stdout.write(`${line}\n`)
  const count = (kind: Finding['kind']): number => findings.filter((finding) => finding.kind === kind).length
  process.stdout.write(
    `${JSON.stringify({ target: target.name, inputs, crashes: count('crash'), hangs: count('hang'), peakRssMb })}\n`,
  )
  return findings.length > 0 ? 1 : 0
}

async function replay(file: string): Promise<number> {
  const { target: name, bytes } = readFinding(file)
  const target = targets.find((one) => one.name === name)
  if (!target) throw new RangeError(`${file} is for the target "${name}", which there is not`)
  const finding = await tryInput(target, bytes, -1)
  process.stdout.write(finding ? `${finding.kind}: ${finding.what}\n` : 'nothing is wrong with this input\n')
  return finding ? 1 : 0
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(`${usage}\n`)
  else if (options.replay !== undefined) process.exitCode = await replay(options.replay)
  else process.exitCode = await fuzz(options.target!, options)
} catch (error) {
  const wrongUse = error instanceof RangeError || error instanceof TypeError
  process.stderr.write(
    `fuzz: ${wrongUse ? `${error.message}\n\n${usage}` : ((error as Error).stack ?? String(error))}\n`,
  )
  process.exitCode = 2
}
