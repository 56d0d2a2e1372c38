import type { Chance } from './chance.js'

/** A promise about the target that an input has broken; the message says which. Any other error that leaves `run` is a crash. */
export class BrokenPromise extends Error {}

/** What is fuzzed. */
export interface Target {
  readonly name: string
  /** In one sentence: what goes in and what must hold. */
  readonly promises: string
  /** Sources whose branches are to be reached, as folders or files from the root of the checkout. */
  readonly sources: readonly string[]
  /** One input, from the corpus and chance alone. */
  make(chance: Chance): Uint8Array
  /** Tries one input. Throws, or rejects, where something is wrong. Inputs of any bytes are legal. */
  run(input: Uint8Array): void | Promise<void>
}
