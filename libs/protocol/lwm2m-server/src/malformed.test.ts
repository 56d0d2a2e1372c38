import { Code } from '@fieldline/bytes'
import { noBytes } from '@fieldline/coap'
import type { CoapResponse } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { describe, expect, it } from 'vitest'
import { createBench } from './bench.test-support.js'
import type { Bench } from './bench.test-support.js'

const server = peerOf('127.0.0.1', 5683)
const malformed = ({ server }: Bench): Record<string, number> => {
  const { malformedRegisters, malformedUpdates, malformedSends, undecodable } = server.counters()
  return { malformedRegisters, malformedUpdates, malformedSends, undecodable }
}
const none = { malformedRegisters: 0, malformedUpdates: 0, malformedSends: 0, undecodable: 0 }
const tlv = (...bytes: number[]): CoapResponse => ({
  code: Code.Content,
  contentFormat: 11542,
  payload: Uint8Array.from(bytes),
})

describe('what cannot be read is refused and counted:', () => {
  it.each([
    ['no endpoint', ['lt=60', 'lwm2m=1.1', 'b=U'], '</3/0>', Code.BadRequest],
    ['a lifetime in words', ['ep=bad', 'lt=soon', 'lwm2m=1.1', 'b=U'], '</3/0>', Code.BadRequest],
    ['a broken object list', ['ep=bad', 'lt=60', 'lwm2m=1.1', 'b=U'], '</3/0', Code.BadRequest],
    ['a version not spoken here', ['ep=bad', 'lt=60', 'lwm2m=3.0', 'b=U'], '</3/0>', Code.PreconditionFailed],
  ])('a Register with %s', async (_what, query, links, code) => {
    const bench = await createBench()
    const answer = await bench.device(40001).request(Code.Post, '/rd', query, links, 40)
    expect(answer.code).toBe(code)
    expect(malformed(bench)).toEqual({ ...none, malformedRegisters: 1 })
    expect(bench.server.counters()).toMatchObject({ registers: 0, refused: 0 })
  })

  it.each([
    ['a lifetime in words', ['lt=soon'], ''],
    ['a binding of another version', ['b=UM'], ''],
    ['a broken object list', [], '</3/0'],
  ])('an Update with %s', async (_what, query, links) => {
    const bench = await createBench()
    const device = bench.device(40001)
    const location = await device.register('meter-1')
    const answer = await device.request(Code.Post, `/${location}`, query, links, 40)
    expect(answer.code).toBe(Code.BadRequest)
    expect(malformed(bench)).toEqual({ ...none, malformedUpdates: 1 })
    expect(bench.server.counters()).toMatchObject({ updates: 0 })
  })

  it.each([
    ['JSON that ends too soon', '[{', 110, Code.BadRequest],
    ['CBOR that is cut off', '\u0002', 112, Code.BadRequest],
    ['a format that no Send has', 'x', 65_000, Code.UnsupportedContentFormat],
  ])('a Send of %s', async (_what, body, format, code) => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.register('meter-1')
    const answer = await device.request(Code.Post, '/dp', [], body, format)
    expect(answer.code).toBe(code)
    expect(malformed(bench)).toEqual({ ...none, malformedSends: 1 })
    expect(bench.server.counters()).toMatchObject({ sends: 0 })
  })

  it('an answer to a Read, which is an answer all the same', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => tlv(0xc8, 9, 40, 1))
    await device.register('meter-1')
    bench.queue('device-1', { path: { objectId: 3, instanceId: 0, resourceId: 9 } })
    await bench.pass(100)
    expect(bench.operations[0]?.outcome).toMatchObject({
      type: 'answered',
      code: '4.15',
      detail: expect.stringContaining('unreadable answer'),
    })
    expect(malformed(bench)).toEqual({ ...none, undecodable: 1 })
  })

  it('an answer to a Discover', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => ({
      code: Code.Content,
      contentFormat: 40,
      payload: new TextEncoder().encode('</3/0'),
    }))
    await device.register('meter-1')
    bench.queue('device-1', { kind: 'discover', path: { objectId: 3 } })
    await bench.pass(100)
    expect(bench.operations[0]?.outcome).toMatchObject({ type: 'answered', code: '4.15' })
    expect(malformed(bench)).toEqual({ ...none, undecodable: 1 })
  })

  it('a notification, which is acknowledged', async () => {
    const path = { objectId: 3, instanceId: 0, resourceId: 9 }
    const bench = await createBench({ reads: [], observations: [{ path }] })
    const device = bench.device(40001, () => ({ ...tlv(0xc1, 9, 64), observe: 1 }))
    await device.register('meter-1')
    await bench.pass(100)
    const token = device.tokens.get('/3/0/9') ?? noBytes
    void device.endpoint.notify(server, { ...tlv(0xc8, 9, 40, 1), token, observe: 2 })
    await bench.pass(100)
    expect(malformed(bench)).toEqual({ ...none, undecodable: 1 })
    expect(bench.reports).toHaveLength(1)
  })

  it('and what can be read is not counted, also where it is refused', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => ({ code: Code.NotFound, payload: noBytes }))
    const location = await device.register('meter-1')
    await device.request(Code.Post, `/${location}`, ['lt=90'])
    await device.request(Code.Post, '/dp', [], '[{"n":"/3/0/9","v":80}]', 110)
    bench.queue('device-1', {})
    await bench.pass(100)
    bench.admit = false
    await device.register('stranger')
    expect(malformed(bench)).toEqual(none)
    expect(bench.server.counters()).toMatchObject({ registers: 1, updates: 1, sends: 1, refused: 1 })
  })
})
