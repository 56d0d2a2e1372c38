import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import type { RequestError } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapRequest } from './message.js'
import type { RequestOptions } from './port.js'
import { profiles } from './profile.js'
import { createWire, meter, option, otherMeter, valueOf } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const read: CoapRequest = { code: Code.Get, uriPath: ['3', '0'], uriQuery: [], payload: noBytes }
const bytes = (...values: number[]) => Uint8Array.from(values)

/** Sends and keeps how it ended, so that nothing is left unhandled. */
function ask(wire: Wire, request: CoapRequest = read, options?: RequestOptions, peer = meter) {
  const outcome: { code?: number; payload?: Uint8Array; error?: RequestError } = {}
  void wire.endpoint.request(peer, request, options).then(
    (response) => Object.assign(outcome, response),
    (error: unknown) => (outcome.error = error as RequestError),
  )
  return outcome
}

describe('a request', () => {
  it('carries path, query, format, accept and a token of eight bytes', () => {
    const wire = createWire()
    ask(wire, {
      code: Code.Put,
      uriPath: ['lwm2m', '1', '0'],
      uriQuery: ['pmin=10'],
      contentFormat: 11542,
      accept: 110,
      payload: bytes(1, 2),
    })
    const message = wire.take()
    expect(message.type).toBe(Type.Confirmable)
    expect(message.token).toHaveLength(8)
    expect(message.options).toEqual([
      option(11, 'lwm2m'),
      option(11, '1'),
      option(11, '0'),
      option(12, [0x2d, 0x16]),
      option(15, 'pmin=10'),
      option(17, [110]),
    ])
    expect(message.payload).toEqual(bytes(1, 2))
  })

  it('resolves with a piggybacked response, an error code included', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId, token } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.NotFound, messageId, token })
    await wire.settle()
    expect(outcome.code).toBe(Code.NotFound)
  })

  it('is not ended by the right Message ID and token from another peer', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId, token } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token }, otherMeter)
    wire.receive({ type: Type.Reset, code: 0, messageId }, otherMeter)
    await wire.settle()
    expect(outcome).toEqual({})
    expect(wire.endpoint.counters.unmatched).toBe(2)
  })

  it('is not ended by the right Message ID with another token, and is sent again', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token: bytes(9) })
    wire.clock.advance(3_100)
    expect(wire.take().messageId).toBe(messageId)
    expect(outcome).toEqual({})
  })

  it('is retransmitted at doubling times and given up after MAX_TRANSMIT_WAIT', async () => {
    const wire = createWire()
    const start = wire.clock.now()
    const outcome = ask(wire)
    const times: number[] = []
    while (!outcome.error && wire.clock.now() - start < 200_000) {
      while (wire.sent.length > 0) {
        wire.take()
        times.push(wire.clock.now() - start)
      }
      wire.clock.advance(100)
      await wire.settle()
    }
    expect(times).toHaveLength(5)
    expect(times[1]).toBeGreaterThanOrEqual(2_000)
    expect(times[1]).toBeLessThanOrEqual(3_100)
    const gaps = times.slice(1).map((time, i) => time - times[i])
    for (let i = 1; i < gaps.length; i++) expect(Math.abs(gaps[i] - 2 * gaps[i - 1])).toBeLessThanOrEqual(200)
    expect(outcome.error).toMatchObject({ reason: 'timeout', acknowledged: false, sent: true })
    expect(wire.endpoint.counters).toMatchObject({ retransmissions: 4, timeouts: 1 })
  })

  it('is not retransmitted at a round trip of 12 s with the profile for NB-IoT', async () => {
    const wire = createWire({ profile: profiles['nb-iot'] })
    const outcome = ask(wire)
    const { messageId, token } = wire.take()
    wire.clock.advance(12_000)
    expect(wire.sent).toHaveLength(0)
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token })
    await wire.settle()
    expect(outcome.code).toBe(Code.Content)
  })

  for (const [name, type] of [
    ['confirmable', Type.Confirmable],
    ['non-confirmable', Type.NonConfirmable],
  ] as const) {
    it(`resolves with a separate ${name} response after an empty acknowledgement`, async () => {
      const wire = createWire()
      const outcome = ask(wire)
      const { messageId, token } = wire.take()
      wire.receive({ type: Type.Acknowledgement, code: 0, messageId })
      wire.clock.advance(40_000)
      expect(wire.sent).toHaveLength(0)
      wire.receive({ type, code: Code.Content, messageId: 77, token, payload: bytes(5) })
      await wire.settle()
      expect(outcome).toMatchObject({ code: Code.Content, payload: bytes(5) })
      if (type === Type.Confirmable) expect(wire.take()).toMatchObject({ type: 2, code: 0, messageId: 77 })
      expect(wire.sent).toHaveLength(0)
    })
  }

  it('takes a separate response that overtakes the acknowledgement', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId, token } = wire.take()
    wire.receive({ type: Type.NonConfirmable, code: Code.Content, messageId: 77, token })
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId })
    wire.clock.advance(100_000)
    await wire.settle()
    expect(outcome.code).toBe(Code.Content)
    expect(wire.sent).toHaveLength(0)
  })

  it('acknowledges a separate response again when it is repeated', async () => {
    const wire = createWire()
    ask(wire)
    const { messageId, token } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId })
    for (let i = 0; i < 2; i++) {
      wire.receive({ code: Code.Content, messageId: 77, token })
      expect(wire.take()).toMatchObject({ type: 2, code: 0, messageId: 77 })
    }
    expect(wire.endpoint.counters.duplicates).toBe(1)
  })

  it('waits responseTimeoutMs for the response after an empty acknowledgement', async () => {
    const wire = createWire()
    const outcome = ask(wire, read, { responseTimeoutMs: 10_000 })
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId: wire.take().messageId })
    wire.clock.advance(9_900)
    await wire.settle()
    expect(outcome.error).toBeUndefined()
    wire.clock.advance(300)
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'timeout', acknowledged: true, sent: true })
  })

  it('that is non-confirmable leaves once and waits for its response', async () => {
    const wire = createWire()
    const outcome = ask(wire, { ...read, confirmable: false }, { responseTimeoutMs: 30_000 })
    const { type, token } = wire.take()
    expect(type).toBe(Type.NonConfirmable)
    wire.clock.advance(29_000)
    expect(wire.sent).toHaveLength(0)
    wire.receive({ type: Type.NonConfirmable, code: Code.Content, messageId: 5, token })
    await wire.settle()
    expect(outcome.code).toBe(Code.Content)
  })

  it('ends with a reset', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    wire.receive({ type: Type.Reset, code: 0, messageId: wire.take().messageId })
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'reset', sent: true })
  })

  it('is rejected if the response has a critical option that is not understood', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId, token } = wire.take()
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      options: [option(2001)],
    })
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'bad-response', acknowledged: true })
    expect(wire.endpoint.counters.badOptions).toBe(1)
  })

  it('tells when it leaves, once, also if it is retransmitted', () => {
    const wire = createWire()
    let sent = 0
    ask(wire, read, { onSent: () => sent++ })
    wire.clock.advance(20_000)
    expect(wire.sent.length).toBeGreaterThan(1)
    expect(sent).toBe(1)
  })

  it('is cancelled by its signal, while it waits and while it is under way', async () => {
    const wire = createWire()
    const [first, second] = [new AbortController(), new AbortController()]
    const underWay = ask(wire, read, { signal: first.signal })
    const waiting = ask(wire, read, { signal: second.signal })
    second.abort()
    first.abort()
    await wire.settle()
    expect(underWay.error).toMatchObject({ reason: 'cancelled', sent: true })
    expect(waiting.error).toMatchObject({ reason: 'cancelled', sent: false })
    wire.take()
    wire.clock.advance(100_000)
    expect(wire.sent).toHaveLength(0)
  })

  it('uses the token it is given', () => {
    const wire = createWire()
    const token = wire.endpoint.newToken()
    ask(wire, { ...read, observe: 0 }, { token })
    const message = wire.take()
    expect(message.token).toEqual(token)
    expect(valueOf(message, 6)).toEqual([])
  })

  it('that cannot be encoded is rejected and does not block the next', async () => {
    const wire = createWire()
    const outcome = ask(wire, { ...read, uriPath: ['x'.repeat(70_000)] })
    ask(wire)
    await wire.settle()
    expect(outcome.error).toBeInstanceOf(Error)
    expect(wire.take().code).toBe(Code.Get)
  })
})

describe('a peer that was heard', () => {
  it('is sent again what it has not acknowledged, as the same message, and then goes on as before', () => {
    const wire = createWire({ profile: { ...profiles.wired, ackRandomFactor: 1 } })
    ask(wire)
    const first = wire.take()
    wire.clock.advance(500)
    wire.endpoint.nudge(meter)
    expect(wire.sent).toHaveLength(0)
    wire.clock.advance(1_000)
    wire.endpoint.nudge(otherMeter)
    wire.endpoint.nudge(meter)
    expect(wire.take()).toEqual(first)
    // at 3.5, 7.5 and 15.5 s; the one after that would come when the span of them all is over
    wire.clock.advance(93_000)
    expect(wire.sent).toHaveLength(3)
  })

  it('is sent nothing more once it has acknowledged, or once it was given up', () => {
    const wire = createWire()
    const outcome = ask(wire)
    const { messageId } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.Empty, messageId })
    wire.clock.advance(5_000)
    wire.endpoint.nudge(meter)
    expect(wire.sent).toHaveLength(0)
    expect(outcome).toEqual({})
  })
})

describe('requests to one peer', () => {
  it('leave one after another, to different peers at once', async () => {
    const wire = createWire()
    ask(wire)
    const second = ask(wire)
    ask(wire, read, {}, otherMeter)
    expect(wire.sent.map(({ peer }) => peer)).toEqual([meter, otherMeter])
    const { messageId, token } = wire.take()
    wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token })
    const next = wire.take()
    expect(next.messageId).not.toBe(messageId)
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Changed,
      messageId: next.messageId,
      token: next.token,
    })
    await wire.settle()
    expect(second.code).toBe(Code.Changed)
  })

  it('are refused when too many wait', async () => {
    const wire = createWire({ limits: { maxQueue: 2 } })
    const outcomes = [0, 1, 2, 3].map(() => ask(wire))
    await wire.settle()
    expect(outcomes.map(({ error }) => error?.reason)).toEqual([undefined, undefined, undefined, 'overload'])
  })

  it('are refused when every peer in the table is busy, and idle peers make room', async () => {
    const wire = createWire({ limits: { maxPeers: 1 } })
    ask(wire)
    const refused = ask(wire, read, {}, otherMeter)
    await wire.settle()
    expect(refused.error).toMatchObject({ reason: 'overload', sent: false })
    const { messageId, token } = wire.take()
    wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token })
    ask(wire, read, {}, otherMeter)
    expect(wire.sent).toHaveLength(1)
  })

  it('all end when the endpoint is closed, and none starts afterwards', async () => {
    const wire = createWire()
    const outcomes = [ask(wire), ask(wire)]
    await wire.endpoint.close()
    outcomes.push(ask(wire))
    await wire.settle()
    expect(outcomes.map(({ error }) => [error?.reason, error?.sent])).toEqual([
      ['closed', true],
      ['closed', false],
      ['closed', false],
    ])
  })
})

describe('ping', () => {
  it('resolves on the reset that answers it and rejects on silence', async () => {
    const wire = createWire()
    const answered = wire.endpoint.ping(meter)
    const { type, code, messageId } = wire.take()
    expect([type, code]).toEqual([Type.Confirmable, 0])
    wire.receive({ type: Type.Reset, code: 0, messageId })
    await answered
    const silent = wire.endpoint.ping(meter).catch((error: unknown) => error)
    wire.clock.advance(100_000)
    expect(await silent).toMatchObject({ reason: 'timeout' })
  })
})

describe('tokens', () => {
  it('are drawn again when they are those of an open exchange', () => {
    const wire = createWire()
    const token = wire.endpoint.newToken()
    ask(wire, read, { token })
    expect(wire.endpoint.newToken()).not.toEqual(token)
  })

  it('in use with one peer make a second request with the same token wait', async () => {
    const wire = createWire({ profile: { ...profiles.wired, nstart: 2 } })
    const token = wire.endpoint.newToken()
    ask(wire, { ...read, observe: 0 }, { token })
    ask(wire, { ...read, observe: 1 }, { token })
    const { messageId } = wire.take()
    expect(wire.sent).toHaveLength(0)
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      options: [option(6, [1])],
    })
    expect(valueOf(wire.take(), 6)).toEqual([1])
  })
})
