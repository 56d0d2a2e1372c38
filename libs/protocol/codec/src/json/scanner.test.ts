import { ProtocolError } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseJson } from './tree.js'
import type { JsonItem } from './tree.js'

const read = (text: string): JsonItem => parseJson(new TextEncoder().encode(text))

/** As `JSON.parse` would have it. */
function plain(item: JsonItem): unknown {
  if (item instanceof Map)
    return Object.fromEntries(
      [...(item as Map<string, JsonItem>)].map(([name, value]) => [name, plain(value)]),
    )
  if (Array.isArray(item)) return item.map((one: JsonItem) => plain(one))
  return typeof item === 'bigint' ? Number(item) : item
}

describe('JSON', () => {
  it('is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6, stringUnit: 'grapheme' }),
        fc.constantFrom(undefined, 1, '\t'),
        (value, space) => {
          const text = JSON.stringify(value, undefined, space)
          // A name twice, which JSON.parse lets pass, cannot come of a value.
          expect(plain(read(text))).toEqual(JSON.parse(text))
        },
      ),
      { numRuns: 500 },
    )
  })

  it('numbers are the nearest double, whatever their spelling', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: 1, maxLength: 24 })
    const literal = fc
      .tuple(
        fc.constantFrom('', '-'),
        digits,
        fc.option(digits),
        fc.option(fc.integer({ min: -30, max: 30 })),
      )
      .map(
        ([sign, whole, fraction, exponent]) =>
          `${sign}${whole.replace(/^0+(?=.)/, '')}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
      )
    fc.assert(
      fc.property(literal, (text) => {
        const value = read(text)
        expect(Number(value)).toBe(Number(text))
      }),
      { numRuns: 2000 },
    )
  })

  it('integers of up to 20 digits are exact', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 19n), max: 10n ** 20n - 1n }), (value) => {
        expect(BigInt(read(String(value)) as number | bigint)).toBe(value)
      }),
    )
  })

  it('of random characters is read or refused as JSON.parse does, names twice and half surrogates aside', () => {
    const soup = fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0123e+-. tfnalrs\n'), maxLength: 24 })
    fc.assert(
      fc.property(soup, (text) => {
        let native: unknown
        try {
          native = { value: JSON.parse(text) as unknown }
        } catch {
          native = undefined
        }
        try {
          expect({ value: plain(read(text)) }).toEqual(native)
        } catch (error) {
          if (!(error instanceof ProtocolError)) throw error
          if (native !== undefined) expect(error.message).toMatch(/twice|surrogate|range/)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['{"a":1,"a":2}', 'twice'],
    ['{"a":{"b":1,"b":2}}', 'twice'],
    ['["\\ud800"]', 'surrogate'],
    ['["\\ud83d\\u0041"]', 'surrogate'],
    ['[1e400]', 'out of range'],
    ['[[[[[[[[[]]]]]]]]]', 'nested deeper'],
    ['[1] 2', 'after the end'],
    ['[tru]', 'unknown word'],
    ['["\u0001"]', 'not closed'],
  ])('%s is refused in words', (text, words) => {
    expect(() => read(text)).toThrow(words)
    expect(() => read(text)).toThrow(ProtocolError)
  })

  it('of more values than any payload has is refused with 4.13', () => {
    expect(() => read(`[${'0,'.repeat(200_001)}0]`)).toThrow(expect.objectContaining({ code: 0x8d }))
  })
})
