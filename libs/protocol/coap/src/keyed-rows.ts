const firstCapacity = 16
const none = -1

/** The smallest power of two that is not less than `count`, and not less than the first capacity of a table. */
export function capacityFor(count: number): number {
  return Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(count)))
}

/** Words of a row that say where it belongs; the columns of the subclass follow. */
const Word = { chain: 0, keyA: 1, keyB: 2, older: 3, newer: 4 } as const
const ownWords = 5

/**
 * Rows of fixed size in one buffer, found by a 64-bit hash: 24 bytes a row beside the columns of the subclass. What belongs to a row lies
 * together, so that it costs a line or two of the processor's cache. They grow by doubling to a bound; then a new row takes the place of the
 * one that was touched longest ago.
 */
export abstract class KeyedRows {
  readonly #maxCapacity: number
  /** 32-bit words of a row. */
  protected readonly stride: number
  /** The rows as words, and as halves of words: row `i` begins at `i * stride`, its columns `columns` later. */
  protected words: Int32Array
  protected halves: Uint16Array
  #capacity = firstCapacity
  #heads = new Int32Array(firstCapacity).fill(none)
  #oldest = none
  #newest = none
  #free = none
  #used = 0
  #size = 0

  /** @param columnWords 32-bit words that the subclass keeps in each row */
  constructor(maxRows: number, columnWords: number) {
    this.#maxCapacity = capacityFor(maxRows)
    this.stride = ownWords + columnWords
    this.words = new Int32Array(firstCapacity * this.stride)
    this.halves = new Uint16Array(this.words.buffer)
  }

  /** Rows in use. */
  get size(): number {
    return this.#size
  }

  /** The first word of the columns of a row. */
  protected columns(row: number): number {
    return row * this.stride + ownWords
  }

  /** The row of a key, or -1. */
  find(a: number, b: number): number {
    const { words, stride } = this
    for (let row = this.#heads[a & (this.#capacity - 1)]; row >= 0; row = words[row * stride]) {
      if (words[row * stride + Word.keyA] === a && words[row * stride + Word.keyB] === b) return row
    }
    return none
  }

  /** A row for a key that has none; what its columns hold is left from before. */
  insert(a: number, b: number): number {
    let row = this.#free
    if (row >= 0) this.#free = this.words[row * this.stride]
    else if (this.#used < this.#capacity) row = this.#used++
    else if (this.#capacity < this.#maxCapacity) {
      this.#grow()
      row = this.#used++
    } else {
      row = this.#oldest
      this.remove(row)
      this.#free = this.words[row * this.stride]
    }
    this.words[row * this.stride + Word.keyA] = a
    this.words[row * this.stride + Word.keyB] = b
    this.#size++
    this.#link(row)
    this.#append(row)
    return row
  }

  /** Makes a row the one touched last. */
  touch(row: number): void {
    if (row === this.#newest) return
    this.#detach(row)
    this.#append(row)
  }

  /** Gives a row up. */
  remove(row: number): void {
    const { words, stride } = this
    const bucket = words[row * stride + Word.keyA] & (this.#capacity - 1)
    if (this.#heads[bucket] === row) this.#heads[bucket] = words[row * stride]
    else {
      let at = this.#heads[bucket]
      while (words[at * stride] !== row) at = words[at * stride]
      words[at * stride] = words[row * stride]
    }
    this.#detach(row)
    words[row * stride] = this.#free
    this.#free = row
    this.#size--
  }

  #link(row: number): void {
    const bucket = this.words[row * this.stride + Word.keyA] & (this.#capacity - 1)
    this.words[row * this.stride] = this.#heads[bucket]
    this.#heads[bucket] = row
  }

  #append(row: number): void {
    const { words, stride } = this
    words[row * stride + Word.older] = this.#newest
    words[row * stride + Word.newer] = none
    if (this.#newest >= 0) words[this.#newest * stride + Word.newer] = row
    else this.#oldest = row
    this.#newest = row
  }

  #detach(row: number): void {
    const { words, stride } = this
    const older = words[row * stride + Word.older]
    const newer = words[row * stride + Word.newer]
    if (older >= 0) words[older * stride + Word.newer] = newer
    else this.#oldest = newer
    if (newer >= 0) words[newer * stride + Word.older] = older
    else this.#newest = older
  }

  /** Only called when every row is in use. */
  #grow(): void {
    this.#capacity *= 2
    const words = new Int32Array(this.#capacity * this.stride)
    words.set(this.words)
    this.words = words
    this.halves = new Uint16Array(words.buffer)
    this.#heads = new Int32Array(this.#capacity).fill(none)
    for (let row = 0; row < this.#used; row++) this.#link(row)
  }
}
