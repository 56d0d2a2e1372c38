import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowIndex } from './row-index.js'
import { Rows } from './rows.js'

const Word = { chain: 0, hash: 1, value: 2 } as const

/** Numbers by their hash, which is often the same. */
class Numbers {
  readonly rows = new Rows(3)
  readonly index = new RowIndex(this.rows, Word.chain, (row) => this.rows.get(row, Word.hash))

  find(value: number): number {
    let row = this.index.first(hashOf(value))
    while (row >= 0 && this.rows.get(row, Word.value) !== value) row = this.index.next(row)
    return row
  }

  add(value: number): number {
    const row = this.rows.take()
    this.rows.set(row, Word.hash, hashOf(value))
    this.rows.set(row, Word.value, value)
    this.index.add(row)
    return row
  }

  remove(row: number): void {
    this.index.remove(row)
    this.rows.give(row)
  }
}

function hashOf(value: number): number {
  return Math.imul(value % 50, 0x9e3779b1)
}

describe('rows in pages and their index', () => {
  it('hold what a map would, whatever comes and goes', () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'add', 'remove'), value: fc.nat({ max: 100 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const numbers = new Numbers()
        const model = new Map<number, number>()
        for (const { kind, value } of steps) {
          const row = model.get(value)
          if (kind === 'remove' && row !== undefined) {
            numbers.remove(row)
            model.delete(value)
          } else if (kind === 'add' && row === undefined) model.set(value, numbers.add(value))
        }
        expect(numbers.index.size).toBe(model.size)
        expect(new Set(model.values()).size).toBe(model.size)
        for (let value = 0; value <= 100; value++) expect(numbers.find(value)).toBe(model.get(value) ?? -1)
      }),
    )
  })

  it('grow over many pages and take rows that were given back first', () => {
    const rows = new Rows(2)
    for (let row = 0; row < 5_000; row++) {
      rows.take()
      rows.set(row, 0, row)
      rows.set(row, 1, 2 ** 32 - 1 - row)
    }
    const numbers = Array.from({ length: 5_000 }, (_, row) => row)
    expect(numbers.map((row) => rows.get(row, 0))).toEqual(numbers)
    expect(numbers.map((row) => 2 ** 32 - 1 - rows.get(row, 1))).toEqual(numbers)
    rows.give(17)
    rows.give(4_000)
    expect([rows.take(), rows.take(), rows.take()]).toEqual([4_000, 17, 5_000])
    expect([rows.get(17, 0), rows.get(17, 1), rows.used]).toEqual([0, 0, 5_001])
  })

  it('find every row with few looked at, however many there are', () => {
    const rows = new Rows(2)
    const index = new RowIndex(rows, 0, (row) => rows.get(row, 1))
    const hash = (row: number): number => Math.imul(row + 1, 0x9e3779b1)
    let looked = 0
    for (let row = 0; row < 20_000; row++) {
      rows.set(rows.take(), 1, hash(row))
      index.add(row)
    }
    for (let row = 0; row < 20_000; row++)
      for (let at = index.first(hash(row)); at !== row; at = index.next(at)) {
        if (at < 0) throw new Error(`row ${row} is not found`)
        looked++
      }
    expect(looked).toBeLessThan(40_000)
  })

  it('let go of a row that is not in without harm', () => {
    const numbers = new Numbers()
    const rows = [1, 51, 101].map((value) => numbers.add(value))
    numbers.index.remove(rows[1])
    numbers.index.remove(rows[1])
    expect(numbers.index.size).toBe(2)
    expect([1, 51, 101].map((value) => numbers.find(value))).toEqual([rows[0], -1, rows[2]])
  })
})
