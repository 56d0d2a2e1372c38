import type { ByteWriter } from '@fieldline/bytes'
import type { TlvKind } from './kind.js'

/** The longest value an entry can carry, in bytes. */
const MAX_TLV_VALUE = 0xff_ffff

/** Appends an entry with the shortest header. Throws `RangeError` on a value over 16,777,215 bytes. */
export function writeTlv(writer: ByteWriter, kind: TlvKind, id: number, value: Uint8Array): void {
  const { length } = value
  if (length > MAX_TLV_VALUE)
    throw new RangeError(`a TLV value has at most ${MAX_TLV_VALUE} bytes, this one ${length}`)
  const wideId = id > 0xff
  const lengthField = length < 8 ? 0 : length <= 0xff ? 1 : length <= 0xffff ? 2 : 3
  writer.u8((kind << 6) | (wideId ? 0x20 : 0) | (lengthField << 3) | (lengthField === 0 ? length : 0))
  if (wideId) writer.u16(id)
  else writer.u8(id)
  if (lengthField === 1) writer.u8(length)
  else if (lengthField === 2) writer.u16(length)
  else if (lengthField === 3) writer.u24(length)
  writer.bytes(value)
}
