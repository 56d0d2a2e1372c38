const pageBits = 10
const rowsOfPage = 1 << pageBits
const rowOfPage = rowsOfPage - 1

/**
 * Numbered rows of 32-bit words. They grow a page of 1,024 rows at a time: nothing is copied, and no more than a page lies idle. What belongs to a
 * row lies together, so that it costs a line or two of the processor's cache.
 */
export class Rows {
  readonly #pages: Uint32Array[] = []
  /** The latest row that was given back, plus one; its last word leads to the one before. */
  #free = 0
  #used = 0

  /** @param words of each row, at least one */
  constructor(private readonly words: number) {}

  /** Rows that have ever been in use. */
  get used(): number {
    return this.#used
  }

  /** A row that is not in use, all its words 0. */
  take(): number {
    const row = this.#free - 1
    if (row >= 0) {
      this.#free = this.get(row, this.words - 1)
      this.set(row, this.words - 1, 0)
      return row
    }
    if (this.#used === this.#pages.length * rowsOfPage)
      this.#pages.push(new Uint32Array(rowsOfPage * this.words))
    return this.#used++
  }

  /** Gives a row back; all its words but the last are 0 until it is taken again. */
  give(row: number): void {
    for (let word = 0; word < this.words - 1; word++) this.set(row, word, 0)
    this.set(row, this.words - 1, this.#free)
    this.#free = row + 1
  }

  get(row: number, word: number): number {
    return this.#pages[row >>> pageBits][(row & rowOfPage) * this.words + word]
  }

  set(row: number, word: number, value: number): void {
    this.#pages[row >>> pageBits][(row & rowOfPage) * this.words + word] = value
  }

  /** The page of a row. */
  static pageOf(row: number): number {
    return row >>> pageBits
  }

  /** The first row of a page, and the one after its last. */
  static boundsOf(page: number): readonly [number, number] {
    return [page << pageBits, (page + 1) << pageBits]
  }
}
