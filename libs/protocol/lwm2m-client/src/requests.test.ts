import { Code } from '@fieldline/bytes'
import { noBytes } from '@fieldline/coap'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat, decode } from '@fieldline/codec'
import {
  discoverRequest,
  executeRequest,
  readRequest,
  writeAttributesRequest,
  writeRequest,
} from '@fieldline/lwm2m'
import { formatPath, parsePath } from '@fieldline/object-model'
import type { Node, ResourceValue } from '@fieldline/object-model'
import { beforeEach, describe, expect, test } from 'vitest'
import { Bench, definitions } from './bench.test-support.js'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

describe('device management', () => {
  const valueOf = (response: CoapResponse, path: string): Node[] =>
    decode(response.contentFormat!, response.payload, {
      base: parsePath(path),
      definitions,
      now: bench.clock.now(),
    })

  test('a Read is answered in the first format, and in the one asked for', async () => {
    await bench.started()
    const plain = await bench.ask(readRequest(parsePath('/3424/0')))
    expect(plain.contentFormat).toBe(ContentFormat.Tlv)
    expect(valueOf(plain, '/3424/0').map(({ value }) => value)).toEqual([12.5, 'jet'])
    for (const accept of [ContentFormat.SenmlJson, ContentFormat.SenmlCbor, ContentFormat.Text]) {
      const response = await bench.ask(readRequest(parsePath('/3424/0/1'), { accept }))
      expect(response.contentFormat).toBe(accept)
      expect(valueOf(response, '/3424/0/1')[0].value).toBe(12.5)
    }
  })

  test.each([
    ['a format it does not speak', '/3424/0/1', ContentFormat.LwM2mJson],
    ['text for a whole instance', '/3424/0', ContentFormat.Text],
  ])('%s is answered 4.06', async (_name, path, accept) => {
    await bench.started()
    expect((await bench.ask(readRequest(parsePath(path), { accept }))).code).toBe(Code.NotAcceptable)
  })

  test('a multiple resource reads as its instances', async () => {
    await bench.started()
    const nodes = valueOf(await bench.ask(readRequest(parsePath('/3/0/6'))), '/3/0/6')
    expect(nodes.map(({ path, value }) => [formatPath(path), value])).toEqual([
      ['/3/0/6/0', 1],
      ['/3/0/6/1', 5],
    ])
  })

  const write = (path: string, value: ResourceValue, type: Node['type'], format: number): CoapRequest =>
    writeRequest(parsePath(path), [{ path: parsePath(path), type, value }], format, {
      mode: 'replace',
      definitions,
    })

  test('a Write changes the value', async () => {
    await bench.started()
    expect((await bench.ask(write('/1/0/2', 300, 'integer', ContentFormat.Text))).code).toBe(Code.Changed)
    expect(bench.settings.period).toBe(300)
  })

  test.each([
    [
      'of a resource that is only read',
      write('/3424/0/1', 1, 'float', ContentFormat.Tlv),
      Code.MethodNotAllowed,
    ],
    ['of nothing', write('/1/7/2', 1, 'integer', ContentFormat.Tlv), Code.NotFound],
    [
      'in another format',
      write('/1/0/2', 1, 'integer', ContentFormat.LwM2mJson),
      Code.UnsupportedContentFormat,
    ],
    ['of a word for a number', write('/1/0/2', 'soon', 'string', ContentFormat.Text), Code.BadRequest],
    ['of keys', write('/0/0/3', 'key', 'string', ContentFormat.Text), Code.Unauthorized],
  ])('a Write %s is refused', async (_name, request, code) => {
    await bench.started()
    expect((await bench.ask(request)).code).toBe(code)
    expect(bench.settings.period).toBe(0)
  })

  test('a Write of an instance is all or nothing', async () => {
    await bench.started()
    const nodes: Node[] = [
      { path: parsePath('/1/0/2'), type: 'integer', value: 60 },
      { path: parsePath('/1/0/0'), type: 'integer', value: 5 },
    ]
    const request = writeRequest(parsePath('/1/0'), nodes, ContentFormat.Tlv, {
      mode: 'partial',
      definitions,
    })
    expect((await bench.ask(request)).code).toBe(Code.MethodNotAllowed)
    expect(bench.settings.period).toBe(0)
  })

  test('an Execute runs once, however often its datagram arrives', async () => {
    bench = new Bench(1)
    await bench.started()
    expect((await bench.ask(executeRequest(parsePath('/3/0/4')))).code).toBe(Code.Changed)
    expect(bench.settings.rebooted).toBe(1)
  })

  test('an Execute of what is not executed is answered 4.05', async () => {
    await bench.started()
    expect((await bench.ask(executeRequest(parsePath('/3424/0/1')))).code).toBe(Code.MethodNotAllowed)
  })

  test('a Discover shows resources, dimensions and attributes', async () => {
    await bench.started()
    await bench.ask(writeAttributesRequest(parsePath('/3424/0/1'), { pmin: 10, pmax: 60 }))
    const links = new TextDecoder().decode((await bench.ask(discoverRequest(parsePath('/3424/0')))).payload)
    expect(links).toBe('</3424/0>,</3424/0/1>;pmin=10;pmax=60,</3424/0/3>')
    const device = new TextDecoder().decode((await bench.ask(discoverRequest(parsePath('/3')))).payload)
    expect(device).toContain('</3/0/6>;dim=2')
  })

  test.each([['/x'], ['/3/0/9'], ['/3/0/4/0/0'], ['/70000']])('%s is answered 4.04', async (path) => {
    await bench.started()
    const uriPath = path.slice(1).split('/')
    const response = await bench.ask({ code: Code.Get, uriPath, uriQuery: [], payload: noBytes })
    expect(response.code).toBe(Code.NotFound)
  })
})
