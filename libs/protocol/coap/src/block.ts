import { Code, ProtocolError } from '@fieldline/bytes'

/** A Block1 or Block2 option: block `num` of size 2^(szx+4), with `more` to come (RFC 7959 §2.2). */
export interface Block {
  readonly num: number
  readonly more: boolean
  readonly szx: number
}

/** Bytes of a block with size exponent `szx`. */
export function blockSize(szx: number): number {
  return 1 << (szx + 4)
}

/** The largest size exponent whose block is not larger than `bytes`, between 0 (16 bytes) and 6 (1024 bytes). */
export function sizeExponent(bytes: number): number {
  let szx = 6
  while (szx > 0 && blockSize(szx) > bytes) szx--
  return szx
}

/** Decodes the option; an empty value is block 0 of 16 bytes, the last. Throws `ProtocolError` 4.00 for the reserved size exponent 7. */
export function decodeBlock(value: number): Block {
  const szx = value & 7
  if (szx === 7) throw new ProtocolError(Code.BadRequest, 'block size exponent 7 is reserved')
  return { num: value >>> 4, more: (value & 8) !== 0, szx }
}

/** The option value as a number. */
export function blockValue(num: number, more: boolean, szx: number): number {
  return (num << 4) | (more ? 8 : 0) | szx
}

/** The largest block number that the option can hold. */
export const maxBlockNumber = 0xfffff

/** An entity tag of eight bytes made of the content: the same content has the same tag after a restart. */
export function contentTag(payload: Uint8Array): Uint8Array {
  let a = 0x811c9dc5
  let b = 0x9e3779b9
  for (let i = 0; i < payload.length; i++) {
    a = Math.imul(a ^ payload[i], 0x01000193)
    b = Math.imul(b ^ payload[i], 0x85ebca6b) ^ (b >>> 13)
  }
  const tag = new Uint8Array(8)
  const view = new DataView(tag.buffer)
  view.setUint32(0, a >>> 0)
  view.setUint32(4, b >>> 0)
  return tag
}
