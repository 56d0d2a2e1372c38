import { Code, ProtocolError } from '@fieldline/bytes'
import { formatPath, parsePath, pathOf } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { contextAt } from '../formats.test-support.js'
import { ContentFormat, decodeChanges, decodePaths, encodeChanges, encodePaths } from '../index.js'
import type { Change } from '../index.js'

const { SenmlJson, SenmlCbor, SenmlEtchJson, SenmlEtchCbor, LwM2mCbor, Tlv } = ContentFormat
const { base: _base, alternatePath: _alternate, ...context } = contextAt('/')

const ids = fc.array(fc.nat(65_535), { maxLength: 4 })
const paths = fc.uniqueArray(ids, { selector: (list) => list.join('/'), maxLength: 12 })
const roots = fc.constantFrom(
  {},
  { alternatePath: '/lwm2m' },
  { gatewayPrefix: 'd01' },
  { alternatePath: '/a/b', gatewayPrefix: 'd01' },
)

describe('lists of paths', () => {
  it.each([SenmlJson, SenmlCbor, SenmlEtchJson, SenmlEtchCbor])(
    'survive format %i, whatever stands before their names',
    (format) => {
      fc.assert(
        fc.property(paths, roots, (lists, root) => {
          const wanted: Path[] = lists.map((list) => pathOf(...list))
          expect(decodePaths(format, encodePaths(format, wanted, root), root)).toEqual(wanted)
        }),
      )
    },
  )

  it('are refused in words where they cannot be said or read', () => {
    expect(() => encodePaths(SenmlCbor, [parsePath('/3'), parsePath('/3')])).toThrow('twice')
    expect(() => encodePaths(Tlv, [parsePath('/3')])).toThrow(RangeError)
    for (const format of [Tlv, LwM2mCbor]) {
      expect(() => decodePaths(format, new Uint8Array())).toThrow(ProtocolError)
      expect(() => decodePaths(format, new Uint8Array())).toThrow(
        expect.objectContaining({ code: Code.UnsupportedContentFormat }),
      )
    }
  })

  it('of SenML pass over what need not be understood, those of SenML-ETCH do not', () => {
    const payload = new TextEncoder().encode('[{"n":"/3/0","x":1}]')
    expect(decodePaths(SenmlJson, payload)).toEqual([parsePath('/3/0')])
    expect(() => decodePaths(SenmlEtchJson, payload)).toThrow('has no place here')
  })
})

describe('changes', () => {
  const change = fc.oneof(
    fc.nat(300).map((index): Change => ({ path: pathOf(3442, 0, 1110, index), removed: true })),
    fc
      .tuple(fc.nat(300), fc.string({ unit: 'grapheme', maxLength: 12 }))
      .map(([index, value]): Change => ({ path: pathOf(3442, 0, 1110, index), type: 'string', value })),
    fc
      .tuple(fc.nat(300), fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }))
      .map(([index, value]): Change => ({ path: pathOf(3442, 1, 1120, index), type: 'integer', value })),
    fc.boolean().map((value): Change => ({ path: pathOf(3311, 0, 5850), type: 'boolean', value })),
  )
  const changes = fc.uniqueArray(change, { selector: ({ path }) => formatPath(path), maxLength: 12 })

  it.each([SenmlEtchJson, SenmlEtchCbor])('survive format %i, removals included', (format) => {
    fc.assert(
      fc.property(changes, roots, (wanted, root) => {
        const whole = { ...context, ...root }
        expect(decodeChanges(format, encodeChanges(format, wanted, whole), whole)).toEqual(wanted)
      }),
    )
  })

  it.each([SenmlJson, SenmlCbor, LwM2mCbor])('without removals survive format %i', (format) => {
    const nodes: Node[] = [
      { path: parsePath('/3311/0/5850'), type: 'boolean', value: true },
      { path: parsePath('/16/0/0/1'), type: 'string', value: 'b' },
      { path: parsePath('/16/0/0/2'), type: 'string', value: 'c' },
    ]
    expect(decodeChanges(format, encodeChanges(format, nodes, context), context)).toEqual(nodes)
    const removal: Change = { path: parsePath('/16/0/0/3'), removed: true }
    expect(() => encodeChanges(format, [...nodes, removal], context)).toThrow(
      '/16/0/0/3: only SenML-ETCH can remove',
    )
  })

  it('are refused in words where they cannot be said or read', () => {
    const removal = (path: string): Change => ({ path: parsePath(path), removed: true })
    expect(() => encodeChanges(SenmlEtchCbor, [removal('/16/0/0')], context)).toThrow(
      'only resource instances',
    )
    expect(() => encodeChanges(SenmlEtchCbor, [removal('/16/0/0/1'), removal('/16/0/0/1')], context)).toThrow(
      'twice',
    )
    const nothing: Node = { path: parsePath('/3442/0/0'), type: 'none', value: '' }
    expect(() => encodeChanges(SenmlEtchCbor, [nothing], context)).toThrow('has no value to write')
    expect(() => encodeChanges(Tlv, [], context)).toThrow(RangeError)
    expect(() => decodeChanges(Tlv, new Uint8Array(), context)).toThrow(ProtocolError)
  })
})

describe('names behind a gateway', () => {
  const behind = { ...context, gatewayPrefix: 'd01' }
  const read = (text: string): string[] =>
    decodeChanges(SenmlJson, new TextEncoder().encode(text), behind).map(({ path }) => formatPath(path))

  it('are those of the device', () => {
    expect(
      read(
        '[{"bn":"/d01/3/0/","n":"9","v":1},{"bn":"d01/3/","n":"0/10","v":1},{"bn":"/d0","n":"1/3/0/20","v":1}]',
      ),
    ).toEqual(['/3/0/9', '/3/0/10', '/3/0/20'])
  })

  it('are refused where they are of the gateway or of another device', () => {
    expect(() => read('[{"n":"/3/0/9","v":1}]')).toThrow('lies outside /d01')
    expect(() => read('[{"n":"/d02/3/0/9","v":1}]')).toThrow('lies outside /d01')
    expect(() => read('[{"n":"/d013/0/9","v":1}]')).toThrow('lies outside /d01')
  })
})
