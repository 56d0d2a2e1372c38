import { noBytes } from './message.js'

/** An unsigned integer of up to 32 bits in as few bytes as possible; 0 is empty (RFC 7252 §3.2). */
export function uintValue(number: number): Uint8Array {
  if (number === 0) return noBytes
  if (number < 0x100) return Uint8Array.of(number)
  if (number < 0x10000) return Uint8Array.of(number >> 8, number)
  if (number < 0x1000000) return Uint8Array.of(number >> 16, number >> 8, number)
  return Uint8Array.of(number >>> 24, number >> 16, number >> 8, number)
}

/** The number in an option value; leading zero bytes are allowed. */
export function uintOf(value: Uint8Array): number {
  let number = 0
  for (let i = 0; i < value.length; i++) number = number * 256 + value[i]
  return number
}
