import { describe, expect, it } from 'vitest'
import type { Step } from '../steps.js'
import { PairWorld } from './pair-world.js'
import { PairStep } from './script.js'

const step = (kind: number, rest = 0, ...bytes: number[]): Step => ({
  kind,
  argument: rest << 2,
  bytes: Uint8Array.from(bytes),
})
const next = step(PairStep.Deliver)
const all = step(PairStep.Deliver, 7)

describe('two ends', () => {
  it('need not understand each other where the last flight of a resumption was lost and the server gave up', async () => {
    const open = [step(PairStep.Connect, 0, 0, 0, 0), all]
    const resume = [step(PairStep.Connect, 0, 0, 64, 0), next, next]
    const lost = [step(PairStep.Drop, 1), step(PairStep.Wait, 5)]
    await expect(new PairWorld(0).play([...open, ...resume, ...lost])).resolves.toBeUndefined()
  })
})
