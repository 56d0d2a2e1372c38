import type { Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'

/** Bytes of an answer kept beside its entry: an acknowledgement with a token and a short Location-Path fits. */
const inlineBytes = 32
const firstCapacity = 16
const unitMs = 100

const State = { Free: 0, Pending: 1, Answered: 2 } as const

/**
 * Remembers messages by peer and Message ID for their lifetime, and what was answered (RFC 7252 §4.2, §4.5). A ring in typed arrays: 60 bytes
 * an entry, growing to a bound, then the oldest is overwritten. Peers are kept as a 64-bit hash keyed with random numbers.
 *
 * An entry is named by its sequence number. A name outlives its entry harmlessly: `store` and `release` of an overwritten one do nothing.
 */
export class Deduplication {
  readonly #maxCapacity: number
  readonly #maxLongBytes: number
  readonly #counters: CoapCounters
  readonly #seedA: number
  readonly #seedB: number
  #capacity = firstCapacity
  #heads = new Int32Array(firstCapacity * 2).fill(-1)
  #nexts = new Int32Array(firstCapacity)
  #hashA = new Int32Array(firstCapacity)
  #hashB = new Int32Array(firstCapacity)
  #ids = new Uint16Array(firstCapacity)
  #expiries = new Uint32Array(firstCapacity)
  #states = new Uint8Array(firstCapacity)
  #lengths = new Uint8Array(firstCapacity)
  #inline = new Uint8Array(firstCapacity * inlineBytes)
  #long = new Map<number, Uint8Array>()
  #longBytes = 0
  #first = 0
  #next = 0
  #origin: number | undefined
  // The hash of the peer asked for last: `find` and `add` come in pairs.
  #hashed: string | undefined
  #a = 0
  #b = 0

  constructor(maxExchanges: number, maxLongBytes: number, random: Random, counters: CoapCounters) {
    this.#maxCapacity = Math.max(firstCapacity, 2 ** Math.ceil(Math.log2(maxExchanges)))
    this.#maxLongBytes = maxLongBytes
    this.#counters = counters
    const bytes = random.bytes(8)
    const seed = new DataView(bytes.buffer, bytes.byteOffset)
    this.#seedA = seed.getInt32(0)
    this.#seedB = seed.getInt32(4)
  }

  /** Entries in memory, those past their lifetime included. */
  get size(): number {
    return this.#next - this.#first
  }

  #hash(peerId: string): void {
    if (peerId === this.#hashed) return
    this.#hashed = peerId
    let a = this.#seedA
    let b = this.#seedB
    for (let i = 0; i < peerId.length; i++) {
      const char = peerId.charCodeAt(i)
      a = Math.imul(a ^ char, 0x85ebca6b)
      a ^= a >>> 15
      b = Math.imul(b + char, 0xc2b2ae35)
      b ^= b >>> 13
    }
    this.#a = a
    this.#b = b
  }

  #bucket(hashA: number, messageId: number): number {
    const mixed = Math.imul(hashA ^ Math.imul(messageId, 0x9e3779b1), 0x27d4eb2f)
    return (mixed ^ (mixed >>> 15)) & (this.#capacity * 2 - 1)
  }

  #time(nowMs: number): number {
    this.#origin ??= nowMs
    return Math.max(0, Math.floor((nowMs - this.#origin) / unitMs))
  }

  /** The entry of a message seen before and not past its lifetime, or -1. */
  find(peerId: string, messageId: number, nowMs: number): number {
    this.#hash(peerId)
    const mask = this.#capacity - 1
    for (let i = this.#heads[this.#bucket(this.#a, messageId)]; i >= 0; i = this.#nexts[i]) {
      if (this.#ids[i] === messageId && this.#hashA[i] === this.#a && this.#hashB[i] === this.#b) {
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
        this.#drop(this.#first & (this.#capacity - 1))
        this.#first++
      }
    }
    this.#hash(peerId)
    const entry = this.#next++
    const i = entry & (this.#capacity - 1)
    this.#hashA[i] = this.#a
    this.#hashB[i] = this.#b
    this.#ids[i] = messageId
    this.#expiries[i] = now + Math.ceil(lifetimeMs / unitMs)
    this.#states[i] = State.Pending
    this.#lengths[i] = 0
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
    if (this.#states[i] !== State.Free && this.#expiries[i] > now) return
    this.#drop(i)
    this.#first++
  }

  #drop(i: number): void {
    if (this.#states[i] === State.Free) return
    this.#states[i] = State.Free
    this.#forgetLong(i)
    const bucket = this.#bucket(this.#hashA[i], this.#ids[i])
    let at = this.#heads[bucket]
    if (at === i) {
      this.#heads[bucket] = this.#nexts[i]
      return
    }
    while (at >= 0 && this.#nexts[at] !== i) at = this.#nexts[at]
    if (at >= 0) this.#nexts[at] = this.#nexts[i]
  }

  #forgetLong(i: number): void {
    const answer = this.#long.get(i)
    if (!answer) return
    this.#longBytes -= answer.length
    this.#long.delete(i)
  }

  #held(entry: number): number {
    if (entry < this.#first || entry >= this.#next) return -1
    const i = entry & (this.#capacity - 1)
    return this.#states[i] === State.Free ? -1 : i
  }

  /** Keeps the datagram that answers a message, to be repeated; an empty one means that the message was dealt with in silence. */
  store(entry: number, answer: Uint8Array): void {
    const i = this.#held(entry)
    if (i < 0) return
    this.#states[i] = State.Answered
    this.#forgetLong(i)
    this.#lengths[i] = 0
    if (answer.length <= inlineBytes) {
      this.#lengths[i] = answer.length
      this.#inline.set(answer, i * inlineBytes)
    } else {
      this.#long.set(i, answer)
      this.#longBytes += answer.length
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
    const length = this.#lengths[i]
    if (length > 0) return this.#inline.slice(i * inlineBytes, i * inlineBytes + length)
    return this.#long.get(i)
  }

  /** Forgets a message, so that its retransmission is taken as new. */
  release(entry: number): void {
    const i = this.#held(entry)
    if (i >= 0) this.#drop(i)
  }

  #grow(): void {
    const old = {
      mask: this.#capacity - 1,
      hashA: this.#hashA,
      hashB: this.#hashB,
      ids: this.#ids,
      expiries: this.#expiries,
      states: this.#states,
      lengths: this.#lengths,
      inline: this.#inline,
      long: this.#long,
    }
    this.#capacity *= 2
    const capacity = this.#capacity
    this.#heads = new Int32Array(capacity * 2).fill(-1)
    this.#nexts = new Int32Array(capacity)
    this.#hashA = new Int32Array(capacity)
    this.#hashB = new Int32Array(capacity)
    this.#ids = new Uint16Array(capacity)
    this.#expiries = new Uint32Array(capacity)
    this.#states = new Uint8Array(capacity)
    this.#lengths = new Uint8Array(capacity)
    this.#inline = new Uint8Array(capacity * inlineBytes)
    this.#long = new Map()
    for (let entry = this.#first; entry < this.#next; entry++) {
      const from = entry & old.mask
      const to = entry & (capacity - 1)
      this.#states[to] = old.states[from]
      if (old.states[from] === State.Free) continue
      this.#hashA[to] = old.hashA[from]
      this.#hashB[to] = old.hashB[from]
      this.#ids[to] = old.ids[from]
      this.#expiries[to] = old.expiries[from]
      this.#lengths[to] = old.lengths[from]
      this.#inline.set(old.inline.subarray(from * inlineBytes, (from + 1) * inlineBytes), to * inlineBytes)
      const long = old.long.get(from)
      if (long) this.#long.set(to, long)
      this.#chain(to)
    }
  }
}
