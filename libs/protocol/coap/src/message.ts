import { Code, InvariantError, ProtocolError } from '@fieldline/bytes'

/** Confirmable 0, non-confirmable 1, acknowledgement 2, reset 3 (RFC 7252 §3). */
export type MessageType = 0 | 1 | 2 | 3

/** The four message types by name. */
export const Type = { Confirmable: 0, NonConfirmable: 1, Acknowledgement: 2, Reset: 3 } as const

/** One option as it travels; `number` is absolute, not the delta. */
export interface CoapOption {
  readonly number: number
  readonly value: Uint8Array
}

/** A CoAP message over a datagram, nothing interpreted. `options` are in ascending order of number when decoded. */
export interface CoapMessage {
  readonly type: MessageType
  readonly code: Code
  readonly messageId: number
  readonly token: Uint8Array
  readonly options: readonly CoapOption[]
  readonly payload: Uint8Array
}

/** A request as callers and handlers see it: whole body, no blocks. */
export interface CoapRequest {
  readonly code: Code
  readonly uriPath: readonly string[]
  readonly uriQuery: readonly string[]
  readonly contentFormat?: number
  readonly accept?: number
  /** 0 registers an observation, 1 cancels it (RFC 7641 §2). */
  readonly observe?: number
  readonly payload: Uint8Array
  /** Default true. */
  readonly confirmable?: boolean
}

/** A response as callers and handlers see it: whole body, no blocks. */
export interface CoapResponse {
  readonly code: Code
  readonly contentFormat?: number
  readonly locationPath?: readonly string[]
  readonly observe?: number
  readonly etag?: Uint8Array
  /** Seconds. */
  readonly maxAge?: number
  readonly payload: Uint8Array
}

/** Who is at the other end of a transport. */
export interface Peer {
  /** Unique within the transport and stable for one address, for example `127.0.0.1:5683`. */
  readonly id: string
  readonly address: string
  readonly port: number
}

/** What carries datagrams. Implementations never throw from `send`: a datagram that cannot leave is a lost datagram. */
export interface DatagramTransport {
  readonly name: 'udp' | 'memory' | 'dtls'
  /** The address and port it listens on. */
  readonly address: string
  readonly port: number
  send(datagram: Uint8Array, peer: Peer): void
  /** Called once. The receiver may keep the datagram: its memory is not used again. */
  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void
  close(): Promise<void>
}

/** No bytes: the value of an absent token or payload. */
export const noBytes = new Uint8Array(0)

const noOptions: readonly CoapOption[] = []

/** More options than any real message carries; a datagram of one-byte options would otherwise cost 64 Ki objects. */
const maxOptions = 256
const payloadMarker = 0xff

function malformed(what: string): never {
  throw new ProtocolError(Code.BadRequest, what)
}

/**
 * Decodes one datagram. Token, option values and payload are views of `datagram`.
 * Throws `ProtocolError` for every message format error of RFC 7252 §3 and §4.1: shorter than a header, a version other than 1, a token
 * length of 9 to 15, an option that runs past the end, a reserved nibble, a payload marker with nothing after it, an empty message with
 * anything after its header, a reset that is not empty.
 */
export function decodeMessage(datagram: Uint8Array): CoapMessage {
  const end = datagram.length
  if (end < 4) malformed(`${end} bytes are less than a header`)
  const first = datagram[0]
  if (first >> 6 !== 1) malformed(`version ${first >> 6}`)
  const type = ((first >> 4) & 3) as MessageType
  const tokenLength = first & 15
  if (tokenLength > 8) malformed(`token length ${tokenLength}`)
  const code = datagram[1]
  const messageId = (datagram[2] << 8) | datagram[3]
  if (code === Code.Empty) {
    if (end !== 4) malformed('an empty message has bytes after its header')
    return { type, code, messageId, token: noBytes, options: noOptions, payload: noBytes }
  }
  if (type === Type.Reset) malformed('a reset with a code')
  let at = 4 + tokenLength
  if (at > end) malformed('ends inside the token')
  const token = tokenLength === 0 ? noBytes : datagram.subarray(4, at)
  if (at === end) return { type, code, messageId, token, options: noOptions, payload: noBytes }

  const options: CoapOption[] = []
  let number = 0
  while (at < end) {
    const header = datagram[at]
    if (header === payloadMarker) {
      if (at + 1 === end) malformed('a payload marker with no payload')
      return { type, code, messageId, token, options, payload: datagram.subarray(at + 1, end) }
    }
    at++
    let delta = header >> 4
    let length = header & 15
    if (delta === 15 || length === 15) malformed(`reserved nibble at byte ${at - 1}`)
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
    if (at > end || length > end - at) malformed(`an option runs past the end, byte ${end}`)
    number += delta
    if (number > 0xffff) malformed(`option number ${number}`)
    if (options.length === maxOptions) malformed(`more than ${maxOptions} options`)
    options.push({ number, value: datagram.subarray(at, at + length) })
    at += length
  }
  return { type, code, messageId, token, options, payload: noBytes }
}

function nibble(value: number): number {
  if (value < 13) return value
  return value < 269 ? 13 : 14
}

function extensionBytes(value: number): number {
  if (value < 13) return 0
  return value < 269 ? 1 : 2
}

function writeExtension(bytes: Uint8Array, at: number, value: number): number {
  if (value < 13) return at
  if (value < 269) {
    bytes[at] = value - 13
    return at + 1
  }
  bytes[at] = (value - 269) >> 8
  bytes[at + 1] = value - 269
  return at + 2
}

function ascending(options: readonly CoapOption[]): readonly CoapOption[] {
  for (let i = 1; i < options.length; i++) {
    if (options[i].number < options[i - 1].number) return [...options].sort((a, b) => a.number - b.number)
  }
  return options
}

/**
 * Encodes a message; options may be in any order, those of one number keep theirs. Throws `InvariantError` for a token over 8 bytes, an
 * option number over 65535 or an option value over 65804 bytes: none can be written.
 */
export function encodeMessage(message: CoapMessage): Uint8Array {
  const { token, payload, messageId } = message
  if (token.length > 8) throw new InvariantError(`a token of ${token.length} bytes`)
  const options = ascending(message.options)
  // Measured first, so that the datagram is one allocation of the right size.
  let length = 4 + token.length + (payload.length > 0 ? payload.length + 1 : 0)
  let previous = 0
  for (let i = 0; i < options.length; i++) {
    const { number, value } = options[i]
    if (number > 0xffff || value.length > 0xffff + 269) {
      throw new InvariantError(`option ${number} of ${value.length} bytes cannot be written`)
    }
    length += 1 + extensionBytes(number - previous) + extensionBytes(value.length) + value.length
    previous = number
  }
  const bytes = new Uint8Array(length)
  bytes[0] = 0x40 | (message.type << 4) | token.length
  bytes[1] = message.code
  bytes[2] = messageId >> 8
  bytes[3] = messageId
  bytes.set(token, 4)
  let at = 4 + token.length
  previous = 0
  for (let i = 0; i < options.length; i++) {
    const { number, value } = options[i]
    const delta = number - previous
    bytes[at++] = (nibble(delta) << 4) | nibble(value.length)
    at = writeExtension(bytes, at, delta)
    at = writeExtension(bytes, at, value.length)
    bytes.set(value, at)
    at += value.length
    previous = number
  }
  if (payload.length > 0) {
    bytes[at] = payloadMarker
    bytes.set(payload, at + 1)
  }
  return bytes
}

/** An empty message: acknowledgement, reset or ping (RFC 7252 §4.1). */
export function encodeEmpty(type: MessageType, messageId: number): Uint8Array {
  return Uint8Array.of(0x40 | (type << 4), Code.Empty, messageId >> 8, messageId & 0xff)
}
