import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  RefusedError,
  announcedIn,
  definitionsFor,
  deregisterRequest,
  formatObjectLinks,
  parseObjectLinks,
  parseRegister,
  parseUpdate,
  registerRequest,
  registerResult,
  updateRequest,
  updateResult,
} from './index.js'
import type { Registering } from './index.js'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const list = bytes('</1/0>,</3/0>')
const register = (query: string, payload = list): ReturnType<typeof parseRegister> =>
  parseRegister(query.split('&'), payload)
const codeOf = (run: () => unknown): unknown => {
  try {
    run()
  } catch (error) {
    return error instanceof ProtocolError ? error.code : error
  }
  return undefined
}

describe('a Register', () => {
  it('of 1.0 has defaults for all but the endpoint', () => {
    expect(register('ep=meter-1')).toMatchObject({
      endpoint: 'meter-1',
      lifetime: 86_400,
      version: '1.0',
      binding: 'U',
      queueMode: false,
    })
  })

  it('of 1.0 says Queue Mode among the letters of its binding', () => {
    expect(register('ep=dev&lt=300&lwm2m=1.0&b=UQ')).toMatchObject({
      lifetime: 300,
      binding: 'U',
      queueMode: true,
    })
    expect(register('ep=dev&lt=300&lwm2m=1.0&b=UQS&sms=491701234567')).toMatchObject({
      binding: 'US',
      queueMode: true,
      sms: '491701234567',
    })
  })

  it('of 1.1 says Queue Mode with a flag', () => {
    expect(register('ep=dev&lt=300&lwm2m=1.1&b=UT&Q')).toMatchObject({
      version: '1.1',
      binding: 'UT',
      queueMode: true,
    })
    expect(register('ep=dev&lt=0&lwm2m=1.1')).toMatchObject({ lifetime: 0, binding: 'U', queueMode: false })
  })

  it('of 1.2 may carry a profile id and new letters', () => {
    expect(register('ep=dev&lt=86400&lwm2m=1.2&b=UM&pid="6:1234abcd,v:meter-7"')).toMatchObject({
      binding: 'UM',
      pid: '6:1234abcd,v:meter-7',
    })
  })

  it('of 1.2 may leave its name to the proof of a secure session', () => {
    const query = 'lt=86400&lwm2m=1.2&b=U&pid=6:27354b9a'.split('&')
    expect(parseRegister(query, list, { identity: 'meter-7' })).toMatchObject({
      endpoint: 'meter-7',
      pid: '6:27354b9a',
    })
  })

  it('of 1.2 with an empty profile id is refused', () => {
    for (const pid of ['""', '']) expect(() => register(`ep=dev&lt=60&lwm2m=1.2&pid=${pid}`)).toThrow('pid')
  })

  it('with a third part in its version is read without it and marked', () => {
    expect(register('ep=node&lt=60&lwm2m=1.0.0&mac=00:11:22:33:44:55')).toMatchObject({
      version: '1.0',
      oddVersion: true,
    })
    expect(register('ep=node&lt=60&lwm2m=1.1')).not.toHaveProperty('oddVersion')
  })

  it('takes the endpoint from the authenticated identity from 1.1 on', () => {
    expect(parseRegister(['lt=60', 'lwm2m=1.1'], list, { identity: 'psk-1' }).endpoint).toBe('psk-1')
    expect(codeOf(() => parseRegister(['lt=60', 'lwm2m=1.0'], list, { identity: 'psk-1' }))).toBe(
      Code.BadRequest,
    )
  })

  it('keeps names with colons and up to 255 bytes', () => {
    expect(register('ep=urn:imei:490154203237518&lt=60&lwm2m=1.1').endpoint).toBe('urn:imei:490154203237518')
    expect(register(`ep=${'é'.repeat(127)}a&lt=60&lwm2m=1.1`).endpoint).toHaveLength(128)
    expect(register('ep=a=b&lt=60&lwm2m=1.1').endpoint).toBe('a=b')
  })

  it.each([
    ['no endpoint', 'lt=60&lwm2m=1.1'],
    ['an empty endpoint', 'ep=&lt=60&lwm2m=1.1'],
    ['an endpoint without a value', 'ep&lt=60&lwm2m=1.1'],
    ['an endpoint of 256 bytes', `ep=${'é'.repeat(128)}&lt=60&lwm2m=1.1`],
    ['a NUL in the endpoint', 'ep=a\u0000b&lt=60&lwm2m=1.1'],
    ['two endpoints', 'ep=a&ep=b&lt=60&lwm2m=1.1'],
    ['no lifetime in 1.1', 'ep=a&lwm2m=1.1'],
    ['a negative lifetime', 'ep=a&lt=-1&lwm2m=1.1'],
    ['a lifetime in words', 'ep=a&lt=day&lwm2m=1.1'],
    ['a lifetime beyond 32 bits', 'ep=a&lt=4294967296&lwm2m=1.1'],
    ['a version that is none', 'ep=a&lt=60&lwm2m=one'],
    ['an empty version', 'ep=a&lt=60&lwm2m='],
    ['1.1 letters in 1.0', 'ep=a&lwm2m=1.0&b=UT'],
    ['1.2 letters in 1.1', 'ep=a&lt=60&lwm2m=1.1&b=UM'],
    ['Q among the letters in 1.1', 'ep=a&lt=60&lwm2m=1.1&b=UQ'],
    ['a letter twice', 'ep=a&lt=60&lwm2m=1.1&b=UU'],
    ['an empty binding', 'ep=a&lt=60&lwm2m=1.1&b='],
    ['a Q flag in 1.0', 'ep=a&lwm2m=1.0&Q'],
    ['a Q with a value', 'ep=a&lt=60&lwm2m=1.1&Q=1'],
    ['an empty number', 'ep=a&lt=60&lwm2m=1.1&sms='],
  ])('with %s is refused with 4.00', (_what, query) => {
    expect(codeOf(() => register(query))).toBe(Code.BadRequest)
  })

  it('of a version not spoken here is refused with 4.12', () => {
    for (const version of ['0.9', '1.3', '2.0', '2.0.0']) {
      expect(
        codeOf(() => register(`ep=a&lt=60&lwm2m=${version}`)),
        version,
      ).toBe(Code.PreconditionFailed)
    }
  })

  it('without an object list is refused', () => {
    expect(codeOf(() => register('ep=a&lwm2m=1.0', bytes('')))).toBe(Code.BadRequest)
    expect(codeOf(() => register('ep=a&lt=60&lwm2m=1.1', bytes('')))).toBe(Code.Conflict)
    expect(codeOf(() => register('ep=a&lt=60&lwm2m=1.1', bytes('</1/0')))).toBe(Code.BadRequest)
    expect(codeOf(() => register('ep=a&lt=60&lwm2m=1.1', Uint8Array.of(0xff)))).toBe(Code.BadRequest)
  })

  it('of random parameters is read or refused with a ProtocolError', () => {
    const name = fc.constantFrom('ep', 'lt', 'lwm2m', 'b', 'Q', 'sms', 'pid', 'x')
    const value = fc.oneof(
      fc.constantFrom('', '=', '=1.1', '=60', '=U', '=UQ', '=a'),
      fc.string().map((text) => `=${text}`),
    )
    fc.assert(
      fc.property(
        fc.array(fc.tuple(name, value).map(([a, b]) => a + b)),
        fc.string({ unit: 'grapheme' }),
        (query, text) => {
          for (const run of [
            () => parseRegister(query, bytes(text)),
            () => parseUpdate(query, bytes(text), '1.1'),
          ]) {
            const code = codeOf(run)
            if (code !== undefined) expect(typeof code).toBe('number')
          }
        },
      ),
      { numRuns: 1000 },
    )
  })

  it('built by a client is read by the server', () => {
    const registering: Registering = {
      endpoint: 'urn:dev:os:32473-1',
      lifetime: 300,
      version: '1.1',
      binding: 'UT',
      queueMode: true,
      objects: {
        instances: [{ objectId: 1, instanceId: 0 }, { objectId: 3424, instanceId: 0 }, { objectId: 5 }],
        versions: new Map([[3424, '1.1']]),
        contentFormats: [110, 112],
      },
    }
    const request: CoapRequest = registerRequest(registering)
    expect(request).toMatchObject({ code: Code.Post, uriPath: ['rd'], contentFormat: 40 })
    const read = parseRegister(request.uriQuery, request.payload)
    expect(read).toMatchObject({
      endpoint: 'urn:dev:os:32473-1',
      lifetime: 300,
      version: '1.1',
      binding: 'UT',
      queueMode: true,
    })
    expect(read.objectLinks.instances).toEqual(registering.objects.instances)
    expect([read.objectLinks.versions.get(3424), read.objectLinks.contentFormats]).toEqual([
      '1.1',
      [110, 112],
    ])
    expect(registerRequest({ ...registering, version: '1.0', binding: 'US' }).uriQuery).toContain('b=UQS')
  })

  it('is answered with a location', () => {
    const response = (code: number, more: Partial<CoapResponse> = {}): CoapResponse => ({
      code,
      payload: new Uint8Array(),
      ...more,
    })
    expect(registerResult(response(Code.Created, { locationPath: ['rd', '5a3f'] }))).toEqual(['rd', '5a3f'])
    expect(() => registerResult(response(Code.Created))).toThrow(ProtocolError)
    expect(() => registerResult(response(Code.Forbidden, { payload: bytes('not\u0007 known') }))).toThrow(
      new RefusedError(Code.Forbidden, 'Register was refused with 4.03: not  known'),
    )
    expect(() => updateResult(response(Code.NotFound))).toThrow(RefusedError)
    expect(() => updateResult(response(Code.Content))).toThrow(ProtocolError)
  })
})

describe('an Update', () => {
  it('says only what changed', () => {
    expect(parseUpdate(['lt=6000'], bytes(''))).toEqual({ lifetime: 6000 })
    expect(parseUpdate([], bytes(''))).toEqual({})
    expect(parseUpdate(['b=UQ'], bytes(''), '1.0')).toEqual({ binding: 'U', queueMode: true })
    expect(parseUpdate(['b=U', 'lwm2m=1.0.0'], bytes('</3/0>'), '1.1')).toMatchObject({
      binding: 'U',
      objectLinks: { instances: [{ objectId: 3, instanceId: 0 }] },
    })
  })

  it('with letters of another version is refused', () => {
    expect(codeOf(() => parseUpdate(['b=UT'], bytes(''), '1.0'))).toBe(Code.BadRequest)
    expect(codeOf(() => parseUpdate(['b=UM'], bytes(''), '1.1'))).toBe(Code.BadRequest)
  })

  it('built by a client is read by the server', () => {
    const request = updateRequest(['rd', '1'], {
      lifetime: 60,
      objects: { instances: [{ objectId: 3, instanceId: 0 }] },
    })
    expect(request).toMatchObject({
      code: Code.Post,
      uriPath: ['rd', '1'],
      uriQuery: ['lt=60'],
      contentFormat: 40,
    })
    expect(parseUpdate(request.uriQuery, request.payload).objectLinks!.instances).toEqual([
      { objectId: 3, instanceId: 0 },
    ])
    expect(updateRequest(['rd', '1'])).not.toHaveProperty('contentFormat')
    expect(deregisterRequest(['rd', '1'])).toMatchObject({ code: Code.Delete, uriPath: ['rd', '1'] })
  })
})

describe('an object list', () => {
  const read = (text: string): ReturnType<typeof parseObjectLinks> => parseObjectLinks(bytes(text))

  it('names instances, versions and content formats', () => {
    const links = read('</>;ct="110 112", </1>;ver=1.1,</1/0>,</1/1>,</3/0>,</44/0>;ver="2.2",</5>')
    expect(links.instances).toEqual([
      { objectId: 1, instanceId: 0 },
      { objectId: 1, instanceId: 1 },
      { objectId: 3, instanceId: 0 },
      { objectId: 44, instanceId: 0 },
      { objectId: 5 },
    ])
    expect([...links.versions]).toEqual([
      [1, '1.1'],
      [44, '2.2'],
    ])
    expect(links.contentFormats).toEqual([110, 112])
    expect(links).not.toHaveProperty('alternatePath')
    const isAnnounced = announcedIn(links)
    expect(isAnnounced(1, 1)).toBe(true)
    expect(isAnnounced(1, 2)).toBe(false)
    expect(isAnnounced(5, 3)).toBe(true)
  })

  it('may lie below an alternate path', () => {
    const links = read('</lwm2m>;rt="oma.lwm2m";ct=110,</lwm2m/1/0>,</lwm2m/5>,</other/3/0>,</3/0>')
    expect(links).toMatchObject({
      alternatePath: '/lwm2m',
      instances: [{ objectId: 1, instanceId: 0 }, { objectId: 5 }],
      contentFormats: [110],
    })
    expect(read('</>;rt="oma.lwm2m";ct=100;qs="x",</1/101>,</2/1>;empty').instances).toHaveLength(2)
    expect(codeOf(() => read('</3>;rt="oma.lwm2m",</3/1/0>'))).toBe(Code.BadRequest)
    expect(codeOf(() => read('</a//b>;rt="oma.lwm2m"'))).toBe(Code.BadRequest)
  })

  it('passes over what no server may see and what is no object', () => {
    expect(
      read('</0/0>,</21/0>,</23/0>,</24/0>,</3/0/>,</3/0>,</03/0>,</3/0/1>,</65535>,</well-known>,</99999>')
        .instances,
    ).toEqual([{ objectId: 3, instanceId: 0 }])
    expect([...read('</3>;ver=new,</3/0>').versions]).toEqual([])
    expect(read('</>;ct="x 110 110 99999",</3/0>').contentFormats).toEqual([110])
  })

  it('is written as it was read', () => {
    const text =
      '</lwm2m>;rt="oma.lwm2m";ct=112,</lwm2m/1/0>,</lwm2m/3424>;ver=1.1,</lwm2m/3424/0>,</lwm2m/5>'
    expect(formatObjectLinks(read(text))).toBe(text)
  })

  it('decides the definitions', () => {
    const links = read('</3/0>,</4>;ver=1.0,</4/0>,</3424/0>')
    expect([3, 4, 3424].map((id) => definitionsFor(links, '1.1')(id)!.version)).toEqual(['1.1', '1.0', '1.0'])
    expect(definitionsFor(links, '1.2')(3)!.version).toBe('1.2')
    expect(definitionsFor(links, '1.0')(45_000)).toBeUndefined()
  })
})
