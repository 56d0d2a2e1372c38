import type { Random } from './clock.js'

/**
 * A 64-bit hash under a random key, for tables that cannot afford to keep the names of their rows. Nobody outside can find two names that
 * collide; by chance it happens once in 2^32 tables of as many rows. The result is in `a` and `b`, so that nothing is allocated.
 */
export class KeyedHash {
  a = 0
  b = 0
  readonly #seedA: number
  readonly #seedB: number
  // Look-ups of one name come in pairs.
  #last: string | undefined

  constructor(random: Random) {
    const bytes = random.bytes(8)
    const seed = new DataView(bytes.buffer, bytes.byteOffset)
    this.#seedA = seed.getInt32(0)
    this.#seedB = seed.getInt32(4)
  }

  /** Hashes a text, by its UTF-16 units. */
  text(name: string): void {
    if (name === this.#last) return
    this.#last = name
    let a = this.#seedA
    let b = this.#seedB
    for (let i = 0; i < name.length; i++) {
      const unit = name.charCodeAt(i)
      a = Math.imul(a ^ unit, 0x85ebca6b)
      a ^= a >>> 15
      b = Math.imul(b + unit, 0xc2b2ae35)
      b ^= b >>> 13
    }
    this.a = a
    this.b = b
  }

  /** Hashes bytes, those from `start` to `end`. */
  bytes(name: Uint8Array, start = 0, end = name.length): void {
    this.#last = undefined
    let a = this.#seedA
    let b = this.#seedB
    for (let i = start; i < end; i++) {
      a = Math.imul(a ^ name[i], 0x85ebca6b)
      a ^= a >>> 15
      b = Math.imul(b + name[i], 0xc2b2ae35)
      b ^= b >>> 13
    }
    this.a = a
    this.b = b
  }
}
