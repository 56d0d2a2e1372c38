import { ProtocolError, fromHex, toHex } from '@fieldline/bytes'
import { generate, parse } from 'coap-packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage } from './message.js'
import type { CoapMessage, MessageType } from './message.js'
import { option } from './wire.test-support.js'

function message(fields: Partial<CoapMessage>): CoapMessage {
  return {
    type: 0,
    code: 1,
    messageId: 0x1234,
    token: fromHex(''),
    options: [],
    payload: fromHex(''),
    ...fields,
  }
}

const vectors: Record<string, { hex: string; value: CoapMessage }> = {
  'an empty acknowledgement': { hex: '60001234', value: message({ type: 2, code: 0 }) },
  'a GET with token and path': {
    hex: '42011234abcdb173', // RFC 7252 §3: delta 11, one byte
    value: message({ token: fromHex('abcd'), options: [option(11, 's')] }),
  },
  'option deltas of one and two extension bytes': {
    hex: '40011234' + 'd10401' + 'e1000b02',
    value: message({ options: [option(17, [1]), option(17 + 269 + 11, [2])] }),
  },
  'a payload of one byte': {
    hex: '50451234ff00',
    value: message({ type: 1, code: 0x45, payload: fromHex('00') }),
  },
  'an option value of 269 bytes': {
    hex: '40011234' + 'be0000' + '61'.repeat(269),
    value: message({ options: [option(11, 'a'.repeat(269))] }),
  },
  // RFC 8974 §2.1: up to 12 in the header, then one or two bytes more
  'a token of 9 bytes': {
    hex: '49011234' + '010203040506070809',
    value: message({ token: fromHex('010203040506070809') }),
  },
  'a token of 12 bytes': {
    hex: '4c011234' + 'ab'.repeat(12),
    value: message({ token: fromHex('ab'.repeat(12)) }),
  },
  'a token of 13 bytes': {
    hex: '4d011234' + '00' + 'ab'.repeat(13),
    value: message({ token: fromHex('ab'.repeat(13)) }),
  },
  'a token of 268 bytes': {
    hex: '4d011234' + 'ff' + 'ab'.repeat(268),
    value: message({ token: fromHex('ab'.repeat(268)) }),
  },
  'a token of 270 bytes, an option and a payload': {
    hex: '4e011234' + '0001' + 'ab'.repeat(270) + 'b161' + 'ff00',
    value: message({ token: fromHex('ab'.repeat(270)), options: [option(11, 'a')], payload: fromHex('00') }),
  },
  'an option value of 13 bytes': {
    hex: '40011234' + 'bd00' + '61'.repeat(13),
    value: message({ options: [option(11, 'a'.repeat(13))] }),
  },
}
const refused: Record<string, string> = {
  nothing: '',
  'three bytes': '400112',
  'version 0': '00011234',
  'version 2': '80011234',
  'a token length of 15': '4f011234' + '00'.repeat(15),
  'a token past the end': '4401123401',
  'an extended token length past the end': '4d011234',
  'an extended token past the end': '4d01123400' + '00'.repeat(12),
  'a token length of two bytes past the end': '4e01123400',
  'a long token past the end': '4e0112340000' + '00'.repeat(268),
  'an empty message with an extended token length': '4d001234',
  'an option past the end': '40011234b5616263',
  'an option length extension past the end': '40011234bd',
  'an option delta extension past the end': '40011234e000',
  'a reserved delta': '40011234f100',
  'a reserved length': '400112341f00',
  'an option number over 65535': '40011234e0ffffe0ffff',
  'a payload marker with nothing after it': '40011234ff',
  'an empty message with a token': '4100123401',
  'an empty message with a payload': '40001234ff01',
  'a reset with a code': '70451234',
}

describe('message codec', () => {
  for (const [name, { hex, value }] of Object.entries(vectors)) {
    it(`decodes and encodes ${name}`, () => {
      expect(decodeMessage(fromHex(hex))).toEqual(value)
      expect(toHex(encodeMessage(value))).toBe(hex)
    })

    it(`never reads past the end of ${name}`, () => {
      const bytes = fromHex(hex)
      for (let length = 0; length < bytes.length; length++) {
        try {
          expect(decodeMessage(bytes.slice(0, length)).messageId).toBe(0x1234)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
        }
      }
    })
  }

  for (const [name, hex] of Object.entries(refused)) {
    it(`refuses ${name}`, () => {
      expect(() => decodeMessage(fromHex(hex))).toThrow(ProtocolError)
    })
  }

  it('writes options in ascending order and keeps the order of equal numbers', () => {
    const bytes = encodeMessage(message({ options: [option(12), option(11, 'b'), option(11, 'a')] }))
    expect(decodeMessage(bytes).options).toEqual([option(11, 'b'), option(11, 'a'), option(12)])
  })

  it('reads back whatever it wrote', () => {
    const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
    fc.assert(
      fc.property(
        fc.record({
          type: fc.constantFrom<MessageType>(0, 1, 2),
          code: fc.integer({ min: 1, max: 255 }),
          messageId: fc.integer({ min: 0, max: 0xffff }),
          token: bytes(300),
          options: fc.array(fc.record({ number: fc.integer({ min: 0, max: 0xffff }), value: bytes(300) }), {
            maxLength: 8,
          }),
          payload: bytes(200),
        }),
        (original) => {
          const sorted = [...original.options].sort((a, b) => a.number - b.number)
          expect(decodeMessage(encodeMessage(original))).toEqual({ ...original, options: sorted })
        },
      ),
    )
  })

  it('fails on random bytes with nothing but a ProtocolError, and agrees with coap-packet where both accept', () => {
    const likely = fc
      .tuple(fc.integer({ min: 0x40, max: 0x6f }), fc.uint8Array({ minLength: 3, maxLength: 40 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest))
    let compared = 0
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), likely), (bytes) => {
        let ours: CoapMessage
        try {
          ours = decodeMessage(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError)
          return
        }
        let theirs: ReturnType<typeof parse>
        try {
          theirs = parse(Buffer.from(bytes))
        } catch {
          return
        }
        compared++
        expect(theirs.messageId).toBe(ours.messageId)
        expect(toHex(theirs.token)).toBe(toHex(ours.token))
        expect(toHex(theirs.payload)).toBe(toHex(ours.payload))
        expect(theirs.options.map(({ value }) => toHex(value))).toEqual(
          ours.options.map(({ value }) => toHex(value)),
        )
      }),
      { numRuns: 3000 },
    )
    expect(compared).toBeGreaterThan(100)
  })

  it('writes what coap-packet writes', () => {
    const ours = encodeMessage(
      message({
        token: fromHex('01'),
        options: [option(11, 'rd'), option(12, [40])],
        payload: fromHex('aabb'),
      }),
    )
    const theirs = generate({
      code: '0.01',
      messageId: 0x1234,
      confirmable: true,
      token: Buffer.from([1]),
      options: [
        { name: 'Uri-Path', value: Buffer.from('rd') },
        { name: 'Content-Format', value: Buffer.from([40]) },
      ],
      payload: Buffer.from([0xaa, 0xbb]),
    })
    expect(toHex(ours)).toBe(toHex(theirs))
  })
})
