import { ProtocolError, fromHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { contextAt } from './formats.test-support.js'
import { ContentFormat, decode, decodeChanges, decodePaths, parseLinks } from './index.js'

const SIZE = 65_536
/** CPU time that 64 KiB may cost, in milliseconds. */
const BUDGET = 50

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
/** `head`, then `body` as often as 64 KiB hold, then `tail`. */
const fill = (head: string, body: string, tail = ''): Uint8Array =>
  utf8(head + body.repeat(Math.floor((SIZE - head.length - tail.length) / body.length)) + tail)
const fillHex = (head: string, body: string, tail = ''): Uint8Array =>
  fromHex(head + body.repeat(Math.floor((SIZE * 2 - head.length - tail.length) / body.length)) + tail)
/** Records that are all different: hash tables have to grow. */
const numbered = (count: number, record: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => record(index)).join(',')

const { Text, Opaque, Cbor, SenmlJson, SenmlCbor, SenmlEtchJson, SenmlEtchCbor, Tlv, LwM2mJson, LwM2mCbor } =
  ContentFormat

const cases: [what: string, format: number, base: string, payload: Uint8Array][] = [
  ['nested arrays', SenmlJson, '/', fill('', '[')],
  ['nested arrays under an unknown label', SenmlJson, '/', fill('[{"x":', '[')],
  ['nested objects', LwM2mJson, '/', fill('', '{"e":')],
  ['white space', SenmlJson, '/', fill('[', ' ')],
  ['an open text', SenmlJson, '/', fill('[{"n":"', 'a')],
  ['backslashes', SenmlJson, '/', fill('[{"n":"/3/0/0","vs":"', '\\\\', '"}]')],
  ['escapes', SenmlJson, '/', fill('[{"n":"/3/0/0","vs":"', '\\u00e9', '"}]')],
  ['half surrogates', SenmlJson, '/', fill('[{"n":"/3/0/0","vs":"', '\\ud800', '"}]')],
  ['one number of 64 KiB digits', SenmlJson, '/', fill('[{"n":"/3442/0/120","v":', '9', '}]')],
  ['zeros before one', SenmlJson, '/', fill('[{"n":"/3442/0/130","v":0.', '0', '1}]')],
  [
    'numbers of 1,000 zeros and a one',
    SenmlJson,
    '/',
    fill('[{"n":"/3442/0/130","x":[', `0.${'0'.repeat(1000)}1,`, '0]}]'),
  ],
  [
    'numbers of 1,000 ones and zeros',
    SenmlJson,
    '/',
    fill('[{"n":"/3442/0/130","x":[', `1${'0'.repeat(500)}1${'0'.repeat(500)},`, '0]}]'),
  ],
  ['exponents beyond any number', SenmlJson, '/', fill('[{"n":"/3442/0/130","x":[', '1e999999999,', '0]}]')],
  ['exponents of 64 KiB', SenmlJson, '/', fill('[{"n":"/3442/0/130","v":1e', '9', '}]')],
  ['long integers', SenmlJson, '/', fill('[{"n":"/3442/0/130","x":[', '18446744073709551615,', '0]}]')],
  ['empty records', SenmlJson, '/', fill('[', '{},', '{}]')],
  ['one record again and again', SenmlJson, '/', fill('[', '{"n":"/3/0/9","v":1},', '{"n":"/3/0/9","v":1}]')],
  [
    'records in descending order',
    SenmlJson,
    '/',
    utf8(`[${numbered(1900, (i) => `{"n":"/65000/0/${9999 - i}","v":1}`)}]`),
  ],
  [
    'times in no order',
    SenmlJson,
    '/',
    utf8(`[${numbered(1500, (i) => `{"n":"/3424/0/1","t":${(i * 7919) % 1500},"v":1}`)}]`),
  ],
  ['unknown labels', SenmlJson, '/', utf8(`[{${numbered(6000, (i) => `"x${i}":1`)}}]`)],
  [
    'unknown labels inside one',
    SenmlJson,
    '/',
    utf8(`[{"n":"/3/0/9","v":1,"x":{${numbered(6000, (i) => `"x${i}":1`)}}}]`),
  ],
  [
    'a long base name and many records',
    SenmlJson,
    '/',
    fill(`[{"bn":"/${'1'.repeat(30_000)}"},`, '{"n":"/3/0/9","v":1},', '{}]'),
  ],
  [
    'a base name at its limit and many records',
    SenmlJson,
    '/',
    fill(`[{"bn":"/65000/0/1${'/'.repeat(240)}","v":1},`, '{"v":1},', '{}]'),
  ],
  ['a name of slashes', SenmlJson, '/', fill('[{"n":"', '/', '","v":1}]')],
  ['base64 of 64 KiB', SenmlJson, '/', fill('[{"n":"/3442/0/150","vd":"', 'A', '"}]')],
  ['removals', SenmlEtchJson, '/', utf8(`[${numbered(2000, (i) => `{"n":"/16/0/0/${i}","v":null}`)}]`)],
  ['elements', LwM2mJson, '/3442/0', utf8(`{"e":[${numbered(3000, (i) => `{"n":"${i % 3000}","sv":""}`)}]}`)],
  ['a long base name', LwM2mJson, '/', fill(`{"bn":"/${'1'.repeat(30_000)}","e":[`, '{"n":"1"},', '{}]}')],
  ['members', LwM2mJson, '/', utf8(`{${numbered(6000, (i) => `"x${i}":1`)}}`)],

  ['nested CBOR arrays', SenmlCbor, '/', fillHex('', '81')],
  ['nested indefinite arrays', SenmlCbor, '/', fillHex('', '9f')],
  ['nested CBOR maps', LwM2mCbor, '/', fillHex('', 'a100')],
  ['nested maps in a key', LwM2mCbor, '/', fillHex('', 'a1')],
  ['nested tags', Cbor, '/3442/0/120', fillHex('', 'c1')],
  ['nested tags under an unknown label', SenmlCbor, '/', fillHex('81a11863', 'd820')],
  ['an indefinite text of empty chunks', Cbor, '/3442/0/110', fillHex('7f', '60', 'ff')],
  ['an indefinite text of one-byte chunks', Cbor, '/3442/0/110', fillHex('7f', '6161', 'ff')],
  ['an indefinite byte string of one-byte chunks', Cbor, '/3442/0/150', fillHex('5f', '4100', 'ff')],
  ['a text inside an indefinite text', Cbor, '/3442/0/110', fillHex('', '7f')],
  ['a big integer of 64 KiB', Cbor, '/3442/0/120', fillHex('c259fff0', 'ff')],
  ['a big integer of zeros', Cbor, '/3442/0/120', fillHex('c259fffc', '00')],
  ['big integers', SenmlCbor, '/', fillHex('81a1186399e000', 'c25000ffffffffffffffffffffffffffffff')],
  ['decimal fractions', SenmlCbor, '/', fillHex('99ffff', 'a202c48239018f1bffffffffffffffff0060')],
  ['a time text of digits', Cbor, '/3/0/13', fillHex('c079fffc', '39')],
  ['empty CBOR records', SenmlCbor, '/', fillHex('9f', 'a0', 'ff')],
  ['one CBOR record again and again', SenmlCbor, '/', fillHex('9f', 'a20063332f300201', 'ff')],
  ['a count of 2^64−1', SenmlCbor, '/', fillHex('9bffffffffffffffff', '00')],
  ['a count beyond the payload', SenmlCbor, '/', fillHex('9afffffff0', '00')],
  ['simple values', SenmlCbor, '/', fillHex('81a118639f', 'f6', 'ff')],
  ['path keys of no end', LwM2mCbor, '/', fillHex('a19f', '00')],
  ['keys twice', LwM2mCbor, '/', fillHex('bf', '83030009f6')],
  ['removals in CBOR', SenmlEtchCbor, '/', fillHex('9f', 'a2006a2f31362f302f302f313102f6', 'ff')],

  ['resources of no bytes', Tlv, '/3442/0', fillHex('', 'c000')],
  [
    'resources in descending order',
    Tlv,
    '/65000/0',
    fromHex(
      Array.from({ length: 16_000 }, (_, i) => `e1${(60_000 - i).toString(16).padStart(4, '0')}00`).join(''),
    ),
  ],
  [
    'instances in descending order',
    Tlv,
    '/65000',
    fromHex(
      Array.from({ length: 16_000 }, (_, i) => `20${(60_000 - i).toString(16).padStart(4, '0')}`).join(''),
    ),
  ],
  ['instances in instances', Tlv, '/3442', fillHex('', '0800ff')],
  ['lengths beyond the payload', Tlv, '/3442/0', fillHex('', 'd8ffffffff')],

  ['a text of digits', Text, '/3442/0/120', fill('', '9')],
  ['a text of zeros', Text, '/3442/0/130', fill('1.', '0', '1')],
  ['a text of base64', Text, '/3442/0/150', fill('', 'A')],
  ['a link to nothing', Text, '/3442/0/170', fill('', '1')],
  ['bytes', Opaque, '/3442/0/150', fillHex('', '00')],
]

describe('64 KiB', () => {
  it.each(cases)('of %s cost little and are read or refused', (_what, format, base, payload) => {
    const readers = [
      () => decode(format, payload, contextAt(base)),
      () => decodeChanges(format, payload, contextAt('/')),
      () => decodePaths(format, payload),
    ]
    expect(payload.length).toBeLessThanOrEqual(SIZE)
    for (const read of readers) expect(leastCpu(read)).toBeLessThan(BUDGET)
  })

  it.each([
    ['links', '</1>,'],
    ['attributes', '</1>;a=1;b'],
    ['open quotes', '</1>;a="\\'],
    ['open brackets', '<'],
    ['equal signs', '</1>;a='],
    ['blanks', '</1>, '],
  ])('of %s cost little and are read or refused', (_what, body) => {
    const payload = fill('', body)
    expect(leastCpu(() => parseLinks(payload))).toBeLessThan(BUDGET)
  })
})

/** CPU milliseconds of the cheapest of a few runs: the others paid for compilation or somebody else's garbage. */
function leastCpu(read: () => unknown): number {
  let least = Infinity
  for (let round = 0; round < 5 && least >= BUDGET / 5; round++) {
    const start = process.cpuUsage()
    try {
      read()
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
    }
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}
