import { badPayload } from '../errors.js'

/** What an entry stands for: bits 7 and 6 of its first byte. */
export const TlvKind = { Instance: 0, ResourceInstance: 1, MultipleResource: 2, Resource: 3 } as const
export type TlvKind = (typeof TlvKind)[keyof typeof TlvKind]

/**
 * Walks a sequence of entries in place: after `next()` the fields describe the current entry, whose value is the bytes `start`..`end`. Entries inside
 * an entry are walked by another reader over its value. An entry that reaches beyond its sequence is 4.00.
 * @see LwM2M Core 1.2 §7.4.5
 */
export class TlvReader {
  kind: TlvKind = TlvKind.Instance
  id = 0
  start = 0
  end: number
  readonly #bytes: Uint8Array
  readonly #limit: number

  constructor(bytes: Uint8Array, start = 0, limit = bytes.length) {
    this.#bytes = bytes
    this.end = start
    this.#limit = limit
  }

  /** Steps to the next entry; false at the end of the sequence. */
  next(): boolean {
    const bytes = this.#bytes
    const limit = this.#limit
    let at = this.end
    if (at >= limit) return false
    const type = bytes[at]!
    const lengthSize = (type >> 3) & 3
    const wideId = (type & 0x20) !== 0
    const header = (wideId ? 3 : 2) + lengthSize
    if (header > limit - at) throw this.#tooShort(at, header)
    this.kind = (type >> 6) as TlvKind
    this.id = wideId ? (bytes[at + 1]! << 8) | bytes[at + 2]! : bytes[at + 1]!
    at += header
    let length = type & 7
    if (lengthSize > 0) {
      length = bytes[at - 1]!
      if (lengthSize > 1) length |= bytes[at - 2]! << 8
      if (lengthSize > 2) length |= bytes[at - 3]! << 16
    }
    if (length > limit - at) throw this.#tooShort(at, length)
    this.start = at
    this.end = at + length
    return true
  }

  #tooShort(at: number, wanted: number): Error {
    return badPayload(`TLV: ends at byte ${this.#limit}, ${wanted} bytes wanted at byte ${at}`)
  }
}
