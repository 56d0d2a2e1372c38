import { Code, ProtocolError } from '@fieldline/bytes'

/** Size exponent of a message that carries several blocks of 1024 bytes at once (BERT, RFC 8323 §6); over datagrams it is reserved. */
const bert = 7

/** A Block1 or Block2 option: block `num` of size 2^(szx+4), with `more` to come (RFC 7959 §2.2); with BERT the first of several. */
export interface Block {
  readonly num: number
  readonly more: boolean
  readonly szx: number
}

/** Bytes of a block with size exponent `szx`: the unit in which `num` counts. */
export function blockSize(szx: number): number {
  return szx === bert ? 1024 : 1 << (szx + 4)
}

/** The size exponent for messages that may carry `bytes` of a body: BERT from 2048 on. */
export function exponentFor(bytes: number): number {
  return bytes >= 2048 ? bert : sizeExponent(bytes)
}

/** Bytes of a body in each message but the last, which may carry `bytes`. */
export function partSize(szx: number, bytes: number): number {
  return szx === bert ? Math.floor(bytes / 1024) * 1024 : blockSize(szx)
}

/** Whether `length` bytes may come in a message with this option: what is followed by more is full. */
export function isFull({ more, szx }: Block, length: number): boolean {
  const size = blockSize(szx)
  if (szx === bert) return !more || (length > 0 && length % size === 0)
  return more ? length === size : length <= size
}

/** The largest size exponent whose block is not larger than `bytes`, between 0 (16 bytes) and 6 (1024 bytes). */
export function sizeExponent(bytes: number): number {
  let szx = 6
  while (szx > 0 && blockSize(szx) > bytes) szx--
  return szx
}

/** Decodes the option; an empty value is block 0 of 16 bytes, the last. Throws `ProtocolError` 4.00 for size exponent 7 unless `allowsBert`. */
export function decodeBlock(value: number, allowsBert = false): Block {
  const szx = value & 7
  if (szx === bert && !allowsBert)
    throw new ProtocolError(Code.BadRequest, 'block size exponent 7 is reserved')
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
