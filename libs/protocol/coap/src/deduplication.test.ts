import { seededRandom } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCounters } from './counters.js'
import { Deduplication } from './deduplication.js'

function setUp(maxExchanges = 64, maxLongBytes = 4096) {
  const counters = createCounters()
  const seen = new Deduplication(maxExchanges, maxLongBytes, seededRandom(3), counters)
  const key = (peer: string, id: number, text: string) =>
    seen.keyOf(peer, new TextEncoder().encode(`${id} ${text}`))
  return {
    counters,
    seen,
    add: (peer: string, id: number, now = 0, lifetime = 1_000, text = '') =>
      seen.add(key(peer, id, text), id, now, lifetime),
    find: (peer: string, id: number, now = 0, text = '') => seen.find(key(peer, id, text), id, now),
  }
}

describe('deduplication', () => {
  it('knows a message by peer and Message ID until its lifetime is over', () => {
    const { add, find } = setUp()
    add('a:1', 7, 0, 1_000)
    expect(find('a:1', 7, 900)).toBeGreaterThanOrEqual(0)
    expect(find('a:1', 8, 900)).toBe(-1)
    expect(find('a:2', 7, 900)).toBe(-1)
    expect(find('a:1', 7, 1_000)).toBe(-1)
  })

  it('does not take another message with the same Message ID for it', () => {
    const { add, find } = setUp()
    const entry = add('a:1', 7, 0, 1_000, 'one')
    expect(find('a:1', 7, 0, 'other')).toBe(-1)
    expect(find('a:1', 7, 0, 'one')).toBe(entry)
  })

  it('finds one quickly among many with its Message ID, and after many releases of itself', () => {
    const { seen, add, find } = setUp(2 ** 17)
    const living = add('a', 7, 0, 1_000, 'living')
    const measure = (text: string): number => {
      const before = performance.now()
      for (let i = 0; i < 5_000; i++) find('a', 7, 0, text)
      return performance.now() - before
    }
    measure('unknown')
    // a walk through all of them takes thousands of times as long
    const bound = measure('unknown') * 20 + 20
    for (let i = 0; i < 60_000; i++) add('a', 7, 0, 1_000, `${i}`)
    for (let i = 0; i < 60_000; i++) seen.release(add('a', 7, 0, 1_000, 'again'))
    expect(measure('unknown')).toBeLessThan(bound)
    expect(measure('again')).toBeLessThan(bound)
    expect(find('a', 7, 0, 'living')).toBe(living)
    expect(find('a', 7, 0, 'again')).toBe(-1)
  })

  it('repeats short and long answers, and none while pending or after silence', () => {
    const { seen, add, find } = setUp()
    const entries = [4, 32, 33, 1100].map((length, id) => {
      const entry = add('a', id, 0, 1_000)
      expect(seen.answer(entry)).toBeUndefined()
      seen.store(entry, new Uint8Array(length).fill(id + 1))
      return entry
    })
    expect(entries.map((entry) => seen.answer(entry))).toEqual(
      [4, 32, 33, 1100].map((length, id) => new Uint8Array(length).fill(id + 1)),
    )
    const silent = add('a', 9, 0, 1_000)
    seen.store(silent, new Uint8Array(0))
    expect(seen.answer(silent)).toBeUndefined()
    expect(find('a', 9, 0)).toBe(silent)
  })

  it('forgets what is released and ignores the name afterwards', () => {
    const { seen, add, find } = setUp()
    const entry = add('a', 1, 0, 1_000)
    seen.release(entry)
    expect(find('a', 1, 0)).toBe(-1)
    seen.store(entry, Uint8Array.of(1))
    expect(seen.answer(entry)).toBeUndefined()
  })

  it('grows to its bound, then overwrites the oldest and counts it', () => {
    const { seen, add, find, counters } = setUp(64)
    const first = add('a', 0, 0, 1_000)
    for (let id = 1; id < 65; id++) add('a', id, 0, 1_000)
    expect(seen.size).toBe(64)
    expect(counters.exchangesEvicted).toBe(1)
    expect(find('a', 0, 0)).toBe(-1)
    expect(find('a', 1, 0)).toBeGreaterThanOrEqual(0)
    seen.store(first, Uint8Array.of(1))
    expect(seen.answer(first)).toBeUndefined()
  })

  it('gives room back as lifetimes end', () => {
    const { seen, add, counters } = setUp(64)
    for (let id = 0; id < 5_000; id++) add('a', id, id * 100, 2_000)
    expect(seen.size).toBeLessThan(64)
    expect(counters.exchangesEvicted).toBe(0)
  })

  it('bounds the bytes of long answers, and still knows those messages', () => {
    const { seen, add, find, counters } = setUp(64, 2_500)
    const entries = [0, 1, 2].map((id) => {
      const entry = add('a', id, 0, 1_000)
      seen.store(entry, new Uint8Array(1_000))
      return entry
    })
    expect(entries.map((entry) => seen.answer(entry)?.length)).toEqual([undefined, 1_000, 1_000])
    expect(find('a', 0, 0)).toBe(entries[0])
    expect(counters.answersEvicted).toBe(1)
  })

  it('behaves as a plain map does, whatever the order of steps', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'find', 'store', 'release'),
      peer: fc.constantFrom('p', 'q', 'r'),
      id: fc.integer({ min: 0, max: 12 }),
      text: fc.constantFrom('one', 'other'),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { seen, add, find } = setUp(256)
        const model = new Map<string, { entry: number; answer?: Uint8Array }>()
        for (const { kind, peer, id, text } of steps) {
          const key = `${peer}/${id}/${text}`
          const known = model.get(key)
          expect(find(peer, id, 0, text)).toBe(known?.entry ?? -1)
          if (kind === 'add' && !known) model.set(key, { entry: add(peer, id, 0, 1_000, text) })
          else if (kind === 'store' && known) {
            known.answer = new Uint8Array(id + 20).fill(id)
            seen.store(known.entry, known.answer)
          } else if (kind === 'release' && known) {
            seen.release(known.entry)
            model.delete(key)
          }
          const after = model.get(key)
          if (after) expect(seen.answer(after.entry)).toEqual(after.answer)
        }
      }),
    )
  })
})
