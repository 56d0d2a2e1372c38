import { seededRandom } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TextIndex } from './text-index.js'

describe('the index of slots by text', () => {
  it('finds what a map would, whatever comes and goes', () => {
    const step = fc.record({
      kind: fc.constantFrom('set', 'set', 'delete'),
      slot: fc.integer({ min: 0, max: 60 }),
      text: fc.integer({ min: 0, max: 40 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const texts: string[] = []
        const index = new TextIndex(seededRandom(7), (slot) => texts[slot])
        const model = new Map<string, number>()
        for (const { kind, slot, text } of steps) {
          if (texts[slot] !== undefined) {
            index.delete(slot)
            if (model.get(texts[slot]) === slot) model.delete(texts[slot])
            delete texts[slot]
          }
          if (kind === 'delete') continue
          texts[slot] = `urn:${text}`
          index.set(slot)
          model.set(texts[slot], slot)
        }
        expect(index.size).toBe(model.size)
        for (let text = 0; text <= 40; text++)
          expect(index.find(`urn:${text}`)).toBe(model.get(`urn:${text}`) ?? -1)
      }),
    )
  })

  it('grows', () => {
    const index = new TextIndex(seededRandom(7), String)
    for (let slot = 0; slot < 10_000; slot++) index.set(slot)
    for (let slot = 0; slot < 10_000; slot += 2) index.delete(slot)
    expect(index.size).toBe(5_000)
    for (let slot = 0; slot < 10_000; slot++)
      expect(index.find(String(slot))).toBe(slot % 2 === 0 ? -1 : slot)
  })
})
