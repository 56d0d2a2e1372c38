import { describe, expect, it } from 'vitest'
import { contextAt } from '../formats.test-support.js'
import { ContentFormat, decode } from '../index.js'

const read = (times: readonly number[]) => {
  const records = times.map((t) => ({ n: '/3/0/9', v: 50, t }))
  return decode(ContentFormat.SenmlJson, new TextEncoder().encode(JSON.stringify(records)), contextAt('/'))
}

describe('times of values', () => {
  it('may be less than a millisecond apart, of which a node keeps the millisecond', () => {
    const nodes = read([1_700_000_000.0001, 1_700_000_000.0002])
    expect(nodes.map(({ time }) => time)).toEqual([1_700_000_000_000, 1_700_000_000_000])
  })

  it('are the same however they are written: a path twice at one time is refused', () => {
    expect(() => read([1_700_000_000, 1_700_000_000])).toThrow('twice')
    expect(() => read([1_700_000_000.001, 1_700_000_000.00100001])).toThrow('twice')
  })
})
