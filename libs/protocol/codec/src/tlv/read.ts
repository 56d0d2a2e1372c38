import { ByteReader } from '@fieldline/bytes'

/** What an entry stands for: bits 7 and 6 of its first byte. */
export const TlvKind = { Instance: 0, ResourceInstance: 1, MultipleResource: 2, Resource: 3 } as const
export type TlvKind = (typeof TlvKind)[keyof typeof TlvKind]

export interface TlvEntry {
  readonly kind: TlvKind
  readonly id: number
  /** A view of the payload. */
  readonly value: Uint8Array
}

/**
 * Reads a sequence of entries to the end of the bytes; one that reaches beyond the end is 4.00. Entries inside entries are read by calling this
 * on their value.
 * @see LwM2M Core 1.2 §7.4.5
 */
export function readTlv(bytes: Uint8Array): TlvEntry[] {
  const reader = new ByteReader(bytes)
  const entries: TlvEntry[] = []
  while (reader.remaining > 0) {
    const type = reader.u8()
    const id = type & 0x20 ? reader.u16() : reader.u8()
    entries.push({ kind: (type >> 6) as TlvKind, id, value: reader.bytes(lengthOf(type, reader)) })
  }
  return entries
}

function lengthOf(type: number, reader: ByteReader): number {
  switch ((type >> 3) & 3) {
    case 0:
      return type & 7
    case 1:
      return reader.u8()
    case 2:
      return reader.u16()
    default:
      return reader.u24()
  }
}
