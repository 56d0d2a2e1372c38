import { describe, expect, it } from 'vitest'
import type { Step } from '../steps.js'
import { PairWorld } from './pair-world.js'
import { PairStep } from './script.js'

const step = (kind: number, rest = 0, ...bytes: number[]): Step => ({
  kind,
  argument: rest << 2,
  bytes: Uint8Array.from(bytes),
})
const up = step(PairStep.Say, 1)
/** A message of 80 bytes for each unit. */
const down = (size: number): Step => step(PairStep.Say, 0, size)
const deliver = step(PairStep.Deliver, 7)
/** A session with Connection IDs, of which one message came from another address. */
const moved = [step(PairStep.Connect, 0, 0, 16, 0), deliver, step(PairStep.Move), up, deliver]
const play = (...steps: Step[]): Promise<void> => new PairWorld(0).play(steps)

describe('what may go to an address that has not answered', () => {
  it('may have gone there when the session is closed from this side', async () => {
    await expect(play(...moved, down(20), step(PairStep.End, 1))).resolves.toBeUndefined()
  })

  it('may have gone there when the process is killed, and somebody else says hello from there', async () => {
    const killed = step(PairStep.Save, 3)
    const hello = [step(PairStep.Connect, 0, 0, 0, 0), deliver]
    await expect(play(...moved, down(30), killed, ...hello)).resolves.toBeUndefined()
  })

  it('is not more by a second move, nor by a third', async () => {
    const onward = [step(PairStep.Move), up, step(PairStep.Deliver, 0), down(45)]
    await expect(play(...moved, down(45), ...onward, ...onward)).resolves.toBeUndefined()
  })
})
