import { randomFillSync } from 'node:crypto'
import type { Clock, Random } from '@fieldline/bytes'

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** The machine's random source. */
export const systemRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
  unit: () => Math.random(),
}
