import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { IncomingRequest } from './port.js'
import { createWire, meter, option } from './wire.test-support.js'

const changed = { code: Code.Changed, payload: noBytes }

describe('conditional requests (RFC 7252 §5.10.8)', () => {
  it('reach a handler that evaluates them', () => {
    const wire = createWire()
    const seen: IncomingRequest[] = []
    wire.endpoint.serve((request) => (seen.push(request), changed), { conditional: true })
    wire.receive({ code: Code.Put, messageId: 1, options: [option(1, [1, 2]), option(1), option(4, [3])] })
    wire.receive({ code: Code.Put, messageId: 2, options: [option(5)] })
    wire.receive({ code: Code.Put, messageId: 3 })
    expect(
      seen.map(({ ifMatch, ifNoneMatch, etags }) => [
        ifMatch?.map((tag) => [...tag]),
        ifNoneMatch,
        etags?.length,
      ]),
    ).toEqual([
      [[[1, 2], []], false, 1],
      [undefined, true, undefined],
      [undefined, false, undefined],
    ])
  })

  it('are answered 4.02 where nobody evaluates them, or where they are malformed', () => {
    for (const [conditional, options] of [
      [false, [option(1, [1])]],
      [false, [option(5)]],
      [true, [option(1, new Array<number>(9).fill(1))]],
      [true, [option(5, [1])]],
      [true, [option(5), option(5)]],
    ] as const) {
      const wire = createWire()
      wire.endpoint.serve(() => changed, { conditional })
      wire.receive({ code: Code.Put, options: [...options] })
      expect(wire.take().code).toBe(Code.BadOption)
    }
  })

  it('are sent', () => {
    const wire = createWire()
    const fields = {
      ifMatch: [Uint8Array.of(1)],
      ifNoneMatch: true,
      etags: [Uint8Array.of(2), Uint8Array.of(3)],
    }
    const request = { code: Code.Put, uriPath: ['x'], uriQuery: [], payload: noBytes, ...fields }
    wire.endpoint.request(meter, request).catch(() => undefined)
    expect(wire.take().options).toEqual([
      option(1, [1]),
      option(4, [2]),
      option(4, [3]),
      option(5),
      option(11, 'x'),
    ])
  })
})

describe('options of a request', () => {
  it('that name the host and port are passed over once, and refused when repeated or impossible', () => {
    const refused = [
      [option(3, 'a'), option(3, 'b')],
      [option(3)],
      [option(7, [1]), option(7, [1])],
      [option(7, [1, 2, 3])],
    ]
    const wire = createWire()
    wire.endpoint.serve(() => changed)
    wire.receive({ messageId: 1, options: [option(3, 'meter.example'), option(7, [22, 51])] })
    expect(wire.take().code).toBe(Code.Changed)
    refused.forEach((options, i) => {
      wire.receive({ messageId: 2 + i, options })
      expect(wire.take().code).toBe(Code.BadOption)
    })
  })

  it('carry Location-Query and Max-Age of the answer', async () => {
    const wire = createWire()
    const request = { code: Code.Post, uriPath: ['x'], uriQuery: [], payload: noBytes }
    const response = wire.endpoint.request(meter, request)
    const options = [option(8, 'a'), option(14, [60]), option(20, 'b=1'), option(20, 'c')]
    wire.receive({ ...wire.take(), type: Type.Acknowledgement, code: Code.Created, options })
    expect(await response).toMatchObject({ locationPath: ['a'], locationQuery: ['b=1', 'c'], maxAge: 60 })
    wire.endpoint.serve(() => ({ ...changed, locationQuery: ['b'], maxAge: 0 }))
    wire.receive({ messageId: 9 })
    expect(wire.take().options).toEqual([option(14), option(20, 'b')])
  })
})

describe('a request', () => {
  it('with a method that does not exist is answered 4.05 (RFC 7252 §5.8)', () => {
    const wire = createWire()
    wire.endpoint.serve(() => changed)
    for (const code of [8, 31]) {
      wire.receive({ code, messageId: code })
      expect(wire.take().code).toBe(Code.MethodNotAllowed)
    }
    wire.receive({ code: Code.IPatch, messageId: 40 })
    expect(wire.take().code).toBe(Code.Changed)
  })

  it('has its extended token echoed up to the limit, and is answered 4.00 with it beyond (RFC 8974 §2.2.2)', () => {
    const wire = createWire({ limits: { maxTokenBytes: 300 } })
    let calls = 0
    wire.endpoint.serve(() => (calls++, changed))
    for (const [length, code] of [
      [9, Code.Changed],
      [13, Code.Changed],
      [269, Code.Changed],
      [300, Code.Changed],
      [301, Code.BadRequest],
    ]) {
      const token = new Uint8Array(length).map((_, i) => i)
      wire.receive({ messageId: length, token })
      expect(wire.take()).toMatchObject({ code, token })
    }
    expect(calls).toBe(4)
  })

  it('may be sent with an extended token, to which its response belongs', async () => {
    const wire = createWire()
    const token = new Uint8Array(40).fill(7)
    const request = { code: Code.Get, uriPath: [], uriQuery: [], payload: noBytes }
    const response = wire.endpoint.request(meter, request, { token })
    const { messageId } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId })
    wire.receive({ code: Code.Content, messageId: 5, token: token.slice(1) })
    wire.receive({ code: Code.Content, messageId: 6, token, payload: Uint8Array.of(1) })
    expect((await response).payload).toEqual(Uint8Array.of(1))
  })

  it('to a group is refused before it leaves (RFC 7252 §8.1)', async () => {
    const wire = createWire()
    const request = { code: Code.Get, uriPath: [], uriQuery: [], payload: noBytes }
    for (const address of [
      '224.0.1.187',
      '239.255.255.255',
      '255.255.255.255',
      'ff02::fd',
      'FF05::fd%eth0',
    ]) {
      await expect(wire.endpoint.request({ id: address, address, port: 5683 }, request)).rejects.toThrow(
        'group',
      )
    }
    for (const address of ['223.1.1.1', '2.2.2.2', '22.1.1.1', '10.0.0.1', 'fe80::1', 'fd00::ff02:1']) {
      wire.endpoint.request({ id: address, address, port: 5683 }, request).catch(() => undefined)
    }
    expect(wire.sent).toHaveLength(6)
  })

  it('acknowledged early leaves no more separate responses to a silent peer than may wait for it', () => {
    const wire = createWire({ limits: { maxQueue: 4 } })
    wire.endpoint.serve((request) => (request.acknowledge(), changed))
    for (let i = 0; i < 10; i++) wire.receive({ messageId: i, token: Uint8Array.of(i) })
    expect(wire.sent.filter(({ message }) => message.type === Type.Confirmable)).toHaveLength(4)
    expect(wire.endpoint.counters.droppedOverload).toBe(6)
  })
})
