import { Code, fromHex, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { blockSize, blockValue, decodeBlock } from './block.js'
import { Type, decodeMessage, noBytes } from './message.js'
import type { CoapRequest } from './message.js'
import { createWire, meter, valueOf } from './wire.test-support.js'

const get: CoapRequest = { code: Code.Get, uriPath: ['3', '0', '9'], uriQuery: [], payload: noBytes }
const optionOf = (request: CoapRequest, number: number): string => {
  const wire = createWire()
  void wire.endpoint.request(meter, request)
  return toHex(Uint8Array.from(valueOf(wire.take(), number)!))
}
/** A value of a block option, as a number, from its bytes. */
const numberOf = (hex: string): number => [...fromHex(hex)].reduce((value, byte) => value * 256 + byte, 0)

describe('the bytes of options', () => {
  it.each([
    ['cf-11544', 11_544, '2d18'],
    ['cf-11542', 11_542, '2d16'],
    ['cf-322', 322, '0142'],
  ])('%s as Accept', (_id, accept, hex) => {
    expect(optionOf({ ...get, accept }, 17)).toBe(hex)
  })

  it.each([
    ['observe-register', 0, ''],
    ['observe-deregister', 1, '01'],
  ] as const)('%s', (_id, observe, hex) => {
    expect(optionOf({ ...get, observe }, 6)).toBe(hex)
  })

  it.each([
    ['block-num0-last-16', '', { num: 0, more: false, size: 16 }],
    ['block-num300-last-512', '12c5', { num: 300, more: false, size: 512 }],
  ])('%s', (_id, hex, { num, more, size }) => {
    const read = decodeBlock(numberOf(hex))
    expect([read.num, read.more, blockSize(read.szx)]).toEqual([num, more, size])
    expect(blockValue(num, more, read.szx)).toBe(numberOf(hex))
  })

  it('block-bert, on streams only', () => {
    expect(decodeBlock(numberOf('0f'), true)).toEqual({ num: 0, more: true, szx: 7 })
    expect(() => decodeBlock(numberOf('0f'))).toThrow()
  })
})

it('udp-get-3-0-9', () => {
  const { type, code, messageId, token, options } = decodeMessage(
    fromHex('44011234a1b2c3d4b13301300139622d18'),
  )
  expect([type, code, messageId, toHex(token)]).toEqual([Type.Confirmable, Code.Get, 0x1234, 'a1b2c3d4'])
  expect(options.map(({ number, value }) => `${number} ${toHex(value)}`)).toEqual([
    '11 33',
    '11 30',
    '11 39',
    '17 2d18',
  ])
})
