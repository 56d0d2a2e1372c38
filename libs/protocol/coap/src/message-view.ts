import { Code } from '@fieldline/bytes'
import type { MessageType } from './message.js'

/** See `CoapLimits.maxOptions`. */
export const defaultMaxOptions = 256

const payloadMarker = 0xff
const reset = 3

/**
 * Where things are in one datagram, found without copying or allocating anything; used again for the next datagram. Offsets count from the
 * start of `bytes`. Option `i` has the number `numbers[i]` and the bytes from `starts[i]` to `ends[i]`; numbers ascend.
 */
export class MessageView {
  bytes: Uint8Array = new Uint8Array(0)
  type: MessageType = 0
  code: Code = Code.Empty
  messageId = 0
  tokenStart = 4
  tokenEnd = 4
  optionCount = 0
  readonly numbers: Uint16Array
  readonly starts: Uint16Array
  readonly ends: Uint16Array
  payloadStart = 4
  end = 4

  /** @param allowsBert the transport is a stream, where one message may carry several blocks (RFC 8323 §6) */
  constructor(
    readonly allowsBert = false,
    private readonly maxOptions = defaultMaxOptions,
  ) {
    this.numbers = new Uint16Array(maxOptions)
    this.starts = new Uint16Array(maxOptions)
    this.ends = new Uint16Array(maxOptions)
  }

  /**
   * Reads a datagram. Answers what is wrong with it, or undefined: every message format error of RFC 7252 §3, §4.1 and
   * RFC 8974 §2.1 is found. Nothing past the first fault may be used, except `messageId` of a datagram of four bytes or more.
   */
  read(datagram: Uint8Array): string | undefined {
    const end = datagram.length
    if (end < 4) return 'shorter than a header'
    if (end > 0xffff) return 'longer than a UDP datagram'
    this.bytes = datagram
    this.end = end
    const first = datagram[0]
    this.type = ((first >> 4) & 3) as MessageType
    this.code = datagram[1]
    this.messageId = (datagram[2] << 8) | datagram[3]
    this.optionCount = 0
    // RFC 7252 §3: another version is silently ignored.
    if (first >> 6 !== 1) return 'not version 1'
    if (this.code === Code.Empty) {
      // RFC 7252 §4.1: nothing may follow, and the token length must be 0.
      if (end !== 4 || (first & 15) !== 0) return 'an empty message has a token, options or a payload'
      this.tokenStart = this.tokenEnd = this.payloadStart = 4
      return undefined
    }
    if (this.type === reset) return 'a reset with a code'
    let at = 4
    let tokenLength = first & 15
    // RFC 8974 §2.1: up to 12 is the length itself, 13 and 14 announce an extension, 15 is reserved.
    if (tokenLength === 13) tokenLength = datagram[at++] + 13
    else if (tokenLength === 14) {
      tokenLength = ((datagram[at] << 8) | datagram[at + 1]) + 269
      at += 2
    } else if (tokenLength === 15) return 'token length 15 is reserved'
    this.tokenStart = at
    at += tokenLength
    // An extension byte past the end reads as undefined and makes this NaN, which is not within the end either.
    if (!(at <= end)) return 'ends inside the token'
    this.tokenEnd = at
    return this.#readOptions(datagram, at, end)
  }

  /** RFC 7252 §3.1. */
  #readOptions(datagram: Uint8Array, from: number, end: number): string | undefined {
    let at = from
    let number = 0
    let count = 0
    while (at < end) {
      const header = datagram[at]
      if (header === payloadMarker) {
        if (at + 1 === end) return 'a payload marker with no payload'
        at++
        break
      }
      at++
      let delta = header >> 4
      let length = header & 15
      if (delta === 15 || length === 15) return 'a reserved option nibble'
      // An extension byte past the end reads as undefined; the check below then fails because `at` has passed `end`.
      if (delta === 13) delta = datagram[at++] + 13
      else if (delta === 14) {
        delta = ((datagram[at] << 8) | datagram[at + 1]) + 269
        at += 2
      }
      if (length === 13) length = datagram[at++] + 13
      else if (length === 14) {
        length = ((datagram[at] << 8) | datagram[at + 1]) + 269
        at += 2
      }
      if (at > end || length > end - at) return 'an option runs past the end'
      number += delta
      if (number > 0xffff) return 'an option number over 65535'
      if (count === this.maxOptions) return `more than ${this.maxOptions} options`
      this.numbers[count] = number
      this.starts[count] = at
      at += length
      this.ends[count++] = at
    }
    this.optionCount = count
    this.payloadStart = at
    return undefined
  }

  /** A view of the bytes from `start` to `end`; a plain Uint8Array also where the datagram is a Buffer. */
  slice(start: number, end: number): Uint8Array {
    const { bytes } = this
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start)
  }

  /** The value of option `i` as a view. */
  value(i: number): Uint8Array {
    return this.slice(this.starts[i], this.ends[i])
  }

  /** The value of option `i` as an unsigned integer; leading zero bytes are allowed (RFC 7252 §3.2). */
  uint(i: number): number {
    let number = 0
    for (let at = this.starts[i]; at < this.ends[i]; at++) number = number * 256 + this.bytes[at]
    return number
  }

  /** Bytes of option `i`. */
  length(i: number): number {
    return this.ends[i] - this.starts[i]
  }
}
