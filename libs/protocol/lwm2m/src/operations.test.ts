import { Code, ProtocolError, fromHex, toHex } from '@fieldline/bytes'
import type { CoapResponse } from '@fieldline/coap'
import { formatPath, parsePath, registryDefinitions } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { describe, expect, it } from 'vitest'
import {
  RefusedError,
  cancelObserveCompositeRequest,
  cancelObserveRequest,
  checkAttributes,
  checkExecuteArguments,
  compositeFormats,
  createRequest,
  createResult,
  deleteRequest,
  deleteResult,
  discoverRequest,
  discoverResult,
  executeRequest,
  executeResult,
  isFormatRefusal,
  observeCompositeRequest,
  observeCompositeResult,
  observeRequest,
  observeResult,
  parseAttributes,
  parseExecuteArguments,
  parseObjectLinks,
  parseSend,
  preferredFormats,
  readCompositeRequest,
  readCompositeResult,
  readRequest,
  readResult,
  sendRequest,
  writeAttributesRequest,
  writeCompositeRequest,
  writeCompositeResult,
  writeRequest,
  writeResult,
} from './index.js'

const NOW = 1_700_000_000_000
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const response = (
  code: number,
  payload: Uint8Array = new Uint8Array(),
  more: Partial<CoapResponse> = {},
): CoapResponse => ({ code, payload, ...more })
const read = (path: string, answer: CoapResponse): unknown[] =>
  readResult(answer, parsePath(path), registryDefinitions, NOW).map((node) => [
    formatPath(node.path),
    node.value,
  ])

describe('Read', () => {
  it('asks for a path below the alternate path', () => {
    expect(readRequest(parsePath('/3/0/9'))).toEqual({
      code: Code.Get,
      uriPath: ['3', '0', '9'],
      uriQuery: [],
      payload: new Uint8Array(),
    })
    expect(readRequest(parsePath('/3'), { accept: 112, alternatePath: '/a/b' })).toMatchObject({
      uriPath: ['a', 'b', '3'],
      accept: 112,
    })
  })

  it('takes values in whatever format they come', () => {
    expect(read('/3/0/9', response(Code.Content, bytes('87'), { contentFormat: 0 }))).toEqual([
      ['/3/0/9', 87],
    ])
    expect(read('/3/0', response(Code.Content, fromHex('c10964'), { contentFormat: 1542 }))).toEqual([
      ['/3/0/9', 100],
    ])
  })

  it('guesses a format that was left out', () => {
    expect(read('/3/0/9', response(Code.Content, bytes('87')))).toEqual([['/3/0/9', 87]])
    expect(read('/3/0', response(Code.Content, fromHex('c10964')))).toEqual([['/3/0/9', 100]])
    expect(read('/3/0', response(Code.Content))).toEqual([])
  })

  it('keeps to what was asked', () => {
    const json = '[{"n":"/3/0/9","v":1},{"n":"/4/0/2","v":-80}]'
    expect(read('/3/0', response(Code.Content, bytes(json), { contentFormat: 110 }))).toEqual([['/3/0/9', 1]])
    expect(() => read('/6', response(Code.Content, bytes(json), { contentFormat: 110 }))).toThrow(
      ProtocolError,
    )
  })

  it('tells a refusal from a broken answer', () => {
    expect(() => read('/3/0', response(Code.NotFound))).toThrow(RefusedError)
    expect(() => read('/3/0', response(Code.Changed))).toThrow(ProtocolError)
    expect(() => read('/3/0', response(Code.Content, bytes('x'), { contentFormat: 4711 }))).toThrow(
      ProtocolError,
    )
  })

  it('takes the alternate path off SenML names', () => {
    const answer = response(Code.Content, bytes('[{"bn":"/lwm2m/3/0/","n":"9","v":5}]'), {
      contentFormat: 110,
    })
    expect(
      readResult(answer, parsePath('/3/0'), registryDefinitions, NOW, { alternatePath: '/lwm2m' })[0]!.value,
    ).toBe(5)
  })
})

describe('Write', () => {
  const nodes: Node[] = [{ path: parsePath('/1/0/2'), type: 'integer', value: 101 }]

  it('replaces with PUT and adds with POST', () => {
    const put = writeRequest(parsePath('/1/0/2'), nodes, 11542, { mode: 'replace' })
    expect(put).toMatchObject({ code: Code.Put, uriPath: ['1', '0', '2'], contentFormat: 11542 })
    expect(toHex(put.payload)).toBe('c10265')
    expect(writeRequest(parsePath('/1/0'), nodes, 112, { mode: 'partial' }).code).toBe(Code.Post)
    const below = writeRequest(parsePath('/1/0'), nodes, 110, { mode: 'partial', alternatePath: '/lwm2m' })
    expect(new TextDecoder().decode(below.payload)).toBe('[{"bn":"/lwm2m/1/0/","n":"2","v":101}]')
    expect(() => writeResult(response(Code.Changed))).not.toThrow()
    expect(() => writeResult(response(Code.MethodNotAllowed))).toThrow('4.05')
  })

  it('of attributes has a query and no payload', () => {
    expect(
      writeAttributesRequest(parsePath('/3/0/9'), { lt: 20, gt: 85.5, st: 10, pmin: null }),
    ).toMatchObject({
      code: Code.Put,
      uriQuery: ['pmin', 'gt=85.5', 'lt=20', 'st=10'],
      payload: new Uint8Array(),
    })
    expect(() => writeAttributesRequest(parsePath('/3/0/9'), { lt: 9, gt: 4 })).toThrow(RangeError)
  })
})

describe('Execute', () => {
  it('sends its arguments as text', () => {
    expect(executeRequest(parsePath('/3/0/4'))).not.toHaveProperty('contentFormat')
    const request = executeRequest(parsePath('/1/0/8'), "0='U'")
    expect(request).toMatchObject({
      code: Code.Post,
      uriPath: ['1', '0', '8'],
      contentFormat: 0,
      payload: bytes("0='U'"),
    })
    expect(() => executeRequest(parsePath('/3/0'))).toThrow(RangeError)
    expect(() => executeRequest(parsePath('/3/0/4'), 'now')).toThrow(RangeError)
    expect(() => executeResult(response(Code.Changed))).not.toThrow()
  })

  it.each([
    ['5', [{ digit: 5 }]],
    ["2='10.3'", [{ digit: 2, value: '10.3' }]],
    ['0,1,2,3,4', [0, 1, 2, 3, 4].map((digit) => ({ digit }))],
    [
      "7,0='https://www.omaspecworks.org'",
      [{ digit: 7 }, { digit: 0, value: 'https://www.omaspecworks.org' }],
    ],
    ["0=''", [{ digit: 0, value: '' }]],
    ['', []],
  ])('has the arguments %s', (text, expected) => {
    expect(checkExecuteArguments(text)).toBeUndefined()
    expect(parseExecuteArguments(bytes(text))).toEqual(expected)
  })

  it.each(["1,1='a'", "0='it's'", '10', ',', '1,', "0='a", '0=a', "0='é'", "0='a\\b'"])(
    'has no arguments such as %s',
    (text) => {
      expect(checkExecuteArguments(text)).toContain('digits')
      expect(() => parseExecuteArguments(bytes(text))).toThrow(ProtocolError)
    },
  )

  it('reads a space and never writes one', () => {
    expect(parseExecuteArguments(bytes("0='a b'"))).toEqual([{ digit: 0, value: 'a b' }])
    expect(checkExecuteArguments("0='a b'")).toBeDefined()
  })
})

describe('Discover', () => {
  it('asks for links and reads them', () => {
    expect(discoverRequest(parsePath('/3'), { depth: 1 })).toMatchObject({
      accept: 40,
      uriQuery: ['depth=1'],
    })
    const links = discoverResult(
      response(Code.Content, bytes('</lwm2m/3/0>;pmax=60,</lwm2m/3/0/7>;dim=2'), { contentFormat: 40 }),
      { alternatePath: '/lwm2m' },
    )
    expect(links.map((link) => link.target)).toEqual(['/3/0', '/3/0/7'])
    expect(links[1]!.attributes.get('dim')).toBe('2')
    expect(() => discoverResult(response(Code.Content, fromHex('c10964'), { contentFormat: 11542 }))).toThrow(
      'Discover was answered in TLV',
    )
    expect(() => discoverResult(response(Code.NotFound))).toThrow(RefusedError)
  })
})

describe('Observe', () => {
  it('begins and ends on the same path', () => {
    expect(
      observeRequest(parsePath('/3/0/7'), { accept: 112, attributes: { pmin: 5, pmax: 15 } }),
    ).toMatchObject({ observe: 0, accept: 112, uriQuery: ['pmin=5', 'pmax=15'] })
    expect(cancelObserveRequest(parsePath('/3/0/7'), { accept: 112 })).toMatchObject({
      observe: 1,
      accept: 112,
      uriPath: ['3', '0', '7'],
    })
  })

  it('knows when a device will not notify', () => {
    const answer = response(Code.Content, bytes('3'), { contentFormat: 0 })
    expect(
      observeResult({ ...answer, observe: 1 }, parsePath('/3/0/9'), registryDefinitions, NOW),
    ).toMatchObject({ observing: true, nodes: [{ value: 3 }] })
    expect(observeResult(answer, parsePath('/3/0/9'), registryDefinitions, NOW).observing).toBe(false)
  })
})

describe('attributes', () => {
  it.each([
    [{ gt: 45, st: 10 }, true],
    [{ lt: 20, gt: 85, st: 10 }, true],
    [{ lt: 9, gt: 4 }, false],
    [{ lt: 5, gt: 5 }, false],
    [{ lt: 1, gt: 20, st: 10 }, false],
    [{ lt: -5.5, gt: -1 }, true],
    [{ st: -1 }, false],
    [{ pmin: 10, pmax: 5 }, false],
    [{ pmin: 10, pmax: 0 }, true],
    [{ pmin: 1.5 }, false],
    [{ epmin: 5, epmax: 5 }, false],
    [{ edge: 2 }, false],
    [{ con: 1, hqmax: 3 }, true],
    [{ gt: NaN }, false],
    [{ gt: null, lt: null }, true],
  ])('%o are accepted together: %s', (attributes, accepted) => {
    expect(checkAttributes(attributes) === undefined).toBe(accepted)
  })

  it('are read from a query as they were written', () => {
    expect(parseAttributes(['pmin=5', 'gt', 'st=0.00000001', 'x=1'])).toEqual({ pmin: 5, gt: null, st: 1e-8 })
    expect(writeAttributesRequest(parsePath('/3'), { st: 1e-8 }).uriQuery).toEqual(['st=0.00000001'])
    expect(() => parseAttributes(['pmin=soon'])).toThrow(ProtocolError)
    expect(() => parseAttributes(['lt=5', 'gt=4'])).toThrow(ProtocolError)
    expect(() => parseAttributes(['pmin=1=2'])).toThrow(ProtocolError)
    expect(() => parseAttributes(['pmin=1', 'pmin=2'])).toThrow('pmin appears twice')
  })
})

describe('Send', () => {
  const objectLinks = parseObjectLinks(bytes('</3424/0>,</5>'))
  const context = { definitions: registryDefinitions, now: NOW, objectLinks }
  const nodes: Node[] = [
    { path: parsePath('/3424/0/1'), type: 'float', value: 12.25, time: NOW - 900_000 },
    { path: parsePath('/3424/0/1'), type: 'float', value: 12.5, time: NOW },
  ]

  it('built by a client is read by the server', () => {
    for (const format of [110, 112]) {
      const request = sendRequest(nodes, format)
      expect(request).toMatchObject({ code: Code.Post, uriPath: ['dp'], contentFormat: format })
      expect(parseSend(request.payload, request.contentFormat, context)).toEqual(nodes)
    }
  })

  it('is refused in the right words', () => {
    const code = (run: () => unknown): unknown => {
      try {
        return run()
      } catch (error) {
        return (error as ProtocolError).code
      }
    }
    expect(code(() => parseSend(bytes('[]'), 110, context))).toBe(Code.BadRequest)
    expect(code(() => parseSend(bytes('{'), 110, context))).toBe(Code.BadRequest)
    expect(code(() => parseSend(bytes('1'), 0, context))).toBe(Code.UnsupportedContentFormat)
    expect(code(() => parseSend(bytes('1'), undefined, context))).toBe(Code.UnsupportedContentFormat)
    expect(code(() => parseSend(bytes('[{"n":"/3424/1/1","v":1}]'), 110, context))).toBe(Code.NotFound)
    expect(parseSend(bytes('[{"n":"/5/0/3","v":1}]'), 110, context)).toHaveLength(1)
  })

  it('of many values reads a long object list once', () => {
    const instances = Array.from({ length: 500 }, (_, instanceId) => ({ objectId: 9, instanceId }))
    let looks = 0
    const counted = new Proxy(instances, {
      get: (list, key) => ((looks += 1), Reflect.get(list, key) as unknown),
    })
    const values = instances.map((_, at) => `{"n":"/9/${499 - at}/11","v":1}`).join(',')
    const many = { ...context, objectLinks: { ...objectLinks, instances: counted } }
    expect(parseSend(bytes(`[${values}]`), 110, many)).toHaveLength(500)
    expect(looks).toBeLessThan(2000)
  })
})

describe('Create and Delete', () => {
  it('name objects and instances', () => {
    const nodes: Node[] = [{ path: parsePath('/2/65535/0'), type: 'integer', value: 3 }]
    expect(toHex(createRequest(parsePath('/2'), nodes, 11542).payload)).toBe('c10003')
    expect(createResult(response(Code.Created, undefined, { locationPath: ['2', '7'] }))).toBe(7)
    expect(createResult(response(Code.Created))).toBeUndefined()
    expect(() => createRequest(parsePath('/2/0'), nodes, 11542)).toThrow(RangeError)
    expect(deleteRequest(parsePath('/2/7'))).toMatchObject({ code: Code.Delete, uriPath: ['2', '7'] })
    expect(() => deleteRequest(parsePath('/2'))).toThrow(RangeError)
    expect(() => deleteResult(response(Code.Deleted))).not.toThrow()
  })
})

describe('preferred formats', () => {
  it('begin without Accept while nothing is known', () => {
    expect(preferredFormats('1.0')).toEqual({ read: [undefined, 11542, 11543], write: [11542, 11543] })
    expect(preferredFormats('1.1')).toEqual({ read: [undefined, 112, 110, 11542], write: [112, 110, 11542] })
  })

  it('follow what the root link names, then the first answer', () => {
    expect(preferredFormats('1.1', [60, 110, 11543])).toEqual({
      read: [110, 11543, undefined, 112, 11542],
      write: [110, 11543, 112, 11542],
    })
    expect(preferredFormats('1.1', [110], 11542).read).toEqual([110, 11542, undefined, 112])
    expect(preferredFormats('1.1', [], 1542).write).toEqual([11542, 112, 110])
    expect(preferredFormats('1.1', [], 0).read[0]).toBeUndefined()
  })

  it('end with those that carry one value', () => {
    expect(preferredFormats('1.0', [], undefined, 'opaque').write).toEqual([11542, 11543, 42, 0])
    expect(preferredFormats('1.1', [60], undefined, 'float').write).toEqual([112, 110, 11542, 0, 60])
    expect(
      [Code.NotAcceptable, Code.UnsupportedContentFormat, Code.InternalServerError, Code.NotFound].map(
        isFormatRefusal,
      ),
    ).toEqual([true, true, true, false])
  })
})

describe('composite operations', () => {
  const paths = [parsePath('/3/0/0'), parsePath('/1/0/1')]

  it('read several paths with FETCH and a list of names', () => {
    const request = readCompositeRequest(paths, { contentFormat: 110, accept: 112, alternatePath: '/a' })
    expect(request).toMatchObject({ code: Code.Fetch, uriPath: [], contentFormat: 110, accept: 112 })
    expect(new TextDecoder().decode(request.payload)).toBe('[{"n":"/a/3/0/0"},{"n":"/a/1/0/1"}]')
  })

  it('take the values that there are, of any object', () => {
    const payload = bytes('[{"bn":"/","n":"3/0/0","vs":"Fieldline"},{"n":"1/0/1","v":60}]')
    const answer = response(Code.Content, payload, { contentFormat: 110 })
    const nodes = readCompositeResult(answer, registryDefinitions, NOW)
    expect(nodes.map(({ path, value }) => [formatPath(path), value])).toEqual([
      ['/3/0/0', 'Fieldline'],
      ['/1/0/1', 60],
    ])
    expect(readCompositeResult(response(Code.Content), registryDefinitions, NOW)).toEqual([])
    expect(() => readCompositeResult(response(Code.MethodNotAllowed), registryDefinitions, NOW)).toThrow(
      RefusedError,
    )
  })

  it('observe and cancel with the same list', () => {
    const options = { contentFormat: 112 }
    const observe = observeCompositeRequest(paths, { ...options, attributes: { pmin: 5 } })
    const cancel = cancelObserveCompositeRequest(paths, options)
    expect(observe).toMatchObject({ code: Code.Fetch, observe: 0, uriQuery: ['pmin=5'] })
    expect(cancel).toMatchObject({ code: Code.Fetch, observe: 1, uriQuery: [] })
    expect(toHex(cancel.payload)).toBe(toHex(observe.payload))
    const answer = response(Code.Content, bytes('[]'), { contentFormat: 110, observe: 7 })
    expect(observeCompositeResult(answer, registryDefinitions, NOW)).toEqual({ nodes: [], observing: true })
  })

  it('write and remove with iPATCH', () => {
    const request = writeCompositeRequest(
      [
        { path: parsePath('/3/0/14'), type: 'string', value: '+02:00' },
        { path: parsePath('/34/0/1/2'), removed: true },
      ],
      { contentFormat: 320, definitions: registryDefinitions },
    )
    expect(request).toMatchObject({ code: Code.IPatch, uriPath: [], contentFormat: 320 })
    expect(JSON.parse(new TextDecoder().decode(request.payload))).toHaveLength(2)
    expect(() =>
      writeCompositeRequest([{ path: parsePath('/34/0/1/2'), removed: true }], { contentFormat: 110 }),
    ).toThrow(RangeError)
    expect(() => writeCompositeResult(response(Code.BadRequest))).toThrow(RefusedError)
    writeCompositeResult(response(Code.Changed))
  })

  it('are tried in the formats of the version, those the device names first', () => {
    expect(compositeFormats('1.0')).toEqual([])
    expect(compositeFormats('1.1')).toEqual([112, 110])
    expect(compositeFormats('1.2')).toEqual([322, 320, 112, 110])
    expect(compositeFormats('1.2', [110, 60])).toEqual([110, 322, 320, 112])
  })
})
