import { randomFillSync } from 'node:crypto'
import type { Clock, Random } from '@fieldline/bytes'

/** The machine's clock; its timers keep the process alive, for the simulation ends when it says so. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** The machine's random source: Message IDs, tokens and the loss of datagrams are never the same twice. */
export const systemRandom: Random = {
  bytes: (length) => randomFillSync(new Uint8Array(length)),
  unit: () => Math.random(),
}
