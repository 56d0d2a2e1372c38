import { KeyedHash } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { endOfText, mostCharacters, mostPackedBytes, packText, unpackText } from './packed-text.js'

const pageWords = 16_384
const wordBytes = 4
/** The texts that are kept together at most. */
const mostTexts = 3

interface Page {
  readonly words: Uint32Array
  readonly bytes: Uint8Array
}

/**
 * Texts in pages of 64 KiB, packed, a few that belong together in one entry: a text costs its own bytes and one more, where a string of its own
 * takes 24 beside them. An entry is named by where it lies; the room of one that is removed is for the next of the same size. To look for a text,
 * `seek` it: its hash is in `hash`, and `isSought` compares.
 */
export class TextArena {
  readonly #pages: Page[] = []
  /** Words in use of the last page. */
  #used = pageWords
  /** The first free entry of each size in words, plus one; its first word leads to the next. */
  readonly #free: number[] = []
  readonly #hash: KeyedHash
  readonly #scratch = new Uint8Array(mostTexts * mostPackedBytes)
  #soughtEnd = 0

  constructor(random: Random) {
    this.#hash = new KeyedHash(random)
  }

  /** The hash of the text that is sought. It has a random key, so that nobody can choose names that collide. */
  hash = 0

  /** Keeps up to three texts; gives their entry. Throws `RangeError` for one of more than 1,000 characters. */
  add(...texts: readonly string[]): number {
    let end = 0
    for (const text of texts) end = packText(text, this.#scratch, end)
    const entry = this.#take(Math.ceil(end / wordBytes))
    const { bytes } = this.#pageOf(entry)
    bytes.set(this.#scratch.subarray(0, end), byteOf(entry))
    return entry
  }

  /** Gives up an entry that was added with this number of texts. */
  remove(entry: number, texts: number): void {
    const { words, bytes } = this.#pageOf(entry)
    const start = byteOf(entry)
    const size = Math.ceil((startOf(bytes, start, texts) - start) / wordBytes)
    words[entry % pageWords] = this.#free[size] ?? 0
    this.#free[size] = entry + 1
  }

  /** The text at a position of an entry. */
  get(entry: number, position: number): string {
    const { bytes } = this.#pageOf(entry)
    return unpackText(bytes, startOf(bytes, byteOf(entry), position))
  }

  /** The hash of the text at a position of an entry. */
  hashOf(entry: number, position: number): number {
    const { bytes } = this.#pageOf(entry)
    const start = startOf(bytes, byteOf(entry), position)
    this.#hash.bytes(bytes, start, endOfText(bytes, start))
    return this.#hash.a
  }

  /** Prepares to compare with a text. False if it is none that is kept here, being too long. */
  seek(text: string): boolean {
    if (text.length > mostCharacters) return false
    this.#soughtEnd = packText(text, this.#scratch, 0)
    this.#hash.bytes(this.#scratch, 0, this.#soughtEnd)
    this.hash = this.#hash.a
    return true
  }

  /** Whether the text at a position of an entry is the one sought. */
  isSought(entry: number, position: number): boolean {
    const { bytes } = this.#pageOf(entry)
    const start = startOf(bytes, byteOf(entry), position)
    for (let i = 0; i < this.#soughtEnd; i++) if (bytes[start + i] !== this.#scratch[i]) return false
    return true
  }

  #pageOf(entry: number): Page {
    return this.#pages[Math.floor(entry / pageWords)]
  }

  #take(size: number): number {
    const free = (this.#free[size] ?? 0) - 1
    if (free >= 0) {
      this.#free[size] = this.#pageOf(free).words[free % pageWords]
      return free
    }
    if (this.#used + size > pageWords) {
      const words = new Uint32Array(pageWords)
      this.#pages.push({ words, bytes: new Uint8Array(words.buffer) })
      this.#used = 0
    }
    const entry = (this.#pages.length - 1) * pageWords + this.#used
    this.#used += size
    return entry
  }
}

/** The place of an entry in its page. */
function byteOf(entry: number): number {
  return (entry % pageWords) * wordBytes
}

/** Where the text at a position begins. */
function startOf(bytes: Uint8Array, start: number, position: number): number {
  for (let i = 0; i < position; i++) start = endOfText(bytes, start)
  return start
}
