import { Code, ProtocolError } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { NoAnswer } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapResponse } from './message.js'
import type { IncomingRequest } from './port.js'
import { createWire, meter, option, otherMeter } from './wire.test-support.js'

const changed: CoapResponse = { code: Code.Changed, payload: noBytes }
const update = { code: Code.Post, messageId: 9, token: Uint8Array.of(1, 2), options: [option(11, 'rd')] }
const text = (payload: Uint8Array) => new TextDecoder().decode(payload)

/** A handler whose answers the test gives when it likes. */
function heldHandler() {
  const calls: {
    request: IncomingRequest
    answer: (response: CoapResponse) => void
    fail: (e: Error) => void
  }[] = []
  const handler = (request: IncomingRequest) =>
    new Promise<CoapResponse>((answer, fail) => calls.push({ request, answer, fail }))
  return { calls, handler }
}

describe('a request that arrives', () => {
  it('reaches the handler with its fields and is answered in the acknowledgement', () => {
    const wire = createWire()
    let seen: IncomingRequest | undefined
    wire.endpoint.serve((request) => {
      seen = request
      return { code: Code.Created, locationPath: ['rd', 'x1'], payload: noBytes }
    })
    wire.receive({
      ...update,
      options: [
        option(3, 'host'),
        option(11, 'rd'),
        option(12, [40]),
        option(15, 'ep=a b'),
        option(15, 'lt=60'),
      ],
      payload: Uint8Array.of(7),
    })
    expect(seen).toMatchObject({
      code: Code.Post,
      uriPath: ['rd'],
      uriQuery: ['ep=a b', 'lt=60'],
      contentFormat: 40,
      confirmable: true,
      payload: Uint8Array.of(7),
    })
    expect(wire.take()).toMatchObject({
      type: Type.Acknowledgement,
      code: Code.Created,
      messageId: 9,
      token: Uint8Array.of(1, 2),
      options: [option(8, 'rd'), option(8, 'x1')],
    })
  })

  it('is not acknowledged before the handler has answered, however long it takes', async () => {
    const wire = createWire()
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    wire.clock.advance(60_000)
    await wire.settle()
    expect(wire.sent).toHaveLength(0)
    calls[0].answer(changed)
    await wire.settle()
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: Code.Changed, messageId: 9 })
  })

  it('runs the handler once: duplicates are swallowed while it works and answered alike afterwards', async () => {
    const wire = createWire()
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    wire.receive(update)
    expect(wire.sent).toHaveLength(0)
    calls[0].answer({ ...changed, payload: new Uint8Array(500) })
    await wire.settle()
    const first = wire.take()
    wire.receive(update)
    expect(wire.take()).toEqual(first)
    expect(calls).toHaveLength(1)
    expect(wire.endpoint.counters).toMatchObject({ duplicates: 2, repeatedAnswers: 1, requests: 1 })
  })

  it('is new with the same Message ID from another peer, and after EXCHANGE_LIFETIME', () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.serve(() => {
      calls++
      return changed
    })
    wire.receive(update)
    wire.receive(update, otherMeter)
    expect(calls).toBe(2)
    wire.clock.advance(246_000)
    wire.receive(update)
    expect(calls).toBe(2)
    wire.clock.advance(1_100)
    wire.receive(update)
    expect(calls).toBe(3)
  })

  it('is new with the same Message ID and other bytes: a meter that forgets in its sleep counts from the beginning each time', () => {
    const wire = createWire()
    const reports: number[] = []
    wire.endpoint.serve(({ payload }) => (reports.push(payload[0]), changed))
    const report = (value: number) => wire.receive({ ...update, payload: Uint8Array.of(value) })
    report(1)
    const first = wire.take()
    report(2)
    expect(wire.take()).toMatchObject({ code: Code.Changed, messageId: first.messageId })
    report(1)
    expect(wire.take()).toEqual(first)
    expect(reports).toEqual([1, 2])
  })

  it('gets no answer from NoAnswer, and its retransmission is processed anew', async () => {
    const wire = createWire()
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    calls[0].fail(new NoAnswer())
    await wire.settle()
    expect(wire.sent).toHaveLength(0)
    wire.receive(update)
    calls[1].answer(changed)
    await wire.settle()
    expect(wire.take().code).toBe(Code.Changed)
    expect(wire.endpoint.counters).toMatchObject({ withheld: 1, duplicates: 0 })
  })

  it('is answered with the code of a ProtocolError and a diagnostic, thrown now or later', async () => {
    const wire = createWire()
    wire.endpoint.serve((request) => {
      const error = new ProtocolError(Code.Forbidden, 'not known here')
      if (request.uriPath[0] === 'now') throw error
      return Promise.reject(error)
    })
    for (const [i, path] of ['now', 'later'].entries()) {
      wire.receive({ ...update, messageId: i, options: [option(11, path)] })
      await wire.settle()
      const answer = wire.take()
      expect(answer.code).toBe(Code.Forbidden)
      expect(text(answer.payload)).toBe('not known here')
    }
    expect(wire.endpoint.counters.handlerErrors).toBe(0)
  })

  it('is answered 5.00 for any other failure, without telling what it was', async () => {
    const wire = createWire()
    wire.endpoint.serve(() => Promise.reject(new Error('password is hunter2')))
    wire.receive(update)
    await wire.settle()
    expect(wire.take()).toMatchObject({ code: Code.InternalServerError, payload: noBytes })
    expect(wire.endpoint.counters.handlerErrors).toBe(1)
  })

  it('is answered 5.00 if the answer itself cannot be written', async () => {
    const wire = createWire()
    wire.endpoint.serve(() => ({ ...changed, locationPath: ['x'.repeat(70_000)] }))
    wire.receive(update)
    expect(wire.take().code).toBe(Code.InternalServerError)
  })

  it('without a handler is answered 4.04', () => {
    const wire = createWire()
    wire.receive(update)
    expect(wire.take().code).toBe(Code.NotFound)
  })

  it('that is non-confirmable is answered non-confirmable, with a Message ID of ours', () => {
    const wire = createWire()
    wire.endpoint.serve(() => changed)
    wire.receive({ ...update, type: Type.NonConfirmable })
    expect(wire.take()).toMatchObject({ type: Type.NonConfirmable, code: Code.Changed, token: update.token })
    wire.receive({ ...update, type: Type.NonConfirmable })
    expect(wire.sent).toHaveLength(0)
    expect(wire.endpoint.counters.duplicates).toBe(1)
  })

  it('is answered 4.02 for a critical option that is not understood, repeated or too long', () => {
    const wire = createWire()
    const cases = [[option(9, [1])], [option(1)], [option(17), option(17)], [option(11, 'x'.repeat(256))]]
    cases.forEach((options, messageId) => {
      wire.receive({ ...update, messageId, options })
      expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: Code.BadOption, messageId })
    })
    wire.receive({ ...update, messageId: 50, options: [option(11, [0xff, 0xfe])] })
    expect(wire.take().code).toBe(Code.BadOption)
    wire.receive({ ...update, messageId: 51, options: [option(35, 'coap://elsewhere')] })
    expect(wire.take().code).toBe(0xa5)
    wire.receive({ ...update, messageId: 52, type: Type.NonConfirmable, options: [option(9, [1])] })
    expect(wire.sent).toHaveLength(0)
    expect(wire.endpoint.counters.badOptions).toBe(7)
  })

  it('is answered for an option that is understood and cannot be served, also if it is non-confirmable', () => {
    const wire = createWire()
    const refused = [
      [option(27, [7]), Code.BadRequest],
      [option(39, 'coap'), Code.ProxyingNotSupported],
    ] as const
    for (const [number, [refusedFor, code]] of refused.entries()) {
      wire.receive({ ...update, type: Type.NonConfirmable, messageId: 60 + number, options: [refusedFor] })
      expect(wire.take()).toMatchObject({ type: Type.NonConfirmable, code, token: update.token })
    }
  })

  it('is handled in spite of elective options that are not understood', () => {
    const wire = createWire()
    wire.endpoint.serve(() => changed)
    wire.receive({ ...update, options: [option(11, 'rd'), option(2000, 'x'), option(260, [2])] })
    expect(wire.take().code).toBe(Code.Changed)
  })

  it('is dropped, not remembered, while too many are being handled', async () => {
    const wire = createWire({ limits: { maxPending: 1 } })
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    wire.receive({ ...update, messageId: 10 })
    expect(calls).toHaveLength(1)
    expect(wire.endpoint.counters.droppedOverload).toBe(1)
    calls[0].answer(changed)
    await wire.settle()
    wire.receive({ ...update, messageId: 10 })
    expect(calls).toHaveLength(2)
  })
})

describe('a handler that acknowledges first', () => {
  it('answers with a separate confirmable response, retransmitted until it is acknowledged', async () => {
    const wire = createWire()
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    calls[0].request.acknowledge()
    calls[0].request.acknowledge()
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: 0, messageId: 9 })
    wire.receive(update)
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: 0, messageId: 9 })
    calls[0].answer(changed)
    await wire.settle()
    const answer = wire.take()
    expect(answer).toMatchObject({ type: Type.Confirmable, code: Code.Changed, token: update.token })
    wire.clock.advance(3_100)
    expect(wire.take()).toEqual(answer)
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId: answer.messageId })
    wire.clock.advance(100_000)
    expect(wire.sent).toHaveLength(0)
  })

  it('gives up on a peer that never acknowledges', async () => {
    const wire = createWire()
    const { calls, handler } = heldHandler()
    wire.endpoint.serve(handler)
    wire.receive(update)
    calls[0].request.acknowledge()
    calls[0].answer(changed)
    await wire.settle()
    wire.clock.advance(100_000)
    expect(wire.sent).toHaveLength(1 + 5)
    expect(wire.endpoint.counters.timeouts).toBe(1)
  })
})

describe('messages that are no requests', () => {
  it('a ping is answered with a reset', () => {
    const wire = createWire()
    wire.receive({ type: Type.Confirmable, code: 0, messageId: 3 })
    expect(wire.take()).toMatchObject({ type: Type.Reset, code: 0, messageId: 3 })
    expect(wire.endpoint.counters.pings).toBe(1)
  })

  it('a malformed confirmable message is reset, any other malformed one met with silence', () => {
    const wire = createWire()
    wire.receiveBytes(Uint8Array.of(0x40, 1, 0, 5, 0xff))
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 5 })
    for (const first of [0x50, 0x60, 0x70, 0x00]) wire.receiveBytes(Uint8Array.of(first, 1, 0, 5, 0xff))
    wire.receiveBytes(Uint8Array.of(0x40, 1))
    expect(wire.sent).toHaveLength(0)
    expect(wire.endpoint.counters.malformed).toBe(6)
  })

  it('a reserved code class is reset if confirmable, else ignored', () => {
    const wire = createWire()
    wire.receive({ code: 0x21, messageId: 5 })
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 5 })
    wire.receive({ type: Type.NonConfirmable, code: 0xe1 })
    wire.receive({ type: Type.Acknowledgement, code: Code.Get })
    wire.receive({ type: Type.NonConfirmable, code: 0 })
    expect(wire.sent).toHaveLength(0)
    expect(wire.endpoint.counters.ignored).toBe(4)
  })

  it('acknowledgements and resets of nothing are counted', () => {
    const wire = createWire()
    wire.receive({ type: Type.Acknowledgement, code: 0 })
    wire.receive({ type: Type.Reset, code: 0 })
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, token: Uint8Array.of(1) })
    expect(wire.endpoint.counters.unmatched).toBe(3)
    expect(wire.sent).toHaveLength(0)
  })

  it('whatever comes from a group address or port 0 is ignored', () => {
    const wire = createWire()
    wire.receive(update, { id: 'x', address: '224.0.1.187', port: 5683 })
    wire.receive(update, { id: 'y', address: 'ff02::fd', port: 5683 })
    wire.receive(update, { ...meter, port: 0 })
    expect(wire.sent).toHaveLength(0)
    expect(wire.endpoint.counters.ignored).toBe(3)
  })
})
