import type { Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import { KeyedHash } from './keyed-hash.js'
import { capacityFor } from './keyed-rows.js'

/**
 * Bytes of an answer kept beside its entry, its Message ID aside, which is that of the entry: an acknowledgement with a token of eight bytes
 * and the Location-Path of a registration fits.
 */
const inlineBytes = 26
const firstCapacity = capacityFor(1)
const unitMs = 100

/** What an entry is: from `inline` on, the mark less `inline` is the length of the answer kept beside it. */
const Mark = { free: 0, pending: 1, silent: 2, long: 3, inline: 4 } as const

/**
 * Remembers messages by peer and Message ID for their lifetime, and what was answered (RFC 7252 §4.2, §4.5). A ring in typed arrays: 49 bytes
 * an entry, growing to a bound, then the oldest is overwritten. Peers are kept as a 64-bit hash keyed with random numbers.
 *
 * An entry is named by its sequence number. A name outlives its entry harmlessly: `store` and `release` of an overwritten one do nothing.
 */
export class Deduplication {
  readonly #maxCapacity: number
  readonly #maxLongBytes: number
  readonly #counters: CoapCounters
  readonly #hash: KeyedHash
  #capacity = firstCapacity
  #heads = new Int32Array(firstCapacity).fill(-1)
  #nexts = new Int32Array(firstCapacity)
  #hashA = new Int32Array(firstCapacity)
  #hashB = new Int32Array(firstCapacity)
  #ids = new Uint16Array(firstCapacity)
  #expiries = new Uint32Array(firstCapacity)
  #marks = new Uint8Array(firstCapacity)
  #inline = new Uint8Array(firstCapacity * inlineBytes)
  readonly #long = new Map<number, Uint8Array>()
  #longBytes = 0
  #first = 0
  #next = 0
  #origin: number | undefined

  constructor(maxExchanges: number, maxLongBytes: number, random: Random, counters: CoapCounters) {
    this.#maxCapacity = capacityFor(maxExchanges)
    this.#maxLongBytes = maxLongBytes
    this.#counters = counters
    this.#hash = new KeyedHash(random)
  }

  /** Entries in memory, those past their lifetime included. */
  get size(): number {
    return this.#next - this.#first
  }

  #bucket(hashA: number, messageId: number): number {
    const mixed = Math.imul(hashA ^ Math.imul(messageId, 0x9e3779b1), 0x27d4eb2f)
    return (mixed ^ (mixed >>> 15)) & (this.#capacity - 1)
  }

  #time(nowMs: number): number {
    this.#origin ??= nowMs
    return Math.max(0, Math.floor((nowMs - this.#origin) / unitMs))
  }

  /** The entry of a message seen before and not past its lifetime, or -1. */
  find(peerId: string, messageId: number, nowMs: number): number {
    this.#hash.text(peerId)
    const { a, b } = this.#hash
    const mask = this.#capacity - 1
    for (let i = this.#heads[this.#bucket(a, messageId)]; i >= 0; i = this.#nexts[i]) {
      if (this.#ids[i] === messageId && this.#hashA[i] === a && this.#hashB[i] === b) {
        if (this.#expiries[i] <= this.#time(nowMs)) return -1
        return this.#first + ((i - this.#first) & mask)
      }
    }
    return -1
  }

  /** Remembers a message as pending; answers its entry. */
  add(peerId: string, messageId: number, nowMs: number, lifetimeMs: number): number {
    const now = this.#time(nowMs)
    // Two for one keeps the ring near what is alive, without a timer.
    this.#dropOldest(now)
    this.#dropOldest(now)
    if (this.size === this.#capacity) {
      if (this.#capacity < this.#maxCapacity) this.#grow()
      else {
        this.#counters.exchangesEvicted++
        this.#drop(this.#first)
        this.#first++
      }
    }
    this.#hash.text(peerId)
    const entry = this.#next++
    const i = entry & (this.#capacity - 1)
    this.#hashA[i] = this.#hash.a
    this.#hashB[i] = this.#hash.b
    this.#ids[i] = messageId
    this.#expiries[i] = now + Math.ceil(lifetimeMs / unitMs)
    this.#marks[i] = Mark.pending
    this.#chain(i)
    return entry
  }

  #chain(i: number): void {
    const bucket = this.#bucket(this.#hashA[i], this.#ids[i])
    this.#nexts[i] = this.#heads[bucket]
    this.#heads[bucket] = i
  }

  #dropOldest(now: number): void {
    if (this.#first === this.#next) return
    const i = this.#first & (this.#capacity - 1)
    if (this.#marks[i] !== Mark.free && this.#expiries[i] > now) return
    this.#drop(this.#first)
    this.#first++
  }

  #drop(entry: number): void {
    const i = entry & (this.#capacity - 1)
    if (this.#marks[i] === Mark.free) return
    if (this.#marks[i] === Mark.long) this.#forgetLong(entry)
    this.#marks[i] = Mark.free
    const bucket = this.#bucket(this.#hashA[i], this.#ids[i])
    let at = this.#heads[bucket]
    if (at === i) {
      this.#heads[bucket] = this.#nexts[i]
      return
    }
    while (at >= 0 && this.#nexts[at] !== i) at = this.#nexts[at]
    if (at >= 0) this.#nexts[at] = this.#nexts[i]
  }

  #forgetLong(entry: number): void {
    const answer = this.#long.get(entry)
    if (!answer) return
    this.#longBytes -= answer.length
    this.#long.delete(entry)
  }

  #held(entry: number): number {
    if (entry < this.#first || entry >= this.#next) return -1
    const i = entry & (this.#capacity - 1)
    return this.#marks[i] === Mark.free ? -1 : i
  }

  /** Keeps the datagram that answers a message, to be repeated; an empty one means that the message was dealt with in silence. */
  store(entry: number, answer: Uint8Array): void {
    const i = this.#held(entry)
    if (i < 0) return
    if (this.#marks[i] === Mark.long) this.#forgetLong(entry)
    const { length } = answer
    if (length === 0) this.#marks[i] = Mark.silent
    else if (length >= 4 && length <= inlineBytes + 2 && ((answer[2] << 8) | answer[3]) === this.#ids[i]) {
      this.#marks[i] = Mark.inline + length - 2
      let at = i * inlineBytes
      this.#inline[at++] = answer[0]
      this.#inline[at++] = answer[1]
      for (let from = 4; from < length; from++) this.#inline[at++] = answer[from]
    } else {
      this.#marks[i] = Mark.long
      // A copy: the datagram may be a small part of the memory that it keeps.
      this.#long.set(entry, answer.slice())
      this.#longBytes += length
      // Insertion order: the oldest long answers go first. Their duplicates are still known, only no longer answered.
      for (const oldest of this.#long.keys()) {
        if (this.#longBytes <= this.#maxLongBytes) break
        this.#forgetLong(oldest)
      }
    }
  }

  /** The answer to repeat; undefined while pending, or if it was dealt with in silence. */
  answer(entry: number): Uint8Array | undefined {
    const i = this.#held(entry)
    if (i < 0) return undefined
    const mark = this.#marks[i]
    if (mark === Mark.long) return this.#long.get(entry)
    if (mark < Mark.inline) return undefined
    const kept = mark - Mark.inline
    const answer = new Uint8Array(kept + 2)
    const at = i * inlineBytes
    answer.set(this.#inline.subarray(at + 2, at + kept), 4)
    answer[0] = this.#inline[at]
    answer[1] = this.#inline[at + 1]
    answer[2] = this.#ids[i] >> 8
    answer[3] = this.#ids[i]
    return answer
  }

  /** Forgets a message, so that its retransmission is taken as new. */
  release(entry: number): void {
    if (this.#held(entry) >= 0) this.#drop(entry)
  }

  /** Only called when the ring is full. */
  #grow(): void {
    const old = this.#capacity
    this.#capacity *= 2
    const split = this.#first & (old - 1)
    const to = this.#first & (this.#capacity - 1)
    this.#hashA = unrolled(this.#hashA, new Int32Array(this.#capacity), split, to)
    this.#hashB = unrolled(this.#hashB, new Int32Array(this.#capacity), split, to)
    this.#ids = unrolled(this.#ids, new Uint16Array(this.#capacity), split, to)
    this.#expiries = unrolled(this.#expiries, new Uint32Array(this.#capacity), split, to)
    this.#marks = unrolled(this.#marks, new Uint8Array(this.#capacity), split, to)
    const inline = new Uint8Array(this.#capacity * inlineBytes)
    this.#inline = unrolled(this.#inline, inline, split * inlineBytes, to * inlineBytes)
    this.#heads = new Int32Array(this.#capacity).fill(-1)
    this.#nexts = new Int32Array(this.#capacity)
    for (let entry = this.#first; entry < this.#next; entry++) {
      const i = entry & (this.#capacity - 1)
      if (this.#marks[i] !== Mark.free) this.#chain(i)
    }
  }
}

/**
 * A full ring copied into one twice as long: its first entry is at `split` of the old one and at `to` of the new one, where its second part
 * follows the first.
 */
function unrolled<T extends Int32Array | Uint32Array | Uint16Array | Uint8Array>(
  from: T,
  into: T,
  split: number,
  to: number,
): T {
  into.set(from.subarray(split), to)
  into.set(from.subarray(0, split), (to + from.length - split) % into.length)
  return into
}
