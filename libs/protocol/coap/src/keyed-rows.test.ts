import { describe, expect, it } from 'vitest'
import { KeyedRows } from './keyed-rows.js'

class Values extends KeyedRows {
  constructor(maxRows: number) {
    super(maxRows, 1, () => undefined)
  }
  put(key: number): void {
    const row = this.insert(key, -key)
    this.set(row, 0, key * 7)
  }
  at(key: number): number | undefined {
    const row = this.find(key, -key)
    return row < 0 ? undefined : this.get(row, 0)
  }
}

const keys = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('rows found by a hash', () => {
  it('keep what they hold while they grow', () => {
    const rows = new Values(4_096)
    for (const key of keys(1, 4_001)) rows.put(key)
    expect(rows.size).toBe(4_000)
    for (const key of keys(1, 4_001)) expect(rows.at(key)).toBe(key * 7)
    expect(rows.at(4_001)).toBeUndefined()
  })

  it('that were removed make room for others', () => {
    const rows = new Values(16)
    for (const key of keys(1, 17)) rows.put(key)
    for (const key of keys(1, 9)) rows.remove(rows.find(key, -key))
    for (const key of keys(17, 25)) rows.put(key)
    expect(keys(1, 25).filter((key) => rows.at(key) === key * 7)).toEqual(keys(9, 25))
  })

  it('are replaced in turn once there are as many as allowed, those touched meanwhile passed over once', () => {
    const rows = new Values(16)
    for (const key of keys(1, 17)) rows.put(key)
    for (const key of [1, 3, 16]) rows.touch(rows.find(key, -key))
    for (const key of keys(17, 20)) rows.put(key)
    expect(keys(1, 17).filter((key) => rows.at(key) === undefined)).toEqual([2, 4, 5])
    for (const key of keys(20, 33)) rows.put(key)
    expect(rows.size).toBe(16)
    expect(keys(1, 17).filter((key) => rows.at(key) !== undefined)).toEqual([16])
  })

  it('make room even if all were touched', () => {
    const rows = new Values(16)
    for (const key of keys(1, 17)) {
      rows.put(key)
      rows.touch(rows.find(key, -key))
    }
    rows.put(17)
    expect(rows.at(17)).toBe(17 * 7)
    expect(rows.size).toBe(16)
  })
})
