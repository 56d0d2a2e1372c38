import { Code, ProtocolError, fromHex } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextAt } from './formats.test-support.js'
import { decode, encode, formatName, isSupportedFormat, decodeChanges, decodePaths } from './index.js'
import { vectors } from './vectors/vector.test-support.js'

const formats = [0, 40, 42, 60, 110, 112, 11542, 11543, 11544, 1541, 1542, 1543]
const bases = [
  '/',
  '/3',
  '/3/0',
  '/3/0/0',
  '/3/0/6',
  '/3/0/6/1',
  '/3441/0/150',
  '/3442/0/170',
  '/3/0/13',
  '/65000/0/1',
  '/10482/0/5',
]

describe('hostile payloads', () => {
  it('of random bytes are refused with a ProtocolError or read', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...formats),
        fc.constantFrom(...bases),
        fc.uint8Array({ maxLength: 60 }),
        (format, base, bytes) => {
          try {
            decode(format, bytes, contextAt(base))
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        },
      ),
      { numRuns: 4000 },
    )
  })

  it('one byte away from a good one are refused with a ProtocolError or read', () => {
    const good = vectors.filter(({ format, payload }) => isSupportedFormat(format) && payload.length < 2_000)
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        (vector, place, byte) => {
          const bytes = vector.payload.slice()
          if (bytes.length > 0) bytes[place % bytes.length] = byte
          try {
            decode(vector.format, bytes, vector.context)
          } catch (error) {
            if (!(error instanceof ProtocolError)) throw error
          }
        },
      ),
      { numRuns: 4000 },
    )
  })

  it.each([
    ['nested JSON', 110, '['.repeat(50_000)],
    ['nested JSON objects', 11543, '{"e":'.repeat(50_000)],
    ['a member twice', 110, '[{"n":"/3/0/9","v":1,"v":2}]'],
    ['a huge exponent', 110, '[{"n":"/3/0/9","v":1e9999}]'],
    ['a value that is null', 110, '[{"n":"/3/0/9","v":null}]'],
    ['a base value', 110, '[{"bv":5,"n":"/3/0/9","v":1}]'],
    ['a version from the future', 110, '[{"bver":11,"n":"/3/0/9","v":1}]'],
    ['a name of five ids', 110, '[{"n":"/3/0/9/0/0","v":1}]'],
    ['a name above 65535', 110, '[{"n":"/65536/0/9","v":1}]'],
    ['an id with a leading zero', 110, '[{"n":"/3/0/09","v":1}]'],
    ['a name that is no path', 110, '[{"n":"../../etc","v":1}]'],
    ['a value at an instance', 110, '[{"n":"/3/0","v":1}]'],
    ['a path twice', 110, '[{"n":"/3/0/9","v":1},{"n":"/3/0/9","v":1}]'],
    ['a text for an integer', 110, '[{"n":"/3/0/9","vs":"1"}]'],
    ['a fraction for an integer', 110, '[{"n":"/3/0/9","v":1.5}]'],
    ['an integer beyond 64 bits', 110, '[{"n":"/3/0/9","v":9223372036854775808}]'],
    ['a time out of range', 110, '[{"n":"/3/0/9","v":1,"t":1e300}]'],
    ['text after the pack', 110, '[]x'],
    ['a trailing comma', 110, '[{"n":"/3/0/9","v":1},]'],
    ['half a surrogate', 110, '[{"n":"/3/0/0","vs":"\\ud800"}]'],
    ['a control character', 110, '[{"n":"/3/0/0","vs":"\n"}]'],
    ['a leading zero', 110, '[{"n":"/3/0/9","v":01}]'],
  ])('such as %s', (_what, format, text) => {
    expect(() => decode(format, new TextEncoder().encode(text), contextAt('/'))).toThrow(ProtocolError)
  })

  it.each([
    ['nested arrays', '81'.repeat(20_000)],
    ['nested tags', 'c1'.repeat(20_000)],
    ['a count of 2^64−1', '9bffffffffffffffff'],
    ['a text longer than the payload', '81a1007affffffff'],
    ['a map key twice', '81a3006632f332f302f390201'],
    ['a break out of place', '81ff'],
    ['an indefinite integer', '1f'],
    ['a chunk of another type', '81a1005f6161ff'],
    ['a reserved length', '1c'],
    ['bytes after the pack', '80f6'],
  ])('such as CBOR with %s', (_what, hex) => {
    expect(() => decode(112, fromHex(hex.length % 2 ? `0${hex}` : hex), contextAt('/'))).toThrow(
      ProtocolError,
    )
  })

  it('longer than any format has a use for get 4.13', () => {
    const long = new Uint8Array(2 ** 24 + 65)
    const refusal = expect.objectContaining({ code: Code.RequestEntityTooLarge })
    expect(() => decode(42, long, contextAt('/5/0/0'))).toThrow(refusal)
    expect(() => decodePaths(322, long)).toThrow(refusal)
    expect(() => decodeChanges(322, long, contextAt('/'))).toThrow(refusal)
  })

  it('with more records than a pack may have get 4.13', () => {
    const refusal = expect.objectContaining({ code: Code.RequestEntityTooLarge })
    const json = `[${Array.from({ length: 20_001 }, (_, index) => `{"n":"/65000/${index}/1","v":1}`).join(',')}]`
    expect(() => decode(110, new TextEncoder().encode(json), contextAt('/'))).toThrow(refusal)
    const tlv = Uint8Array.from({ length: 4 * 50_001 }, (_, at) => {
      const id = Math.floor(at / 4)
      return [0xe1, id >> 8, id & 0xff, 0][at % 4]!
    })
    expect(() => decode(11542, tlv, contextAt('/65000/0'))).toThrow(refusal)
  })

  it('in an unknown format get 4.15', () => {
    expect(() => decode(4711, new Uint8Array(), contextAt('/3'))).toThrow(
      expect.objectContaining({ code: Code.UnsupportedContentFormat }),
    )
    expect(() => encode(4711, [], contextAt('/3'))).toThrow(RangeError)
    expect([formatName(112), formatName(1542), formatName(11544), formatName(4711)]).toEqual([
      'SenML CBOR',
      'TLV',
      'LwM2M CBOR',
      'format 4711',
    ])
    expect([isSupportedFormat(1542), isSupportedFormat(4711)]).toEqual([true, false])
  })
})
