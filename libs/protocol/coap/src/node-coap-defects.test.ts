import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapMessage, CoapRequest, CoapResponse } from './message.js'
import type { RequestError } from './errors.js'
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

/**
 * What node-coap 1.5.0 gets wrong, done to our endpoint. The first two datagrams end a process that uses it.
 */
const push: CoapRequest = {
  code: Code.Put,
  uriPath: ['5', '0', '0'],
  uriQuery: [],
  payload: sampleBody(4096),
}
const read: CoapRequest = { code: Code.Get, uriPath: ['3', '0'], uriQuery: [], payload: noBytes }

function ask(
  wire: Wire,
  request: CoapRequest,
  peer = meter,
): { response?: CoapResponse; error?: RequestError } {
  const outcome: { response?: CoapResponse; error?: RequestError } = {}
  void wire.endpoint.request(peer, request).then(
    (response) => (outcome.response = response),
    (error: unknown) => (outcome.error = error as RequestError),
  )
  return outcome
}
const answer = (asked: CoapMessage, fields: Partial<CoapMessage>): Partial<CoapMessage> => ({
  type: Type.Acknowledgement,
  code: Code.Changed,
  messageId: asked.messageId,
  token: asked.token,
  options: [],
  ...fields,
})

describe('what ends or misleads node-coap', () => {
  it('1: an empty Block1 option in an answer is block 0 of 16 bytes, and the body goes on in such blocks', async () => {
    const wire = createWire()
    const outcome = ask(wire, push)
    wire.receive(answer(wire.take(), { options: [option(27)] }))
    const next = wire.take()
    expect(valueOf(next, 27)).toEqual([0x04, 0x08])
    // The same once more is an answer to the wrong block.
    wire.receive(answer(next, { options: [option(27)] }))
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'bad-response', acknowledged: true })
  })

  it('2: answers to the wrong block end the request at the first', async () => {
    const wire = createWire()
    const outcome = ask(wire, push)
    const asked = wire.take()
    for (let i = 0; i < 7; i++) {
      wire.receive(answer(asked, { code: Code.Continue, options: [blockOption(27, 9, true, 6)] }))
    }
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'bad-response' })
    expect(wire.sent).toHaveLength(0)
  })

  it('3: a notification, acknowledgement or reset of one peer does not touch the request to another', async () => {
    const wire = createWire()
    const seen: number[] = []
    wire.endpoint.onNotification(({ payload }) => (seen.push(payload[0]), 'ack'))
    const outcome = ask(wire, read)
    const { messageId } = wire.take()
    const observed = { code: Code.Content, messageId, token: Uint8Array.of(9), payload: Uint8Array.of(42) }
    wire.receive(observed, otherMeter)
    wire.receive({ type: Type.Reset, code: 0, messageId }, otherMeter)
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId }, otherMeter)
    await wire.settle()
    expect(seen).toEqual([42])
    expect(outcome).toEqual({})
    wire.clock.advance(3_100)
    expect(wire.sent.map(({ peer }) => peer.id)).toEqual([otherMeter.id, meter.id])
  })

  it('4: twenty thousand exchanges stay within the bytes they are given', () => {
    const wire = createWire({ limits: { maxExchanges: 4096 } })
    wire.endpoint.serve(() => ({ code: Code.Changed, payload: noBytes }))
    for (let i = 0; i < 20_000; i++) {
      wire.receive({ code: Code.Post, messageId: i & 0xffff, options: [option(11, 'rd')] })
      wire.sent.length = 0
    }
    expect(wire.endpoint.counters.exchangesEvicted).toBeGreaterThan(15_000)
  })

  it('5: a duplicate never runs the handler again: before the answer, after it, after a separate one', async () => {
    const wire = createWire()
    let calls = 0
    let finish: (response: CoapResponse) => void = () => undefined
    wire.endpoint.serve((request) => {
      calls++
      if (request.uriPath[0] === 'slow') request.acknowledge()
      return new Promise((resolve) => (finish = resolve))
    })
    for (const path of ['rd', 'slow']) {
      const register = { code: Code.Post, messageId: path.length, options: [option(11, path)] }
      wire.receive(register)
      wire.receive(register)
      finish({ code: Code.Created, payload: noBytes })
      await wire.settle()
      wire.receive(register)
    }
    await wire.settle()
    expect(calls).toBe(2)
  })

  it('6: a ping is answered by a reset, an unknown critical option by 4.02', () => {
    const wire = createWire()
    wire.receive({ code: 0, messageId: 5 })
    expect(wire.take()).toMatchObject({ type: Type.Reset, code: 0, messageId: 5 })
    wire.receive({ messageId: 6, options: [option(65_001, [1])] })
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: Code.BadOption, messageId: 6 })
  })

  it('7: what goes wrong is told to the peer that asked', () => {
    const wire = createWire()
    wire.endpoint.serve(() => {
      throw new Error('broken')
    })
    wire.receive({ messageId: 5 }, otherMeter)
    expect(wire.sent[0]).toMatchObject({ peer: otherMeter, message: { code: Code.InternalServerError } })
  })

  it('8: a body comes together under a new token for each block, and a token that never ends holds no memory', () => {
    const wire = createWire({ limits: { maxBody: 4096 } })
    const bodies: Uint8Array[] = []
    wire.endpoint.serve(({ payload }) => (bodies.push(payload), { code: Code.Changed, payload: noBytes }))
    const body = sampleBody(2048 + 5)
    for (let num = 0; num < 3; num++) {
      wire.receive({
        code: Code.Put,
        messageId: num,
        token: Uint8Array.of(0x70 + num),
        options: [blockOption(27, num, num < 2, 6)],
        payload: body.subarray(num * 1024, num * 1024 + 1024),
      })
    }
    expect(bodies).toEqual([body])
    wire.sent.length = 0
    for (let num = 0; num < 20_000; num++) {
      const options = [blockOption(27, num & 0xfff, true, 6)]
      wire.receive({
        code: Code.Put,
        messageId: num,
        token: Uint8Array.of(1),
        options,
        payload: new Uint8Array(1024),
      })
    }
    const codes = new Set(wire.sent.map(({ message }) => message.code))
    expect(codes.has(Code.RequestEntityTooLarge)).toBe(true)
    expect(bodies).toHaveLength(1)
  })

  it('9: a duplicate acknowledgement sends the next block once; an error stops the push at once', async () => {
    const wire = createWire()
    const outcome = ask(wire, push)
    const first = wire.take()
    const accepted = answer(first, { code: Code.Continue, options: [blockOption(27, 0, true, 6)] })
    wire.receive(accepted)
    wire.receive(accepted)
    expect(wire.sent).toHaveLength(1)
    const second = wire.take()
    expect(valueOf(second, 27)).toEqual([0x1e])
    wire.receive(answer(second, { code: Code.Forbidden }))
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Forbidden)
    expect(wire.sent).toHaveLength(0)
  })

  it('10: Message IDs are counted for each peer, so that any number of peers can be asked at once', () => {
    const wire = createWire({ limits: { maxPeers: 100_000 } })
    const inUse = new Set<string>()
    for (let i = 0; i < 70_000; i++) {
      ask(wire, read, { id: `p${i}`, address: '192.0.2.9', port: 1 + (i & 0x7fff) })
      const { message, peer } = wire.sent.pop()!
      inUse.add(`${peer.id} ${message.messageId}`)
    }
    expect(inUse.size).toBe(70_000)
    void wire.endpoint.close()
  })

  it('11: one request at a time to a peer; failure is known after MAX_TRANSMIT_WAIT', async () => {
    const wire = createWire()
    const outcomes = [ask(wire, read), ask(wire, read)]
    expect(wire.sent).toHaveLength(1)
    wire.clock.advance(93_100)
    await wire.settle()
    expect(outcomes[0].error).toMatchObject({ reason: 'timeout', sent: true, acknowledged: false })
    expect(new Set(wire.sent.map(({ message }) => message.messageId)).size).toBe(2)
  })

  it("12: an error notification ends the observation, which the caller hears of; tokens are the caller's", () => {
    const wire = createWire()
    const seen: number[] = []
    wire.endpoint.onNotification(({ code }) => (seen.push(code), 'ack'))
    wire.receive({ code: Code.NotFound, messageId: 5, token: Uint8Array.of(1, 2) })
    expect(seen).toEqual([Code.NotFound])
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: 0 })
  })
})
