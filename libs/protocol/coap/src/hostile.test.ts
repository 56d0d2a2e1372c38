import { Code } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from './message.js'
import type { MessageType } from './message.js'
import { createWire, meter, option } from './wire.test-support.js'

const randomOption = fc
  .record({
    number: fc.constantFrom(1, 3, 4, 6, 8, 9, 11, 12, 14, 15, 17, 23, 27, 28, 35, 60, 292, 2001),
    value: fc.uint8Array({ maxLength: 6 }),
  })
  .map(({ number, value }) => option(number, [...value]))

const randomMessage = fc.record({
  type: fc.constantFrom<MessageType>(0, 1, 2),
  code: fc.oneof(
    fc.constantFrom(
      Code.Get,
      Code.Post,
      Code.Content,
      Code.Continue,
      Code.Changed,
      Code.RequestEntityTooLarge,
    ),
    fc.integer({ min: 1, max: 255 }),
  ),
  messageId: fc.integer({ min: 0, max: 3 }),
  token: fc.uint8Array({ maxLength: 2 }),
  options: fc.array(randomOption, { maxLength: 6 }),
  payload: fc.uint8Array({ maxLength: 80 }),
})

function busyWire() {
  const wire = createWire({ limits: { maxAssemblies: 4, maxExchanges: 64 } })
  wire.endpoint.serve(() => ({ code: Code.Content, payload: new Uint8Array(3_000) }))
  wire.endpoint.onNotification(
    () => 'ack',
    () => ({ code: Code.Get, uriPath: [], uriQuery: [], payload: new Uint8Array(0) }),
  )
  const request = { code: Code.Put, uriPath: ['5', '0', '0'], uriQuery: [], payload: new Uint8Array(3_000) }
  wire.endpoint.request(meter, request, { token: Uint8Array.of(1) }).catch(() => undefined)
  return wire
}

describe('hostile datagrams', () => {
  it('of random bytes never throw out of the endpoint', () => {
    const wire = busyWire()
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        wire.receiveBytes(bytes)
        wire.sent.length = 0
      }),
      { numRuns: 3_000 },
    )
  })

  it('that are well-formed in their parts never throw out of the endpoint, whatever their order', () => {
    fc.assert(
      fc.property(fc.array(randomMessage, { maxLength: 12 }), fc.boolean(), (messages, answerOurs) => {
        const wire = busyWire()
        for (const message of messages) {
          const ours = wire.sent.shift()?.message
          // Half of the time they answer what we have sent, so that they reach the code behind the matching.
          const fields = answerOurs && ours ? { messageId: ours.messageId, token: ours.token } : {}
          wire.receiveBytes(encodeMessage({ ...message, ...fields }))
          wire.clock.advance(500)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('from a hundred thousand forged addresses leave memory within its bounds', () => {
    const wire = createWire({ limits: { maxExchanges: 1_024, maxPeers: 64, maxAssemblies: 16 } })
    const message = (code: number, type: MessageType) =>
      encodeMessage({
        type,
        code,
        messageId: 7,
        token: Uint8Array.of(1),
        options: [option(11, 'rd'), option(27, [0x08])],
        payload: new Uint8Array(16),
      })
    const [confirmable, other] = [message(Code.Post, 0), message(Code.Get, 1)]
    for (let i = 0; i < 100_000; i++) {
      const address = `198.51.${(i >> 8) & 255}.${i & 255}`
      const peer = { id: `${address}:${i}`, address, port: 1024 + (i % 60_000) }
      wire.receiveBytes(i % 2 ? confirmable : other, peer)
      wire.sent.length = 0
    }
    const { counters } = wire.endpoint
    expect(counters.received).toBe(100_000)
    expect(counters.exchangesEvicted).toBe(100_000 - 1_024)
    expect(counters.blocksRefused).toBeGreaterThan(90_000)
  })
})
