const firstCapacity = 16
const none = -1

/** The smallest power of two that is not less than `count`, and not less than the first capacity of a table. */
export function capacityFor(count: number): number {
  return Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(count)))
}

/** Words of a row that say where it belongs; the columns of the subclass follow. */
const Word = { chain: 0, keyA: 1, keyB: 2 } as const
const ownWords = 3

/**
 * Rows of fixed size in one buffer, found by a 64-bit hash: 17 to 21 bytes a row beside the columns of the subclass. What belongs to a row lies
 * together, so that it costs a line or two of the processor's cache. They grow by a quarter to a bound; then a new row takes the place of one
 * that was not touched for long, found by a hand that goes round and passes over what was touched since it came by last.
 */
export abstract class KeyedRows {
  readonly #maxCapacity: number
  /** 32-bit words of a row. */
  protected readonly stride: number
  /** The rows as words, and as halves of words: row `i` begins at `i * stride`, its columns `columns` later. */
  protected words: Int32Array
  protected halves: Uint16Array
  #capacity = firstCapacity
  /** A power of two, not less than the capacity. */
  #heads = new Int32Array(firstCapacity).fill(none)
  #touched = new Uint8Array(firstCapacity)
  #hand = 0
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
    for (let row = this.#heads[a & (this.#heads.length - 1)]; row >= 0; row = words[row * stride]) {
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
      row = this.#untouched()
      this.remove(row)
      this.#free = this.words[row * this.stride]
    }
    this.words[row * this.stride + Word.keyA] = a
    this.words[row * this.stride + Word.keyB] = b
    this.#size++
    this.#touched[row] = 0
    this.#link(row)
    return row
  }

  /** Keeps a row from making room until the hand has gone round once. */
  touch(row: number): void {
    this.#touched[row] = 1
  }

  /** Only called when every row is in use. */
  #untouched(): number {
    for (;;) {
      const row = this.#hand
      this.#hand = row + 1 === this.#capacity ? 0 : row + 1
      if (this.#touched[row] === 0) return row
      this.#touched[row] = 0
    }
  }

  /** Gives a row up. */
  remove(row: number): void {
    const { words, stride } = this
    const bucket = words[row * stride + Word.keyA] & (this.#heads.length - 1)
    if (this.#heads[bucket] === row) this.#heads[bucket] = words[row * stride]
    else {
      let at = this.#heads[bucket]
      while (words[at * stride] !== row) at = words[at * stride]
      words[at * stride] = words[row * stride]
    }
    words[row * stride] = this.#free
    this.#free = row
    this.#size--
  }

  #link(row: number): void {
    const bucket = this.words[row * this.stride + Word.keyA] & (this.#heads.length - 1)
    this.words[row * this.stride] = this.#heads[bucket]
    this.#heads[bucket] = row
  }

  /** Only called when every row is in use. */
  #grow(): void {
    this.#capacity = Math.min(
      this.#maxCapacity,
      this.#capacity + Math.max(firstCapacity, this.#capacity >> 2),
    )
    const words = new Int32Array(this.#capacity * this.stride)
    words.set(this.words)
    this.words = words
    this.halves = new Uint16Array(words.buffer)
    const touched = new Uint8Array(this.#capacity)
    touched.set(this.#touched)
    this.#touched = touched
    if (this.#capacity <= this.#heads.length) return
    this.#heads = new Int32Array(2 * this.#heads.length).fill(none)
    for (let row = 0; row < this.#used; row++) this.#link(row)
  }
}
