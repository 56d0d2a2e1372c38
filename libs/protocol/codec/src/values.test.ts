import { fromHex, toHex } from '@fieldline/bytes'
import { formatPath, parsePath } from '@fieldline/object-model'
import type { Node, ResourceType } from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOW, contextAt } from './formats.test-support.js'
import { ContentFormat, decode, encode, formatName } from './index.js'

describe('values', () => {
  const types: [ResourceType, number, fc.Arbitrary<Node['value']>][] = [
    ['string', 110, fc.string({ unit: 'grapheme', maxLength: 30 })],
    [
      'integer',
      120,
      fc
        .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
        .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    ],
    [
      'unsigned',
      125,
      fc
        .bigInt({ min: 0n, max: 2n ** 64n - 1n })
        .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    ],
    ['float', 130, fc.double({ noNaN: true, noDefaultInfinity: true })],
    ['boolean', 140, fc.boolean()],
    ['opaque', 150, fc.uint8Array({ maxLength: 40 })],
    ['time', 160, fc.integer({ min: -(2 ** 40), max: 2 ** 40 })],
    ['objlnk', 170, fc.record({ objectId: fc.nat(65_535), instanceId: fc.nat(65_535) })],
    ['corelnk', 180, fc.constantFrom('</3/0>', '</3/0/9>;pmin=10', '')],
  ]

  for (const format of [
    ContentFormat.Text,
    ContentFormat.Cbor,
    ContentFormat.SenmlJson,
    ContentFormat.SenmlCbor,
    ContentFormat.Tlv,
    ContentFormat.LwM2mJson,
    ContentFormat.LwM2mCbor,
  ]) {
    it.each(types)(`of type %s survive ${formatName(format)} unchanged`, (type, resourceId, arbitrary) => {
      fc.assert(
        fc.property(arbitrary, (value) => {
          for (const base of [`/3442/0/${resourceId}`, `/3442/0/${resourceId + 1000}/7`]) {
            const nodes: Node[] = [{ path: parsePath(base), type, value }]
            expect(decode(format, encode(format, nodes, contextAt(base)), contextAt(base))).toEqual(nodes)
          }
        }),
        { numRuns: 150 },
      )
    })
  }

  const tree = (base: string): fc.Arbitrary<Node[]> =>
    fc
      .uniqueArray(
        fc.record({
          instance: fc.nat(300),
          kind: fc.nat(types.length - 1),
          index: fc.option(fc.nat(70_000), { nil: undefined }),
        }),
        {
          maxLength: 12,
          selector: ({ instance, kind, index }) =>
            `${base === '/3442/0' ? 0 : instance} ${kind} ${index === undefined ? '' : index % 65_536}`,
        },
      )
      .chain((places) =>
        fc.tuple(
          ...places.map(({ instance, kind, index }) => {
            const [type, resourceId, arbitrary] = types[kind]!
            const at = `/3442/${base === '/3442/0' ? 0 : instance}`
            const path = parsePath(
              index === undefined ? `${at}/${resourceId}` : `${at}/${resourceId + 1000}/${index % 65_536}`,
            )
            return arbitrary.map((value): Node => ({ path, type, value }))
          }),
        ),
      )
  const byPath = (nodes: readonly Node[]): Node[] =>
    [...nodes].sort((a, b) => (formatPath(a.path) < formatPath(b.path) ? -1 : 1))

  for (const format of [
    ContentFormat.SenmlJson,
    ContentFormat.SenmlCbor,
    ContentFormat.Tlv,
    ContentFormat.LwM2mJson,
    ContentFormat.LwM2mCbor,
  ]) {
    it.each(['/3442', '/3442/0'])(
      `in many places below %s survive ${formatName(format)} unchanged`,
      (base) => {
        fc.assert(
          fc.property(tree(base), (nodes) => {
            const again = decode(format, encode(format, nodes, contextAt(base)), contextAt(base))
            expect(byPath(again)).toEqual(byPath(nodes))
          }),
          { numRuns: 100 },
        )
      },
    )
  }

  it('that are not finite travel in TLV and CBOR and are refused in text and JSON', () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const nodes: Node[] = [{ path: parsePath('/3442/0/130'), type: 'float', value }]
      const context = contextAt('/3442/0/130')
      for (const format of [60, 112, 11542, 11544])
        expect(decode(format, encode(format, nodes, context), context)).toEqual(nodes)
      for (const format of [0, 110, 11543]) expect(() => encode(format, nodes, context)).toThrow(RangeError)
    }
  })

  it('of a resource without a type are nothing at all where a format can say so, else refused', () => {
    const context = contextAt('/3442/0/0')
    const nodes: Node[] = [{ path: context.base, type: 'none', value: '' }]
    for (const format of [0, 60, 112, 11542, 11544])
      expect(decode(format, encode(format, nodes, context), context)).toEqual(nodes)
    for (const format of [42, 110, 11543]) expect(() => encode(format, nodes, context)).toThrow(RangeError)
    expect(decode(60, fromHex('05'), context)).toEqual([
      { path: context.base, type: 'integer', value: 5, untyped: true },
    ])
  })

  it('of a boolean may come as 0 and 1, of an integer as a whole float, and as no other number', () => {
    const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
    const read = (resourceId: number, format: number, payload: Uint8Array) =>
      decode(format, payload, contextAt(`/3442/0/${resourceId}`))[0]!.value
    const senml = (value: string): Uint8Array => utf8(`[{"bn":"/3442/0/140","v":${value}}]`)
    for (const [cbor, json, value] of [
      ['00', '0', false],
      ['01', '1', true],
      ['f93c00', '1.0', true],
    ] as const) {
      expect(read(140, 60, fromHex(cbor))).toBe(value)
      expect(read(140, 110, senml(json))).toBe(value)
    }
    for (const [cbor, json] of [
      ['02', '2'],
      ['20', '-1'],
      ['f93800', '0.5'],
    ] as const) {
      expect(() => read(140, 60, fromHex(cbor))).toThrow('must be true or false')
      expect(() => read(140, 110, senml(json))).toThrow('must be true or false')
    }
    expect(read(120, 60, fromHex('f94000'))).toBe(2)
    expect(() => read(120, 60, fromHex('f93800'))).toThrow('must be an integer')
  })

  it('with a time are refused where a format cannot say it', () => {
    const nodes: Node[] = [{ path: parsePath('/3424/0/1'), type: 'float', value: 1, time: NOW }]
    for (const format of [0, 60, 11542, 11544])
      expect(() => encode(format, nodes, contextAt('/3424/0/1'))).toThrow('cannot say when a value was taken')
  })

  it('keep their times to the millisecond', () => {
    const path = parsePath('/3424/0/1')
    const nodes: Node[] = [0, 900_000, 1_800_123, -60_001].map((offset, index) => ({
      path,
      type: 'float',
      value: index / 3,
      time: NOW + offset,
    }))
    for (const format of [110, 112, 11543]) {
      for (const base of ['/', '/3424', '/3424/0/1']) {
        expect(decode(format, encode(format, nodes, contextAt(base)), contextAt(base))).toEqual(nodes)
      }
    }
    const mixed: Node[] = [nodes[0]!, { path: parsePath('/3424/0/4'), type: 'integer', value: 7 }]
    expect(decode(112, encode(112, mixed, contextAt('/')), contextAt('/'))).toEqual(mixed)
    expect(() => encode(110, [{ ...nodes[0]!, time: 12_345 }], contextAt('/'))).toThrow('1978')
  })

  it('with a time relative to now are placed by the clock', () => {
    const text = (json: string): Node[] => decode(110, new TextEncoder().encode(json), contextAt('/'))
    expect(
      text('[{"bn":"/3424/0/1","bt":-60,"v":1},{"t":30,"v":2},{"t":60,"v":3}]').map(
        (node) => node.time! - NOW,
      ),
    ).toEqual([-60_000, -30_000, 0])
    expect(text('[{"n":"/3424/0/1","v":1}]')[0]).not.toHaveProperty('time')
  })

  it('accept what means the same', () => {
    const json = (value: string): Node =>
      decode(110, new TextEncoder().encode(`[${value}]`), contextAt('/'))[0]!
    expect(json('{"n":"3/0/9/","v":5.0}')).toEqual({ path: parsePath('/3/0/9'), type: 'integer', value: 5 })
    expect(json('{"n":"/1/0/6","v":1}').value).toBe(true)
    expect(json('{"n":"/3442/0/170","vs":"66:0"}').value).toEqual({ objectId: 66, instanceId: 0 })
    expect(json('{"n":"/3424/0/1","v":16777217}').value).toBe(16777217)
    expect(decode(112, fromHex('81a200692f333432342f302f3102c48221195780'), contextAt('/'))[0]!.value).toBe(
      224,
    )
  })

  it('of LwM2M JSON are found although a base name lacks its slash', () => {
    const paths = (base: string, json: string): string[] =>
      decode(11543, new TextEncoder().encode(json), contextAt(base)).map((node) => formatPath(node.path))
    expect(paths('/3303/0', '{"bn":"/3303/0","e":[{"n":"5700","v":21}]}')).toEqual(['/3303/0/5700'])
    expect(paths('/3303', '{"bn":"/3303","e":[{"n":"0/5700","v":21}]}')).toEqual(['/3303/0/5700'])
    expect(paths('/3/0/6', '{"bn":"/3/0/6","e":[{"n":"0","v":1},{"n":"1","v":5}]}')).toEqual([
      '/3/0/6/0',
      '/3/0/6/1',
    ])
    expect(paths('/3/0/6', '{"bn":"/3/0/6","e":[{"n":"/0","v":1}]}')).toEqual(['/3/0/6/0'])
    expect(paths('/3/0/9', '{"bn":"/3/0/9","e":[{"n":"","v":1}]}')).toEqual(['/3/0/9'])
    expect(paths('/3/0', '{"e":[{"n":"9","v":1},{"n":"/3/0/10","v":5},{"n":"3/0/20","v":5}]}')).toEqual([
      '/3/0/9',
      '/3/0/10',
      '/3/0/20',
    ])
  })

  it('of an unknown resource are kept as they came', () => {
    const unknown = (format: number, hex: string, base = '/65000/0/1'): Node[] =>
      decode(format, fromHex(hex), contextAt(base))
    expect(unknown(11542, 'c101ff')).toEqual([
      { path: parsePath('/65000/0/1'), type: 'opaque', value: Uint8Array.of(255), untyped: true },
    ])
    expect(unknown(60, 'fa41b00000')).toEqual([
      { path: parsePath('/65000/0/1'), type: 'float', value: 22, untyped: true },
    ])
    expect(unknown(60, '1bffffffffffffffff')[0]).toMatchObject({ type: 'unsigned', value: 2n ** 64n - 1n })
    expect(unknown(0, '3432')[0]).toMatchObject({ type: 'string', value: '42', untyped: true })
    expect(decode(112, encode(112, unknown(60, 'fa41b00000'), contextAt('/')), contextAt('/'))).toEqual(
      unknown(60, 'fa41b00000'),
    )
  })

  it('of an unknown resource survive every format that says types', () => {
    const integer = fc
      .bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n })
      .map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value))
    const known = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }),
      integer,
      fc.boolean(),
      fc.uint8Array({ maxLength: 20 }),
      fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
    )
    const base = '/65000/0/1'
    const untyped = (value: Node['value']): Node[] =>
      decode(
        60,
        encode(60, [{ path: parsePath(base), type: typeOf(value), value }], contextAt(base)),
        contextAt(base),
      )
    const typeOf = (value: Node['value']): ResourceType => {
      if (value instanceof Uint8Array) return 'opaque'
      if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float'
      if (typeof value === 'bigint') return value >= 2n ** 63n ? 'unsigned' : 'integer'
      return typeof value === 'boolean' ? 'boolean' : 'string'
    }
    fc.assert(
      fc.property(known, (value) => {
        const nodes = untyped(value)
        expect(nodes).toMatchObject([{ value, untyped: true }])
        for (const format of [110, 112, 11544])
          expect(decode(format, encode(format, nodes, contextAt(base)), contextAt(base))).toEqual(nodes)
      }),
    )
    const beyond = new TextEncoder().encode('[{"n":"/65000/0/1","v":99999999999999999999}]')
    expect(() => decode(110, beyond, contextAt(base))).toThrow('/65000/0/1: an integer beyond 64 bits')
  })

  it('are read under the numbers that formats had before they were registered', () => {
    expect(decode(1541, fromHex('35'), contextAt('/3/0/9'))[0]!.value).toBe(5)
    expect(decode(1542, fromHex('c10905'), contextAt('/3/0'))[0]!.value).toBe(5)
    const json = new TextEncoder().encode('{"bn":"/3/0/9","e":[{"v":5}]}')
    expect(decode(1543, json, contextAt('/3/0/9'))[0]!.value).toBe(5)
    for (const format of [1541, 1542, 1543])
      expect(() => encode(format, [], contextAt('/3'))).toThrow(RangeError)
  })

  it('are not encoded where they do not belong', () => {
    const node: Node = { path: parsePath('/3/0/13'), type: 'time', value: 1.5 }
    expect(() => encode(11542, [node], contextAt('/3/0'))).toThrow(
      '/3/0/13: TLV carries times in whole seconds',
    )
    expect(() => encode(110, [node], contextAt('/3/1'))).toThrow('/3/0/13 lies outside /3/1')
    expect(() => encode(0, [node, node], contextAt('/3/0'))).toThrow('exactly one value')
    expect(() => encode(11542, [{ ...node, value: 'x' }], contextAt('/3/0'))).toThrow(
      '/3/0/13: the value must be a time',
    )
    expect(() =>
      encode(
        11542,
        [
          { ...node, value: 1 },
          { ...node, value: 2 },
        ],
        contextAt('/3/0'),
      ),
    ).toThrow('one value at a path')
    const instance: Node = { path: parsePath('/3/0/6/0'), type: 'integer', value: 1 }
    for (const format of [11542, 11544])
      expect(() => encode(format, [instance, instance], contextAt('/3/0/6/0'))).toThrow('one value at a path')
    expect(() => encode(110, [{ ...node, path: parsePath('/3/0') }], contextAt('/3'))).toThrow(
      'names no resource',
    )
  })

  it.each([110, 112, 11542, 11543, 11544, 0, 60])('of a type with one zero are that zero in %i', (format) => {
    for (const type of ['integer', 'unsigned', 'time'] as const) {
      const path = parsePath('/33000/0/1')
      const base = { ...contextAt(formatPath(path)), definitions: () => undefined }
      expect(toHex(encode(format, [{ path, type, value: -0 }], base))).toBe(
        toHex(encode(format, [{ path, type, value: 0 }], base)),
      )
    }
  })

  it('of a Create without an instance id are bare in TLV', () => {
    const nodes: Node[] = [{ path: parsePath('/3442/65535/110'), type: 'string', value: 'a' }]
    expect(toHex(encode(11542, nodes, contextAt('/3442')))).toBe('c16e61')
    expect(decode(11542, fromHex('c16e61'), contextAt('/3442'))).toEqual(nodes)
    expect(decode(11542, fromHex('c1090a'), contextAt('/3'))).toEqual([
      { path: parsePath('/3/0/9'), type: 'integer', value: 10 },
    ])
  })
})
