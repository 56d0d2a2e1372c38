import { seededRandom } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createCounters } from './counters.js'
import { Deduplication } from './deduplication.js'

function setUp(maxExchanges = 64, maxLongBytes = 4096) {
  const counters = createCounters()
  return { counters, seen: new Deduplication(maxExchanges, maxLongBytes, seededRandom(3), counters) }
}

describe('deduplication', () => {
  it('knows a message by peer and Message ID until its lifetime is over', () => {
    const { seen } = setUp()
    seen.add('a:1', 7, 0, 0, 1_000)
    expect(seen.find('a:1', 7, 0, 900)).toBeGreaterThanOrEqual(0)
    expect(seen.find('a:1', 8, 0, 900)).toBe(-1)
    expect(seen.find('a:2', 7, 0, 900)).toBe(-1)
    expect(seen.find('a:1', 7, 0, 1_000)).toBe(-1)
  })

  it('does not take another message with the same Message ID for it', () => {
    const { seen } = setUp()
    const [first, other] = ['a', 'b'].map((text) => seen.contentOf(new TextEncoder().encode(text)))
    const entry = seen.add('a:1', 7, first, 0, 1_000)
    expect(seen.find('a:1', 7, other, 0)).toBe(-1)
    expect(seen.find('a:1', 7, first, 0)).toBe(entry)
  })

  it('repeats short and long answers, and none while pending or after silence', () => {
    const { seen } = setUp()
    const entries = [4, 32, 33, 1100].map((length, id) => {
      const entry = seen.add('a', id, 0, 0, 1_000)
      expect(seen.answer(entry)).toBeUndefined()
      seen.store(entry, new Uint8Array(length).fill(id + 1))
      return entry
    })
    expect(entries.map((entry) => seen.answer(entry))).toEqual(
      [4, 32, 33, 1100].map((length, id) => new Uint8Array(length).fill(id + 1)),
    )
    const silent = seen.add('a', 9, 0, 0, 1_000)
    seen.store(silent, new Uint8Array(0))
    expect(seen.answer(silent)).toBeUndefined()
    expect(seen.find('a', 9, 0, 0)).toBe(silent)
  })

  it('forgets what is released and ignores the name afterwards', () => {
    const { seen } = setUp()
    const entry = seen.add('a', 1, 0, 0, 1_000)
    seen.release(entry)
    expect(seen.find('a', 1, 0, 0)).toBe(-1)
    seen.store(entry, Uint8Array.of(1))
    expect(seen.answer(entry)).toBeUndefined()
  })

  it('grows to its bound, then overwrites the oldest and counts it', () => {
    const { seen, counters } = setUp(64)
    const first = seen.add('a', 0, 0, 0, 1_000)
    for (let id = 1; id < 65; id++) seen.add('a', id, 0, 0, 1_000)
    expect(seen.size).toBe(64)
    expect(counters.exchangesEvicted).toBe(1)
    expect(seen.find('a', 0, 0, 0)).toBe(-1)
    expect(seen.find('a', 1, 0, 0)).toBeGreaterThanOrEqual(0)
    seen.store(first, Uint8Array.of(1))
    expect(seen.answer(first)).toBeUndefined()
  })

  it('gives room back as lifetimes end', () => {
    const { seen, counters } = setUp(64)
    for (let id = 0; id < 5_000; id++) seen.add('a', id, 0, id * 100, 2_000)
    expect(seen.size).toBeLessThan(64)
    expect(counters.exchangesEvicted).toBe(0)
  })

  it('bounds the bytes of long answers, and still knows those messages', () => {
    const { seen } = setUp(64, 2_500)
    const entries = [0, 1, 2].map((id) => {
      const entry = seen.add('a', id, 0, 0, 1_000)
      seen.store(entry, new Uint8Array(1_000))
      return entry
    })
    expect(entries.map((entry) => seen.answer(entry)?.length)).toEqual([undefined, 1_000, 1_000])
    expect(seen.find('a', 0, 0, 0)).toBe(entries[0])
  })

  it('behaves as a plain map does, whatever the order of steps', () => {
    const step = fc.record({
      kind: fc.constantFrom('add', 'find', 'store', 'release'),
      peer: fc.constantFrom('p', 'q', 'r'),
      id: fc.integer({ min: 0, max: 30 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { seen } = setUp(256)
        const model = new Map<string, { entry: number; answer?: Uint8Array }>()
        for (const { kind, peer, id } of steps) {
          const key = `${peer}/${id}`
          const known = model.get(key)
          expect(seen.find(peer, id, 0, 0)).toBe(known?.entry ?? -1)
          if (kind === 'add' && !known) model.set(key, { entry: seen.add(peer, id, 0, 0, 1_000) })
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
