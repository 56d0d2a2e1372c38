import { ProtocolError } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLinks, parseLinks } from '../index.js'

const read = (text: string): [string, Record<string, string | true>][] =>
  parseLinks(text).map(({ target, attributes }) => [target, Object.fromEntries(attributes)])

describe('link lists', () => {
  it('are read with their attributes', () => {
    expect(
      read('</>;rt="oma.lwm2m";ct=100;qs="quoted_string";us=unquoted_string,</1/101>,</2/1>;empty'),
    ).toEqual([
      ['/', { rt: 'oma.lwm2m', ct: '100', qs: 'quoted_string', us: 'unquoted_string' }],
      ['/1/101', {}],
      ['/2/1', { empty: true }],
    ])
    expect(read('</>;ct="60 110 112", </1/0>,</44/0>;ver=2.2')).toEqual([
      ['/', { ct: '60 110 112' }],
      ['/1/0', {}],
      ['/44/0', { ver: '2.2' }],
    ])
    expect(read('</0/1/>;uri="coaps://a,b;c\\"d"')).toEqual([['/0/1/', { uri: 'coaps://a,b;c"d' }]])
    expect(read('</1>;a=1;a=2')).toEqual([['/1', { a: '1' }]])
    expect(read('')).toEqual([])
  })

  it.each([
    '</foo>;param="bar',
    '</> ;param=123',
    '</>,',
    '<>',
    '//>',
    '</2/0></2/1>',
    ',',
    ' </1>',
    '</1>;',
    '</1>;=1',
    '</1>;a=',
    '</1>;a= 1',
    '</1>;a="b"c',
    '</1',
    '</1 0>',
    '<</1>>',
    '</1>\n,</2>',
    '</1>;a="\u0000"',
  ])('%s is refused', (text) => {
    expect(() => parseLinks(text)).toThrow(ProtocolError)
  })

  it('beyond the limits are refused', () => {
    expect(() => parseLinks('</1>,'.repeat(20_000))).toThrow(ProtocolError)
    expect(() => parseLinks(`</1>${';a=1'.repeat(20_000)}`)).toThrow(ProtocolError)
    expect(() => parseLinks(`</1>${Array.from({ length: 65 }, (_, i) => `;a${i}`).join('')}`)).toThrow(
      'more than 64 attributes',
    )
    expect(() => parseLinks(Uint8Array.of(0x3c, 0xff, 0x3e))).toThrow('not UTF-8')
  })

  it('are written as they were read', () => {
    for (const text of [
      '</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/5>',
      '</3>;pmin=10,</3/0/7>;dim=2;gt=50;lt=-42.2',
      '</0/0>;ssid=101;uri="coaps://server_1.example.com"',
      '</>;ct="60 110",</3>;ver=1.1,</4>;empty',
    ]) {
      expect(formatLinks(parseLinks(text))).toBe(text)
    }
    expect(formatLinks([{ target: '/3', attributes: [['pmin', 10]] }, { target: '/4' }])).toBe(
      '</3>;pmin=10,</4>',
    )
    expect(() => formatLinks([{ target: '/3>' }])).toThrow(RangeError)
    expect(() => formatLinks([{ target: '/3', attributes: [['a b', 1]] }])).toThrow(RangeError)
  })

  it('survive writing and reading with any attribute value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('/3', '/3/0/9'), fc.string({ unit: 'grapheme' }))),
        (items) => {
          const links = items.map(([target, value]) => ({ target, attributes: new Map([['a', value]]) }))
          expect(parseLinks(formatLinks(links))).toEqual(links)
        },
      ),
    )
  })

  it('of random text are read or refused with a ProtocolError', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '/', '1', ';', '=', '"', ',', ' ', '\\', 'a', 'é') }),
        (text) => {
          try {
            parseLinks(text)
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
