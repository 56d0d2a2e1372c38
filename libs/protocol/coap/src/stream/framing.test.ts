import { fromHex, toHex } from '@fieldline/bytes'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Type, encodeMessage } from '../message.js'
import { FrameReader, toFrame } from './framing.js'

const message = (tokenBytes: number, payloadBytes: number): Uint8Array =>
  encodeMessage({
    type: Type.Confirmable,
    code: 2,
    messageId: 0,
    token: new Uint8Array(tokenBytes).fill(7),
    options: [{ number: 11, value: new TextEncoder().encode('rd') }],
    payload: new Uint8Array(payloadBytes).fill(1),
  })

describe('messages on a stream', () => {
  it.each([
    ['settings with a Max-Message-Size of 1152', '30e1220480', '40e10000220480'],
    ['a ping', '00e2', '40e20000'],
    // RFC 8323 §3.2: Len counts options and payload, not the token
    ['a GET with a token of four bytes', '8401a1b2c3d4b133013001392158', '44010000a1b2c3d4b133013001392158'],
    ['a token of 13 bytes', '0d0100000102030405060708090a0b0c', '4d01000000000102030405060708090a0b0c'],
  ])('%s', (_what, stream, datagram) => {
    expect(toHex(toFrame(fromHex(datagram)))).toBe(stream)
    const reader = new FrameReader(1152)
    reader.push(fromHex(stream))
    expect(toHex(reader.next() ?? new Uint8Array())).toBe(datagram)
    expect(reader.next()).toBeUndefined()
  })

  it('of any length come out as they went in, however the stream cuts them', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.constantFrom(0, 1, 8, 12, 13, 40, 268, 269, 300), fc.integer({ min: 0, max: 700 })),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.integer({ min: 1, max: 90 }),
        (sizes, piece) => {
          const sent = sizes.map(([token, payload]) => message(token, payload))
          const stream = Buffer.concat(sent.map(toFrame))
          const reader = new FrameReader(2_000)
          const received: string[] = []
          for (let at = 0; at < stream.length; at += piece) {
            reader.push(stream.subarray(at, at + piece))
            for (let next = reader.next(); next; next = reader.next()) received.push(toHex(next))
          }
          expect(received).toEqual(sent.map(toHex))
        },
      ),
    )
  })

  it.each([0, 12, 13, 268, 269, 65_000])('have %i bytes after the token', (bytes) => {
    const datagram = message(0, bytes)
    const reader = new FrameReader(70_000)
    reader.push(toFrame(datagram))
    expect(toHex(reader.next() ?? new Uint8Array())).toBe(toHex(datagram))
  })

  it('longer than announced are refused by their head alone', () => {
    const reader = new FrameReader(1152)
    reader.push(fromHex('f0ffffffff01'))
    expect(() => reader.next()).toThrow('a message of')
  })

  it('with the reserved token length are refused', () => {
    const reader = new FrameReader(1152)
    reader.push(fromHex('0f01'))
    expect(() => reader.next()).toThrow('reserved')
  })
})
