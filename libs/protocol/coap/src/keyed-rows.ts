import { RowIndex, Rows } from '@fieldline/bytes'

const firstCapacity = 16

/** The smallest power of two that is not less than `count`, and not less than the first capacity of a table. */
export function capacityFor(count: number): number {
  return Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(count)))
}

/** Words of a row that say where it belongs; the columns of the subclass follow. */
const Word = { byKey: 0, keyA: 1, keyB: 2 } as const
const ownWords = 3
const bitsOfWord = 32

/**
 * Rows found by a 64-bit hash: 14 bytes a row beside the columns of the subclass. They grow by a page at a time to a bound; then a new row takes the
 * place of one that was not touched for long, found by a hand that goes round and passes over what was touched since it came by last.
 */
export abstract class KeyedRows {
  readonly #capacity: number
  readonly #rows: Rows
  readonly #byKey: RowIndex
  /** A bit of each row. */
  readonly #touched = new Rows(1)
  #hand = 0

  /**
   * @param columnWords 32-bit words that the subclass keeps in each row
   * @param onEvicted hears of each row that had to make room
   */
  constructor(
    maxRows: number,
    columnWords: number,
    private readonly onEvicted: () => void,
  ) {
    this.#capacity = capacityFor(maxRows)
    this.#rows = new Rows(ownWords + columnWords)
    this.#byKey = new RowIndex(this.#rows, Word.byKey, (row) => this.#rows.get(row, Word.keyA))
  }

  /** Rows in use. */
  get size(): number {
    return this.#byKey.size
  }

  /** A word of the subclass, from 0 to 2^32 - 1. */
  protected get(row: number, column: number): number {
    return this.#rows.get(row, ownWords + column)
  }

  protected set(row: number, column: number, value: number): void {
    this.#rows.set(row, ownWords + column, value)
  }

  /** The row of a key, or -1. */
  find(a: number, b: number): number {
    const rows = this.#rows
    const keyA = a >>> 0
    const keyB = b >>> 0
    let row = this.#byKey.first(keyA)
    while (row >= 0 && (rows.get(row, Word.keyA) !== keyA || rows.get(row, Word.keyB) !== keyB))
      row = this.#byKey.next(row)
    return row
  }

  /** A row for a key that has none; its columns are 0. */
  insert(a: number, b: number): number {
    if (this.size === this.#capacity) {
      this.remove(this.#untouched())
      this.onEvicted()
    }
    const row = this.#rows.take()
    while (this.#touched.used * bitsOfWord <= row) this.#touched.take()
    this.#mark(row, false)
    this.#rows.set(row, Word.keyA, a)
    this.#rows.set(row, Word.keyB, b)
    this.#byKey.add(row)
    return row
  }

  /** Keeps a row from making room until the hand has gone round once. */
  touch(row: number): void {
    this.#mark(row, true)
  }

  #mark(row: number, isTouched: boolean): void {
    const at = Math.floor(row / bitsOfWord)
    const bit = 1 << (row % bitsOfWord)
    const bits = this.#touched.get(at, 0)
    this.#touched.set(at, 0, isTouched ? bits | bit : bits & ~bit)
  }

  /** Only called when every row is in use. */
  #untouched(): number {
    for (;;) {
      const row = this.#hand
      this.#hand = row + 1 === this.#capacity ? 0 : row + 1
      if ((this.#touched.get(Math.floor(row / bitsOfWord), 0) & (1 << (row % bitsOfWord))) === 0) return row
      this.#mark(row, false)
    }
  }

  /** Gives a row up. */
  remove(row: number): void {
    this.#byKey.remove(row)
    this.#rows.give(row)
  }
}
