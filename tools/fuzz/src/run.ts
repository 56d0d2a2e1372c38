import { performance } from 'node:perf_hooks'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { toHex } from '@fieldline/bytes'
import { Chance } from './chance.js'
import type { Target } from './target.js'

const strays: unknown[] = []
const onStray = (reason: unknown): void => void strays.push(reason)

/** CPU that one input may cost, in milliseconds. */
const hangMs = 50
/** A slow input is tried again so often: a machine that was busy, or garbage that was collected, is no hang. */
const hangTrials = 3
/** Garbage is collected after so many inputs: memory that still grows is kept by somebody. */
const collectEvery = 10_000
/** After so many different findings there is nothing to learn from more. */
const mostFindings = 20

/** An input that broke something, and what. */
export interface Finding {
  readonly kind: 'crash' | 'hang'
  readonly target: string
  /** The number of the input; with the seed it makes the same again. -1 for one that was given. */
  readonly input: number
  readonly hex: string
  readonly what: string
}

/** How long, and from where. */
export interface RunOptions {
  readonly seconds: number
  readonly seed: number
  /** So many inputs are tried even where the time is over before. */
  readonly leastInputs?: number
  /** Called before each input. */
  readonly onInput?: (input: number) => void
  readonly onFinding?: (finding: Finding) => void
}

/** What came of a run. */
export interface Outcome {
  readonly inputs: number
  readonly findings: readonly Finding[]
}

/** Input number n of a target under a seed; the same for the same two. */
export function inputOf(target: Target, seed: number, n: number): Uint8Array {
  return target.make(new Chance(seed, n))
}

/** Tries one input and says what is wrong with it; undefined where nothing is. */
export async function tryInput(
  target: Target,
  bytes: Uint8Array,
  input: number,
): Promise<Finding | undefined> {
  const found = (kind: Finding['kind'], what: string): Finding => ({
    kind,
    target: target.name,
    input,
    hex: toHex(bytes),
    what,
  })
  process.on('unhandledRejection', onStray)
  try {
    const spent = await cost(target, bytes)
    if (spent <= hangMs) return undefined
    let least = spent
    for (let trial = 0; trial < hangTrials; trial++) least = Math.min(least, await cost(target, bytes))
    return least > hangMs ? found('hang', `${Math.round(least)} ms`) : undefined
  } catch (error) {
    return found('crash', inWords(error))
  } finally {
    process.removeListener('unhandledRejection', onStray)
  }
}

function inWords(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const words = error.stack ?? error.message
  return error.cause === undefined ? words : `${words}\n${inWords(error.cause)}`
}

async function cost(target: Target, bytes: Uint8Array): Promise<number> {
  const began = performance.now()
  const before = process.cpuUsage()
  const pending = target.run(bytes)
  if (pending) {
    await pending
    // a rejection that nobody took is told after all promises had their turn
    await setImmediate()
    if (strays.length > 0) throw new Error('a rejection that nobody took', { cause: strays.pop() })
  }
  if (performance.now() - began <= hangMs) return 0
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Tries inputs until the time is over. Findings that began at the same place count once. */
export async function runInputs(target: Target, options: RunOptions): Promise<Outcome> {
  const { seconds, seed, leastInputs = 0, onInput, onFinding } = options
  const until = performance.now() + seconds * 1000
  const findings = new Map<string, Finding>()
  let input = 0
  const enough = (): boolean => input >= leastInputs && performance.now() >= until
  for (; !enough() && findings.size < mostFindings; input++) {
    onInput?.(input)
    if (input % collectEvery === 0) {
      ;(globalThis as { gc?: () => void }).gc?.()
      // a loop that never ends its turn keeps native memory that looks like a leak of the target
      await setImmediate()
    }
    const finding = await tryInput(target, inputOf(target, seed, input), input)
    if (!finding) continue
    const place = finding.kind + finding.what.split('\n').slice(0, 3).join('\n').replace(/\d+/g, '#')
    if (findings.has(place)) continue
    findings.set(place, finding)
    onFinding?.(finding)
  }
  return { inputs: input, findings: [...findings.values()] }
}
