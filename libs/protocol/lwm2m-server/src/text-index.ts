import { KeyedHash } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'

/** Words of a place: a slot and one more, 0 where it is free, then the hash of the slot's text. */
const wordsOfPlace = 2
const firstPlaces = 16

/**
 * Numbers of slots by a text that whoever holds the slots knows: 11 to 21 bytes for each, where a `Map` takes 40 to 60 beside the text. Texts
 * are compared only where hashes agree; the hash has a random key, so that nobody can choose names that collide.
 */
export class TextIndex {
  readonly #hash: KeyedHash
  #places = new Uint32Array(firstPlaces * wordsOfPlace)
  #size = 0

  constructor(
    random: Random,
    private readonly textOf: (slot: number) => string,
  ) {
    this.#hash = new KeyedHash(random)
  }

  /** Texts in the index. */
  get size(): number {
    return this.#size
  }

  /** The slot of a text, or -1. */
  find(text: string): number {
    return this.#places[this.#placeOf(text)] - 1
  }

  /** Puts a slot in place of the one that had the same text. */
  set(slot: number): void {
    const text = this.textOf(slot)
    let at = this.#placeOf(text)
    if (this.#places[at] === 0) {
      // three quarters full
      if (8 * ++this.#size > 3 * this.#places.length) {
        this.#grow()
        at = this.#placeOf(text)
      }
    }
    this.#places[at] = slot + 1
    this.#places[at + 1] = this.#hash.a
  }

  /** Takes a slot out, unless another one has its text. Call before the text changes. */
  delete(slot: number): void {
    const places = this.#places
    const mask = places.length - 1
    let gap = this.#placeOf(this.textOf(slot))
    if (places[gap] !== slot + 1) return
    this.#size--
    for (let at = (gap + wordsOfPlace) & mask; places[at] !== 0; at = (at + wordsOfPlace) & mask) {
      const home = (places[at + 1] * wordsOfPlace) & mask
      // it may move back only as far as its own place
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      places[gap] = places[at]
      places[gap + 1] = places[at + 1]
      gap = at
    }
    places[gap] = 0
  }

  /** Where a text is, or else the free place where it belongs. */
  #placeOf(text: string): number {
    this.#hash.text(text)
    const hash = this.#hash.a >>> 0
    const places = this.#places
    const mask = places.length - 1
    let at = (hash * wordsOfPlace) & mask
    while (places[at] !== 0 && (places[at + 1] !== hash || this.textOf(places[at] - 1) !== text))
      at = (at + wordsOfPlace) & mask
    return at
  }

  #grow(): void {
    const old = this.#places
    const places = new Uint32Array(2 * old.length)
    const mask = places.length - 1
    for (let from = 0; from < old.length; from += wordsOfPlace) {
      if (old[from] === 0) continue
      let at = (old[from + 1] * wordsOfPlace) & mask
      while (places[at] !== 0) at = (at + wordsOfPlace) & mask
      places[at] = old[from]
      places[at + 1] = old[from + 1]
    }
    this.#places = places
  }
}
