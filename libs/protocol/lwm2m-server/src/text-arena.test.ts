import { seededRandom } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { endOfText, mostPackedBytes, packText, unpackText } from './packed-text.js'
import { names } from './registrations.test-support.js'
import { TextArena } from './text-arena.js'

describe('a packed text', () => {
  it('is what it was, wherever it lies', () => {
    const bytes = new Uint8Array(2 * mostPackedBytes)
    fc.assert(
      fc.property(names, fc.nat({ max: 100 }), (text, at) => {
        const end = packText(text, bytes, at)
        expect(endOfText(bytes, at)).toBe(end)
        expect(unpackText(bytes, at)).toBe(text)
      }),
    )
  })

  it('takes as many bytes as its kind needs', () => {
    const bytes = new Uint8Array(mostPackedBytes)
    const size = (text: string): number => packText(text, bytes, 0)
    expect(size('123e4567-e89b-12d3-a456-426614174000')).toBe(17)
    expect(size('urn:imei:490154203237518')).toBe(8)
    expect(size('Ab-_56789012')).toBe(10)
    expect(size('meter.1')).toBe(8)
    expect(size('2001:db8::1')).toBe(17)
    expect(size('::')).toBe(17)
    expect(size('fe80::1%eth0')).toBe(13)
    expect(size('Zähler')).toBe(7)
    expect(size('水')).toBe(4)
    expect(size('x.'.repeat(100))).toBe(203)
    expect(size('')).toBe(1)
  })

  it('is no longer than a thousand characters', () => {
    const bytes = new Uint8Array(mostPackedBytes)
    const longest = '水'.repeat(1_000)
    packText(longest, bytes, 0)
    expect(unpackText(bytes, 0)).toBe(longest)
    expect(() => packText(`${longest}.`, bytes, 0)).toThrow(RangeError)
  })
})

describe('the arena of texts', () => {
  it('gives back what it was given, whatever comes and goes', () => {
    const step = fc.record({ texts: fc.tuple(names, names, names), removes: fc.boolean(), at: fc.nat() })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100, size: 'max' }), (steps) => {
        const arena = new TextArena(seededRandom(1))
        const model: { entry: number; texts: readonly string[] }[] = []
        for (const { texts, removes, at } of steps) {
          if (removes && model.length > 0) {
            const [{ entry }] = model.splice(at % model.length, 1)
            arena.remove(entry, 3)
          } else model.push({ entry: arena.add(...texts), texts })
        }
        for (const { entry, texts } of model)
          for (const [position, text] of texts.entries()) {
            expect(arena.get(entry, position)).toBe(text)
            expect(arena.seek(text)).toBe(true)
            expect(arena.isSought(entry, position)).toBe(true)
            expect(arena.hashOf(entry, position)).toBe(arena.hash)
            arena.seek(`${text}.`)
            expect(arena.isSought(entry, position)).toBe(false)
          }
      }),
    )
  })

  it('uses the room of what was removed', () => {
    const arena = new TextArena(seededRandom(1))
    const name = (i: number): string => `urn:dev:${String(i).padStart(8, '0')}`
    const entries = Array.from({ length: 20_000 }, (_, i) => arena.add(name(i), 'device', 'location'))
    const highest = Math.max(...entries)
    for (const entry of entries) arena.remove(entry, 3)
    const again = entries.map((_, i) => arena.add(name(i + 7), 'devicf', 'locatiom'))
    expect(Math.max(...again)).toBe(highest)
    expect(new Set(again).size).toBe(again.length)
  })

  it('knows nothing of texts that are too long to be in it', () => {
    expect(new TextArena(seededRandom(1)).seek('x'.repeat(1_001))).toBe(false)
  })
})
