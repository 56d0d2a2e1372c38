import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Buckets } from './buckets.js'

class Item {
  nextInBucket: Item | undefined
  constructor(readonly key: number) {}
}

describe('buckets', () => {
  it('hold what a set would, whatever comes and goes, negative keys and equal ones among it', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 300 }), (keys) => {
        const buckets = new Buckets<Item>()
        const model: Item[] = []
        for (const key of keys) {
          if (key % 3 === 0 && model.length > 0) {
            const [taken] = model.splice(Math.abs(key) % model.length, 1)
            buckets.remove(taken)
          } else {
            const item = new Item(key)
            buckets.add(item)
            model.push(item)
          }
        }
        expect(buckets.size).toBe(model.length)
        for (let key = -60; key <= 60; key++) {
          const found: Item[] = []
          for (let at = buckets.first(key); at; at = at.nextInBucket) if (at.key === key) found.push(at)
          expect(new Set(found)).toEqual(new Set(model.filter((item) => item.key === key)))
        }
      }),
    )
  })
})
