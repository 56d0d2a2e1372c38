const firstCapacity = 16
const none = -1

/** The smallest power of two that is not less than `count`, and not less than the first capacity of a table. */
export function capacityFor(count: number): number {
  return Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(count)))
}

/**
 * Rows of fixed size in typed arrays, found by a 64-bit hash: 24 bytes a row beside the columns of the subclass. They grow by doubling to a
 * bound; then a new row takes the place of the one that was touched longest ago.
 */
export abstract class KeyedRows {
  readonly #maxCapacity: number
  #capacity = firstCapacity
  #heads = new Int32Array(firstCapacity).fill(none)
  #chain = new Int32Array(firstCapacity)
  #keyA = new Int32Array(firstCapacity)
  #keyB = new Int32Array(firstCapacity)
  #older = new Int32Array(firstCapacity)
  #newer = new Int32Array(firstCapacity)
  #oldest = none
  #newest = none
  #free = none
  #used = 0
  #size = 0

  constructor(maxRows: number) {
    this.#maxCapacity = capacityFor(maxRows)
  }

  /** Rows in use. */
  get size(): number {
    return this.#size
  }

  /** Makes the columns as long as told, keeping what is in them. Called with 16 before the first row. */
  protected abstract resize(capacity: number): void

  /** The row of a key, or -1. */
  find(a: number, b: number): number {
    for (let row = this.#heads[a & (this.#capacity - 1)]; row >= 0; row = this.#chain[row]) {
      if (this.#keyA[row] === a && this.#keyB[row] === b) return row
    }
    return none
  }

  /** A row for a key that has none; what its columns hold is left from before. */
  insert(a: number, b: number): number {
    if (this.#size === 0 && this.#used === 0) this.resize(this.#capacity)
    let row = this.#free
    if (row >= 0) this.#free = this.#chain[row]
    else if (this.#used < this.#capacity) row = this.#used++
    else if (this.#capacity < this.#maxCapacity) {
      this.#grow()
      row = this.#used++
    } else {
      row = this.#oldest
      this.remove(row)
      this.#free = this.#chain[row]
    }
    this.#keyA[row] = a
    this.#keyB[row] = b
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
    const bucket = this.#keyA[row] & (this.#capacity - 1)
    if (this.#heads[bucket] === row) this.#heads[bucket] = this.#chain[row]
    else {
      let at = this.#heads[bucket]
      while (this.#chain[at] !== row) at = this.#chain[at]
      this.#chain[at] = this.#chain[row]
    }
    this.#detach(row)
    this.#chain[row] = this.#free
    this.#free = row
    this.#size--
  }

  #link(row: number): void {
    const bucket = this.#keyA[row] & (this.#capacity - 1)
    this.#chain[row] = this.#heads[bucket]
    this.#heads[bucket] = row
  }

  #append(row: number): void {
    this.#older[row] = this.#newest
    this.#newer[row] = none
    if (this.#newest >= 0) this.#newer[this.#newest] = row
    else this.#oldest = row
    this.#newest = row
  }

  #detach(row: number): void {
    const older = this.#older[row]
    const newer = this.#newer[row]
    if (older >= 0) this.#newer[older] = newer
    else this.#oldest = newer
    if (newer >= 0) this.#older[newer] = older
    else this.#newest = older
  }

  /** Only called when every row is in use. */
  #grow(): void {
    this.#capacity *= 2
    const capacity = this.#capacity
    this.#heads = new Int32Array(capacity).fill(none)
    this.#chain = new Int32Array(capacity)
    this.#keyA = lengthened(this.#keyA, capacity)
    this.#keyB = lengthened(this.#keyB, capacity)
    this.#older = lengthened(this.#older, capacity)
    this.#newer = lengthened(this.#newer, capacity)
    this.resize(capacity)
    for (let row = 0; row < this.#used; row++) this.#link(row)
  }
}

type Column = Int32Array | Uint32Array | Uint16Array | Uint8Array

/** A longer copy of a column. */
export function lengthened<T extends Column>(column: T, length: number): T {
  const longer = new (column.constructor as new (length: number) => T)(length)
  longer.set(column)
  return longer
}
