import type { List, Value } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { readValueRange } from './value-range'

const start = Date.UTC(2026, 10, 1)
const second = 1_000

/** A history of one value each second, answered as the API does: from `from` on, or from the newest back. */
function history(count: number) {
  const asked: string[] = []
  const items = Array.from({ length: count }, (_none, i): Value => {
    const time = new Date(start + i * second).toISOString()
    return { path: '/3/0/9', type: 'integer', value: i, time, receivedAt: time, source: 'notify' }
  })
  const readPage = (query: { from?: string; limit: number; cursor?: string }): Promise<List<Value>> => {
    asked.push(query.from === undefined ? 'newest' : 'oldest')
    const { from } = query
    const rows = from === undefined ? items.toReversed() : items.filter(({ time }) => time >= from)
    const begin = Number(query.cursor ?? 0)
    const end = begin + query.limit
    return Promise.resolve({
      items: rows.slice(begin, end),
      nextCursor: end < rows.length ? String(end) : null,
    })
  }
  return { asked, readPage }
}
const numbers = (values: Value[]) => [values.length, values[0]?.value, values.at(-1)?.value]

describe('the values of a range', () => {
  it('come in one page where they fit', async () => {
    const { asked, readPage } = history(500)
    const { values, cutAt } = await readValueRange(start + 100 * second, readPage)
    expect(numbers(values)).toEqual([400, 100, 499])
    expect(cutAt).toBeUndefined()
    expect(asked).toEqual(['oldest'])
    expect(await readValueRange(start + 900 * second, readPage)).toEqual({ values: [] })
  })

  it('are all there up to the bound, and not those before', async () => {
    const { readPage } = history(55_000)
    const { values, cutAt } = await readValueRange(start + 10_000 * second, readPage)
    expect(numbers(values)).toEqual([45_000, 10_000, 54_999])
    expect(cutAt).toBeUndefined()
    const all = await readValueRange(start, history(60_000).readPage)
    expect(numbers(all.values)).toEqual([60_000, 0, 59_999])
    expect(all.cutAt).toBeUndefined()
    const exactly = await readValueRange(start + 10_000 * second, history(70_000).readPage)
    expect(numbers(exactly.values)).toEqual([60_000, 10_000, 69_999])
    expect(exactly.cutAt).toBeUndefined()
  })

  it('end with the newest where there are too many, and say from when on they are there', async () => {
    const { asked, readPage } = history(100_000)
    const { values, cutAt } = await readValueRange(start, readPage)
    expect(numbers(values)).toEqual([60_000, 40_000, 99_999])
    expect(cutAt).toBe(start + 40_000 * second)
    expect(asked).toHaveLength(5)
  })
})
