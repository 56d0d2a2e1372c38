import { Rows } from './rows.js'

/** Rows of a chain, on the average, before there is one chain more. */
const rowsOfChain = 2

/**
 * Rows by a hash: six bytes for each, a word in the row for its chain and half a word for the chain's first. It grows by one chain at a time, whose
 * rows come out of one other (linear hashing), so that no insertion has to wait for all to be arranged anew. Whoever has the rows compares them.
 */
export class RowIndex {
  readonly #firsts = new Rows(1)
  #chains = 0
  /** The largest power of two that is not more than the number of chains. */
  #level = 1
  #size = 0

  /**
   * @param rows of what is indexed
   * @param word of each row that the index may use
   * @param hashOf gives the hash of a row that is in the index, the same every time; its low bits spread
   */
  constructor(
    private readonly rows: Rows,
    private readonly word: number,
    private readonly hashOf: (row: number) => number,
  ) {
    this.#addChain()
  }

  /** Rows in the index. */
  get size(): number {
    return this.#size
  }

  /** The first row that may have this hash, or -1: follow `next`. */
  first(hash: number): number {
    return this.#firsts.get(this.#chainOf(hash), 0) - 1
  }

  /** The next row of the same chain, or -1. */
  next(row: number): number {
    return this.rows.get(row, this.word) - 1
  }

  /** Puts in a row that is not in. */
  add(row: number): void {
    this.#link(row)
    if (++this.#size > this.#chains * rowsOfChain) this.#split()
  }

  /** Takes a row out, if it is in. Call before its hash changes. */
  remove(row: number): void {
    const chain = this.#chainOf(this.hashOf(row))
    const following = this.rows.get(row, this.word)
    let at = this.#firsts.get(chain, 0)
    if (at === row + 1) this.#firsts.set(chain, 0, following)
    else {
      while (at !== 0 && this.rows.get(at - 1, this.word) !== row + 1) at = this.rows.get(at - 1, this.word)
      if (at === 0) return
      this.rows.set(at - 1, this.word, following)
    }
    this.rows.set(row, this.word, 0)
    this.#size--
  }

  #chainOf(hash: number): number {
    const chain = hash & (2 * this.#level - 1)
    return chain < this.#chains ? chain : chain & (this.#level - 1)
  }

  #link(row: number): void {
    const chain = this.#chainOf(this.hashOf(row))
    this.rows.set(row, this.word, this.#firsts.get(chain, 0))
    this.#firsts.set(chain, 0, row + 1)
  }

  #addChain(): void {
    this.#firsts.take()
    this.#chains++
    if (this.#chains === 2 * this.#level) this.#level = this.#chains
  }

  #split(): void {
    const from = this.#chains - this.#level
    this.#addChain()
    let at = this.#firsts.get(from, 0)
    this.#firsts.set(from, 0, 0)
    while (at !== 0) {
      const following = this.rows.get(at - 1, this.word)
      this.#link(at - 1)
      at = following
    }
  }
}
