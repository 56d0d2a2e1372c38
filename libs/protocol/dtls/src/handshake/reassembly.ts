import { HandshakeType, copyOf } from '../wire.js'
import type { Fragment } from './message.js'

/** A handshake message in one piece. */
export interface Message {
  readonly type: number
  readonly sequence: number
  /** The epoch its fragments came in; 1 is authentic. */
  readonly epoch: number
  readonly body: Uint8Array
}

interface Slot {
  readonly type: number
  readonly length: number
  readonly epoch: number
  readonly buffer: Uint8Array
  /** Sorted, disjoint pieces [start, end). */
  pieces: [number, number][]
}

/** Messages ahead of the next one that are kept: more than any flight has. */
const ahead = 6
/** Bytes of all messages together; what exceeds them is dropped and comes again. */
const maxBuffered = 16_384
/** Pieces with gaps between them per message. */
const maxPieces = 32

/** The longest body accepted of each type: nobody makes us hold more. */
const longest: Readonly<Record<number, number>> = {
  [HandshakeType.ClientHello]: 2048,
  [HandshakeType.ServerHello]: 1024,
  [HandshakeType.HelloVerifyRequest]: 260,
  [HandshakeType.Certificate]: 8192,
  [HandshakeType.ServerKeyExchange]: 1024,
  [HandshakeType.CertificateRequest]: 4096,
  [HandshakeType.ServerHelloDone]: 0,
  [HandshakeType.CertificateVerify]: 512,
  // a PSK identity may have 2^16 bytes (RFC 4279 §5.3); 128 must be supported
  [HandshakeType.ClientKeyExchange]: 1024,
  [HandshakeType.Finished]: 64,
}

/** The longest body of a type that is ever put together; −1 for a type that there is not. */
export function longestBody(type: number): number {
  return longest[type] ?? -1
}

/** Puts handshake messages together from fragments, in any order, repeated or overlapping; bounded. */
export class Reassembly {
  readonly #slots = new Map<number, Slot>()
  /** Sequence number of the next message to take. */
  next = 0
  #buffered = 0

  /** Keeps a fragment; false if it is none that can be kept. */
  add(fragment: Fragment, epoch: number): boolean {
    const { type, length, offset, bytes, messageSequence } = fragment
    if (length > longestBody(type) || offset + bytes.length > length) return false
    if (messageSequence < this.next || messageSequence >= this.next + ahead) return false
    let slot = this.#slots.get(messageSequence)
    if (slot && (slot.type !== type || slot.length !== length || slot.epoch !== epoch)) {
      // What is authentic stays; among the rest the newest wins, so that one forged fragment cannot block the true message for good.
      if (slot.epoch > epoch) return false
      this.#drop(messageSequence)
      slot = undefined
    }
    if (!slot) {
      if (!this.#makeRoom(length, messageSequence)) return false
      this.#buffered += length
      if (bytes.length === length) {
        // whole, as most are
        const whole: Slot = { type, length, epoch, buffer: copyOf(bytes), pieces: [[0, length]] }
        this.#slots.set(messageSequence, whole)
        return true
      }
      slot = { type, length, epoch, buffer: new Uint8Array(length), pieces: [] }
      this.#slots.set(messageSequence, slot)
    }
    slot.buffer.set(bytes, offset)
    slot.pieces = joined([...slot.pieces, [offset, offset + bytes.length]])
    if (slot.pieces.length > maxPieces) this.#drop(messageSequence)
    return true
  }

  /** Room for so many bytes, at the cost of messages further ahead: forged ones may fill all there is, and must not keep out what comes first. */
  #makeRoom(length: number, messageSequence: number): boolean {
    for (let last = this.next + ahead - 1; last > messageSequence; last--) {
      if (this.#buffered + length <= maxBuffered) break
      this.#drop(last)
    }
    return this.#buffered + length <= maxBuffered
  }

  /** The next message if it is whole; it stays until `advance` or `discard`. */
  peek(): Message | undefined {
    const slot = this.#slots.get(this.next)
    if (!slot || slot.pieces.length !== 1) return undefined
    const [[start, end]] = slot.pieces
    if (start !== 0 || end !== slot.length) return undefined
    return { type: slot.type, sequence: this.next, epoch: slot.epoch, body: slot.buffer }
  }

  /** Goes on to the message after this one. */
  advance(): void {
    this.#drop(this.next++)
  }

  /** Forgets the message, which was not the true one; its retransmission may be. */
  discard(): void {
    this.#drop(this.next)
  }

  #drop(messageSequence: number): void {
    this.#buffered -= this.#slots.get(messageSequence)?.length ?? 0
    this.#slots.delete(messageSequence)
  }
}

/** Sorts pieces and joins those that touch. */
function joined(pieces: [number, number][]): [number, number][] {
  pieces.sort((a, b) => a[0] - b[0])
  const result: [number, number][] = []
  for (const [start, end] of pieces) {
    const last = result.at(-1)
    if (last && start <= last[1]) last[1] = Math.max(last[1], end)
    else result.push([start, end])
  }
  return result
}
