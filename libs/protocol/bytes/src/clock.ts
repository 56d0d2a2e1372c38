/** A timer that can be called off. */
export interface Timer {
  cancel(): void
}

/**
 * Time as the protocol and fleet libraries see it. Passed in, never taken from the machine, so that every race can be
 * replayed in a test.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Calls `run` once, `delayMs` milliseconds from now. */
  after(delayMs: number, run: () => void): Timer
}

/** A source of randomness. */
export interface Random {
  /** `length` bytes that an attacker cannot guess. */
  bytes(length: number): Uint8Array
  /** A number in [0, 1), for jitter only. */
  unit(): number
}

interface Entry {
  due: number
  order: number
  run: () => void
  cancelled: boolean
}

/** A clock that stands still until it is told to advance; timers run in the order of their due time. */
export class ManualClock implements Clock {
  #now: number
  #order = 0
  #entries: Entry[] = []

  constructor(startMs = 1_700_000_000_000) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): Timer {
    const entry: Entry = { due: this.#now + delayMs, order: this.#order++, run, cancelled: false }
    this.#entries.push(entry)
    return {
      cancel: () => {
        entry.cancelled = true
      },
    }
  }

  /** Moves time forward by `milliseconds`, running what falls due on the way. */
  advance(milliseconds: number): void {
    const until = this.#now + milliseconds
    for (;;) {
      this.#entries = this.#entries.filter((entry) => !entry.cancelled)
      const next = this.#entries
        .filter((entry) => entry.due <= until)
        .sort((a, b) => a.due - b.due || a.order - b.order)[0]
      if (!next) break
      this.#entries.splice(this.#entries.indexOf(next), 1)
      this.#now = Math.max(this.#now, next.due)
      next.run()
    }
    this.#now = until
  }
}

/** A repeatable random source for tests: xorshift32 from a seed. Never for tokens on a real network. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0 || 1
  const next = (): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 0x1_0000_0000
  }
  return {
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
    unit: next,
  }
}
