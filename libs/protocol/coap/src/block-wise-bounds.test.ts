import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapOption, CoapRequest } from './message.js'
import {
  blockOption,
  createWire,
  meter,
  option,
  otherMeter,
  sampleBody,
  valueOf,
} from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const block1 = 27
const block2 = 23
const etag = 4
const requestTag = 292
const changed = { code: Code.Changed, payload: noBytes }

describe('bodies being assembled', () => {
  let nextId = 0
  const send = (
    wire: Wire,
    path: string,
    num: number,
    more: boolean,
    from = meter,
    options: CoapOption[] = [],
  ) => {
    const all = [option(11, path), blockOption(block1, num, more, 0), ...options]
    wire.receive(
      { code: Code.Put, messageId: nextId++, options: all, payload: new Uint8Array(16).fill(num) },
      from,
    )
    return wire.take().code
  }

  it('of one peer push out the oldest of that peer, not those of another', () => {
    const wire = createWire({ limits: { maxAssembliesPerPeer: 2 } })
    wire.endpoint.serve(() => changed)
    send(wire, 'other', 0, true, otherMeter)
    for (const path of ['a', 'b', 'c']) expect(send(wire, path, 0, true)).toBe(Code.Continue)
    expect(wire.endpoint.counters.assembliesDropped).toBe(1)
    expect(send(wire, 'a', 1, false)).toBe(Code.RequestEntityIncomplete)
    expect(send(wire, 'b', 1, false)).toBe(Code.Changed)
    expect(send(wire, 'c', 1, false)).toBe(Code.Changed)
    expect(send(wire, 'other', 1, false, otherMeter)).toBe(Code.Changed)
  })

  it('are let go of in time, also when no other block ever comes', () => {
    const wire = createWire()
    send(wire, 'a', 0, true)
    wire.clock.advance(100_000)
    send(wire, 'b', 0, true)
    wire.clock.advance(147_200)
    expect(wire.endpoint.counters.assembliesDropped).toBe(1)
    wire.clock.advance(100_200)
    expect(wire.endpoint.counters.assembliesDropped).toBe(2)
  })

  it('with any number of Request-Tags are one only if all are the same (RFC 9175 §3.3)', () => {
    const wire = createWire()
    wire.endpoint.serve(() => changed)
    const [one, two] = [option(requestTag, [1]), option(requestTag, [2])]
    expect(send(wire, 'a', 0, true, meter, [one, two])).toBe(Code.Continue)
    expect(send(wire, 'a', 0, true, meter, [one])).toBe(Code.Continue)
    expect(send(wire, 'a', 1, false, meter, [option(requestTag)])).toBe(Code.RequestEntityIncomplete)
    expect(send(wire, 'a', 1, false, meter, [one])).toBe(Code.Changed)
    expect(send(wire, 'a', 1, false, meter, [one, two])).toBe(Code.Changed)
  })

  it('may each be the payload of a FETCH or an iPATCH', () => {
    const wire = createWire()
    const seen: [number, number][] = []
    wire.endpoint.serve(({ code, payload }) => (seen.push([code, payload.length]), changed))
    for (const code of [Code.Fetch, Code.Patch, Code.IPatch]) {
      for (const num of [0, 1]) {
        const options = [option(11, 'x'), blockOption(block1, num, num === 0, 0)]
        wire.receive({ code, messageId: nextId++, options, payload: new Uint8Array(16) })
      }
    }
    expect(seen).toEqual([Code.Fetch, Code.Patch, Code.IPatch].map((code) => [code, 32]))
  })
})

describe('long answers to one peer', () => {
  it('to two FETCHes of one path are kept apart by what was asked for (RFC 8132 §2.1)', () => {
    const wire = createWire()
    const bodyOf = (asked: number) => sampleBody(40).map((byte) => byte ^ asked)
    let calls = 0
    wire.endpoint.serve(({ payload }) => (calls++, { code: Code.Content, payload: bodyOf(payload[0]) }))
    const parts = new Map<number, number[]>()
    for (let num = 0; num < 3; num++) {
      for (const asked of [1, 2]) {
        const options = [option(11, 'x'), option(17, [60]), blockOption(block2, num, false, 0)]
        wire.receive({ code: Code.Fetch, messageId: num * 2 + asked, options, payload: Uint8Array.of(asked) })
        parts.set(asked, [...(parts.get(asked) ?? []), ...wire.take().payload])
      }
    }
    expect(calls).toBe(2)
    for (const asked of [1, 2]) expect(parts.get(asked)).toEqual([...bodyOf(asked)])
  })

  it('are forgotten when a long notification tells it something newer (RFC 7959 §2.6)', () => {
    const wire = createWire({ limits: { blockSize: 16 } })
    let body = sampleBody(40)
    wire.endpoint.serve(() => ({ code: Code.Content, payload: body, observe: 1 }))
    const get = (messageId: number, num: number) => {
      wire.receive({
        messageId,
        token: Uint8Array.of(messageId),
        options: [blockOption(block2, num, false, 0)],
      })
      return wire.take()
    }
    get(1, 0)
    body = body.map((byte) => byte ^ 0xff)
    void wire.endpoint.notify(meter, {
      code: Code.Content,
      payload: body,
      observe: 2,
      token: Uint8Array.of(1),
    })
    const notification = wire.take()
    const [second, third] = [get(2, 1), get(3, 2)]
    expect(valueOf(second, etag)).toEqual(valueOf(notification, etag))
    expect([...notification.payload, ...second.payload, ...third.payload]).toEqual([...body])
  })
})

describe('a body that was given up', () => {
  const write: CoapRequest = { code: Code.Put, uriPath: ['5'], uriQuery: [], payload: sampleBody(2000) }

  it('has a Request-Tag keep its blocks out of the next one (RFC 9175 §3.5.1)', async () => {
    const wire = createWire()
    wire.endpoint.request(meter, write).catch(() => undefined)
    expect(valueOf(wire.take(), requestTag)).toBeUndefined()
    wire.clock.advance(94_000)
    await wire.settle()
    wire.sent.length = 0
    wire.endpoint.request(meter, write).catch(() => undefined)
    const first = wire.take()
    expect(valueOf(first, requestTag)).toEqual([1])
    const accepted = { code: Code.Continue, options: [blockOption(block1, 0, true, 6)], payload: noBytes }
    wire.receive({ ...first, ...accepted, type: Type.Acknowledgement })
    expect(valueOf(wire.take(), requestTag)).toEqual([1])
    wire.endpoint.request(otherMeter, write).catch(() => undefined)
    expect(valueOf(wire.take(), requestTag)).toBeUndefined()
  })
})
