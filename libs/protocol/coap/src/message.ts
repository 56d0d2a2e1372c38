import { Code, ProtocolError } from '@fieldline/bytes'
import { MessageView } from './message-view.js'
import { MessageWriter } from './message-writer.js'

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
  /** Entity tags of representations that the client holds and wants confirmed with 2.03 (RFC 7252 §5.10.6.2). */
  readonly etags?: readonly Uint8Array[]
  /** Do it only if the representation has one of these tags; an empty tag asks only that there is one (RFC 7252 §5.10.8.1). */
  readonly ifMatch?: readonly Uint8Array[]
  /** Do it only if there is no representation yet (RFC 7252 §5.10.8.2). */
  readonly ifNoneMatch?: boolean
  /** Classes of answers that are not wanted, a sum of 2 for 2.xx, 8 for 4.xx and 16 for 5.xx (RFC 7967 §2.1). */
  readonly noResponse?: number
}

/**
 * A response as callers and handlers see it: whole body, no blocks. The code is 0.00 where the caller wanted no answer (No-Response) and
 * none came.
 */
export interface CoapResponse {
  readonly code: Code
  readonly contentFormat?: number
  readonly locationPath?: readonly string[]
  readonly locationQuery?: readonly string[]
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
  /** Who it has proved to be, the same in every session of its own; absent where nothing was proved. For who compares, never parsed. */
  readonly identity?: string
  /** The name in that proof, if there is one: a PSK identity that is text, the common name of a certificate. */
  readonly identityName?: string
}

/** What carries datagrams. Implementations never throw from `send`: a datagram that cannot leave is a lost datagram. */
export interface DatagramTransport {
  readonly name: 'udp' | 'memory' | 'dtls' | 'tcp' | 'tls'
  /** What is sent arrives once and in order, or not at all: notifications need no counter (RFC 8323 §7.1), nothing is a duplicate. Default false. */
  readonly ordered?: boolean
  /** The address and port it listens on. */
  readonly address: string
  readonly port: number
  /** The datagram is not written to again. */
  send(datagram: Uint8Array, peer: Peer): void
  /** False where nothing that is sent now can arrive, because the peer has to begin the session; absent: true. */
  reaches?(peer: Peer): boolean
  /** Bytes of a body that one message to a peer may carry; absent: as much as a block of the endpoint. From 2048 on that is BERT (RFC 8323 §6). */
  partBytes?(peer: Peer): number
  /**
   * Called once. The receiver may keep the datagram: its memory is not used again. A transport with connections calls `gone` when one has
   * ended, or cannot be had: no answer will come from that peer.
   */
  listen(receive: (datagram: Uint8Array, peer: Peer) => void, gone?: (peer: Peer) => void): void
  close(): Promise<void>
}

/** No bytes: the value of an absent token or payload. */
export const noBytes = new Uint8Array(0)

// Nothing of either outlives a call.
const view = new MessageView()
const writer = new MessageWriter()

/**
 * Decodes one datagram. Token, option values and payload are views of `datagram`.
 * Throws `ProtocolError` for every message format error of RFC 7252 §3, §4.1 and RFC 8974 §2.1: shorter than a header, a version other than
 * 1, the reserved token length 15, an option that runs past the end, a reserved nibble, a payload marker with nothing after it, an empty
 * message with anything after its header, a reset that is not empty.
 */
export function decodeMessage(datagram: Uint8Array): CoapMessage {
  const fault = view.read(datagram)
  if (fault !== undefined) throw new ProtocolError(Code.BadRequest, fault)
  const { type, code, messageId, tokenStart, tokenEnd, payloadStart, end } = view
  const options: CoapOption[] = []
  for (let i = 0; i < view.optionCount; i++) options.push({ number: view.numbers[i], value: view.value(i) })
  return {
    type,
    code,
    messageId,
    token: tokenEnd > tokenStart ? view.slice(tokenStart, tokenEnd) : noBytes,
    options,
    payload: end > payloadStart ? view.slice(payloadStart, end) : noBytes,
  }
}

/**
 * Encodes a message; options may be in any order, those of one number keep theirs. Throws `InvariantError` for a token over 65804 bytes, an
 * option number over 65535 or an option value over 65804 bytes: none can be written.
 */
export function encodeMessage(message: CoapMessage): Uint8Array {
  writer.begin(message.type, message.code, message.messageId, message.token)
  for (const { number, value } of [...message.options].sort((a, b) => a.number - b.number))
    writer.opaque(number, value)
  return writer.finish(message.payload).slice()
}
