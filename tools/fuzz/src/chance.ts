/** Chance that is the same for the same seed and input number, so that every input can be made again from these two. */
export class Chance {
  #state: number

  constructor(seed: number, input: number) {
    this.#state = (Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(input + 1, 0x85ebca6b)) >>> 0
    this.next()
  }

  /** 0 to 2^32 − 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** 0 to `below` − 1. */
  int(below: number): number {
    return this.next() % below
  }

  /** True once in so many times. */
  once(inSoMany: number): boolean {
    return this.int(inSoMany) === 0
  }

  pick<T>(from: readonly T[]): T {
    return from[this.int(from.length)]
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.next() & 255)
  }

  /** `fewest` to `most` of what `make` gives. */
  some<T>(fewest: number, most: number, make: () => T): T[] {
    return Array.from({ length: fewest + this.int(most - fewest + 1) }, make)
  }
}
