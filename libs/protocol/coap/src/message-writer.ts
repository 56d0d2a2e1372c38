import { Code, InvariantError } from '@fieldline/bytes'
import type { MessageType } from './message.js'

/** A slab holds some hundred acknowledgements. What keeps a datagram keeps its slab, so it is small. */
const slabBytes = 8 * 1024
/** Longest token that its extended length can express (RFC 8974 §2.1). */
export const maxTokenLength = 0xffff + 269
const maxExtended = 0xffff + 269
const payloadMarker = 0xff

const textEncoder = new TextEncoder()

function extensionBytes(value: number): number {
  if (value < 13) return 0
  return value < 269 ? 1 : 2
}

/**
 * Writes messages one after another into slabs of memory that are never used twice, so that a datagram costs one small object. Call
 * `begin`, then options in ascending order, then `finish`.
 */
export class MessageWriter {
  #slab = new Uint8Array(slabBytes)
  #start = 0
  #at = 0
  #last = 0

  /** Starts a message. The token is `token` from `tokenStart` to `tokenEnd`. Throws `InvariantError` for one that is too long. */
  begin(
    type: MessageType,
    code: Code,
    messageId: number,
    token: Uint8Array,
    tokenStart = 0,
    tokenEnd = token.length,
  ): this {
    const length = tokenEnd - tokenStart
    if (length > maxTokenLength) throw new InvariantError(`a token of ${length} bytes`)
    this.#start = this.#at
    this.#reserve(6 + length)
    const slab = this.#slab
    let at = this.#at
    const nibble = length < 13 ? length : length < 269 ? 13 : 14
    slab[at++] = 0x40 | (type << 4) | nibble
    slab[at++] = code
    slab[at++] = messageId >> 8
    slab[at++] = messageId
    if (nibble === 13) slab[at++] = length - 13
    else if (nibble === 14) {
      slab[at++] = (length - 269) >> 8
      slab[at++] = length - 269
    }
    for (let i = tokenStart; i < tokenEnd; i++) slab[at++] = token[i]
    this.#at = at
    this.#last = 0
    return this
  }

  /** Room for `bytes` more; a message that does not fit moves to a new slab. */
  #reserve(bytes: number): void {
    if (this.#at + bytes <= this.#slab.length) return
    const begun = this.#at - this.#start
    const slab = new Uint8Array(Math.max(slabBytes, 2 * (begun + bytes)))
    slab.set(this.#slab.subarray(this.#start, this.#at))
    this.#slab = slab
    this.#start = 0
    this.#at = begun
  }

  #header(number: number, length: number): void {
    const delta = number - this.#last
    if (delta < 0 || number > 0xffff || length > maxExtended) {
      throw new InvariantError(
        `option ${number} of ${length} bytes cannot be written after option ${this.#last}`,
      )
    }
    this.#last = number
    this.#reserve(5 + length)
    const slab = this.#slab
    const deltaExtra = extensionBytes(delta)
    const lengthExtra = extensionBytes(length)
    let at = this.#at
    slab[at++] =
      ((deltaExtra === 0 ? delta : 12 + deltaExtra) << 4) | (lengthExtra === 0 ? length : 12 + lengthExtra)
    if (deltaExtra === 1) slab[at++] = delta - 13
    else if (deltaExtra === 2) {
      slab[at++] = (delta - 269) >> 8
      slab[at++] = delta - 269
    }
    if (lengthExtra === 1) slab[at++] = length - 13
    else if (lengthExtra === 2) {
      slab[at++] = (length - 269) >> 8
      slab[at++] = length - 269
    }
    this.#at = at
  }

  /** An opaque option. Throws `InvariantError` if it cannot be written: out of order, over 65535, or a value over 65804 bytes. */
  opaque(number: number, value: Uint8Array): this {
    this.#header(number, value.length)
    this.#slab.set(value, this.#at)
    this.#at += value.length
    return this
  }

  /** An option that is an unsigned integer of up to 32 bits, in as few bytes as possible; 0 is empty (RFC 7252 §3.2). */
  uint(number: number, value: number): this {
    const length = value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4
    this.#header(number, length)
    for (let shift = (length - 1) * 8; shift >= 0; shift -= 8) this.#slab[this.#at++] = value >>> shift
    return this
  }

  /** An option that is UTF-8 text. */
  text(number: number, value: string): this {
    const { length } = value
    for (let i = 0; i < length; i++)
      if (value.charCodeAt(i) > 0x7f) return this.opaque(number, textEncoder.encode(value))
    this.#header(number, length)
    for (let i = 0; i < length; i++) this.#slab[this.#at++] = value.charCodeAt(i)
    return this
  }

  /** Ends the message with its payload, from `start` to `end` of `payload`; an empty one has no marker. */
  finish(payload?: Uint8Array, start = 0, end = payload?.length ?? 0): Uint8Array {
    if (payload && end > start) {
      this.#reserve(1 + end - start)
      this.#slab[this.#at++] = payloadMarker
      this.#slab.set(start === 0 && end === payload.length ? payload : payload.subarray(start, end), this.#at)
      this.#at += end - start
    }
    return new Uint8Array(this.#slab.buffer, this.#start, this.#at - this.#start)
  }

  /** An empty message: acknowledgement, reset or ping (RFC 7252 §4.1). */
  empty(type: MessageType, messageId: number): Uint8Array {
    return this.begin(type, Code.Empty, messageId, this.#slab, 0, 0).finish()
  }
}
