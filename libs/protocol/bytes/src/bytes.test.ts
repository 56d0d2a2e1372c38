import { describe, expect, it } from 'vitest'
import {
  ByteReader,
  ByteWriter,
  ManualClock,
  ProtocolError,
  formatCode,
  fromHex,
  seededRandom,
  toHex,
} from './index.js'

describe('bytes', () => {
  it('reads back what it wrote, in big-endian order', () => {
    const bytes = new ByteWriter(1)
      .u8(1)
      .u16(0x0203)
      .u24(0x040506)
      .u32(0x0708090a)
      .u64(0xfffffffffffffffen)
      .f32(1.5)
      .f64(-2.25)
      .finish()
    expect(toHex(bytes.subarray(0, 10))).toBe('0102030405060708090a')
    const reader = new ByteReader(bytes)
    expect([reader.u8(), reader.u16(), reader.u24(), reader.u32()]).toEqual([1, 0x0203, 0x040506, 0x0708090a])
    expect([reader.u64(), reader.f32(), reader.f64()]).toEqual([0xfffffffffffffffen, 1.5, -2.25])
    expect(reader.remaining).toBe(0)
  })

  it('refuses to read past the end and names the offset', () => {
    const reader = new ByteReader(fromHex('010203'))
    reader.u16()
    expect(() => reader.u16()).toThrow(ProtocolError)
    expect(() => reader.u16()).toThrow(/at byte 2/)
    expect(reader.u8()).toBe(3)
  })

  it('reads a region and nothing beside it', () => {
    const reader = new ByteReader(fromHex('0102030405'), 1, 3)
    expect(reader.remaining).toBe(2)
    expect(() => reader.u24()).toThrow(/ends at byte 3/)
    expect(reader.u16()).toBe(0x0203)
    expect(() => reader.u8()).toThrow(ProtocolError)
  })

  it('refuses text that is not hexadecimal', () => {
    expect(() => fromHex('0')).toThrow(RangeError)
    expect(() => fromHex('zz')).toThrow(RangeError)
  })

  it('writes a code as the standard does', () => {
    expect(formatCode(0x45)).toBe('2.05')
    expect(formatCode(0x8d)).toBe('4.13')
  })
})

describe('ManualClock', () => {
  it('runs timers in the order of their due time and not those called off', () => {
    const clock = new ManualClock(0)
    const seen: string[] = []
    clock.after(20, () => seen.push(`late ${clock.now()}`))
    clock.after(10, () => {
      seen.push(`early ${clock.now()}`)
      clock.after(5, () => seen.push(`nested ${clock.now()}`))
    })
    clock.after(12, () => seen.push('never')).cancel()
    clock.advance(30)
    expect(seen).toEqual(['early 10', 'nested 15', 'late 20'])
    expect(clock.now()).toBe(30)
  })

  it('draws the same numbers from the same seed', () => {
    expect(seededRandom(7).bytes(8)).toEqual(seededRandom(7).bytes(8))
  })
})
