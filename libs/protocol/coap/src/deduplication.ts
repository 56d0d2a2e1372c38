import type { Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import { KeyedHash } from '@fieldline/bytes'
import { capacityFor } from './keyed-rows.js'

/**
 * Bytes of an answer kept beside its entry, its Message ID aside, which is that of the entry: an acknowledgement with a token of eight bytes
 * and the Location-Path of a registration fits.
 */
const inlineBytes = 27
/** Bytes of an entry. They lie together, so that one costs a line or two of the processor's cache. */
const entryBytes = 44
/** Where in an entry what is, counted in elements of four, two and one bytes. */
const Word = { next: 0, hashA: 1, expiry: 2 } as const
const Half = { hashB: 6, id: 7 } as const
const Byte = { mark: 16, inline: 17 } as const
const [wordsOfEntry, halvesOfEntry] = [entryBytes / 4, entryBytes / 2]
const firstCapacity = capacityFor(1)
const unitMs = 100

/** The entry of a message that need not be remembered: entries count from 1 on. */
export const noEntry = 0

/** What an entry is: from `inline` on, the mark less `inline` is the length of the answer kept beside it. */
const Mark = { free: 0, pending: 1, silent: 2, long: 3, inline: 4 } as const

/** The parts of a key, which has 48 bits. */
const upperHalf = (key: number): number => (key / 0x10000) | 0
const lowerHalf = (key: number): number => key & 0xffff

/**
 * Remembers messages for their lifetime, and what was answered (RFC 7252 §4.2, §4.5). A ring in one buffer: 48 bytes an entry, growing to a bound,
 * then the oldest is overwritten.
 *
 * RFC 7252 §4.5 knows a duplicate by peer and Message ID. Here it is also the same bytes, as §4.2 wants of a retransmission: a meter that
 * loses its memory in sleep counts from the beginning each time, and its next report must not be taken for the last one and acknowledged unread.
 * Peer and bytes are kept as a hash of 48 bits keyed with random numbers.
 *
 * An entry is named by its sequence number. A name outlives its entry harmlessly: `store` and `release` of an overwritten one do nothing.
 */
export class Deduplication {
  readonly #maxCapacity: number
  readonly #maxLongBytes: number
  readonly #counters: CoapCounters
  readonly #peerHash: KeyedHash
  readonly #bytesHash: KeyedHash
  #capacity = firstCapacity
  /** The latest entry of each bucket, the lower half of its number. */
  #heads = new Int32Array(firstCapacity)
  #bytes = new Uint8Array(firstCapacity * entryBytes)
  #halves = new Uint16Array(this.#bytes.buffer)
  #words = new Int32Array(this.#bytes.buffer)
  readonly #long = new Map<number, Uint8Array>()
  #longBytes = 0
  // From 1 on, so that a bucket of 0 is empty.
  #first = 1
  #next = 1
  #origin: number | undefined

  constructor(maxExchanges: number, maxLongBytes: number, random: Random, counters: CoapCounters) {
    this.#maxCapacity = capacityFor(maxExchanges)
    this.#maxLongBytes = maxLongBytes
    this.#counters = counters
    this.#peerHash = new KeyedHash(random)
    this.#bytesHash = new KeyedHash(random)
  }

  /** Entries in memory, those past their lifetime included. */
  get size(): number {
    return this.#next - this.#first
  }

  #bucket(hashA: number, hashB: number): number {
    const mixed = Math.imul(hashA ^ Math.imul(hashB, 0x9e3779b1), 0x27d4eb2f)
    return (mixed ^ (mixed >>> 15)) & (this.#capacity - 1)
  }

  #time(nowMs: number): number {
    this.#origin ??= nowMs
    return Math.max(0, Math.floor((nowMs - this.#origin) / unitMs))
  }

  /** What names a message: its peer and its bytes, the Message ID among them, hashed. */
  keyOf(peerId: string, datagram: Uint8Array): number {
    const [peer, bytes] = [this.#peerHash, this.#bytesHash]
    peer.text(peerId)
    bytes.bytes(datagram)
    return ((peer.a ^ bytes.a) >>> 0) * 0x10000 + ((peer.b ^ bytes.b) & 0xffff)
  }

  /** The entry of a message seen before and not past its lifetime, or -1. `key` by `keyOf`. */
  find(key: number, messageId: number, nowMs: number): number {
    const a = upperHalf(key)
    const b = lowerHalf(key)
    const words = this.#words
    const halves = this.#halves
    const mask = this.#capacity - 1
    let behind = 0
    // Each link leads to an older entry. One that was dropped is no longer within the ring, and so are those after it.
    for (let link = this.#heads[this.#bucket(a, b)]; ; link = words[(link & mask) * wordsOfEntry]) {
      const distance = (this.#next - link) >>> 0
      if (distance <= behind || distance > this.size) return -1
      behind = distance
      const i = link & mask
      const half = i * halvesOfEntry
      const word = i * wordsOfEntry
      if (
        halves[half + Half.id] === messageId &&
        words[word + Word.hashA] === a &&
        halves[half + Half.hashB] === b &&
        this.#mark(i) !== Mark.free
      ) {
        return words[word + Word.expiry] <= this.#time(nowMs) ? -1 : this.#next - distance
      }
    }
  }

  /** Remembers a message as pending; answers its entry. */
  add(key: number, messageId: number, nowMs: number, lifetimeMs: number): number {
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
    const entry = this.#next++
    const i = entry & (this.#capacity - 1)
    const word = i * wordsOfEntry
    this.#words[word + Word.hashA] = upperHalf(key)
    this.#words[word + Word.expiry] = now + Math.ceil(lifetimeMs / unitMs)
    this.#halves[i * halvesOfEntry + Half.hashB] = lowerHalf(key)
    this.#halves[i * halvesOfEntry + Half.id] = messageId
    this.#bytes[i * entryBytes + Byte.mark] = Mark.pending
    this.#chain(entry)
    return entry
  }

  /** The bucket of the entry in place `i`. */
  #bucketOf(i: number): number {
    return this.#bucket(
      this.#words[i * wordsOfEntry + Word.hashA],
      this.#halves[i * halvesOfEntry + Half.hashB],
    )
  }

  #mark(i: number): number {
    return this.#bytes[i * entryBytes + Byte.mark]
  }

  #setMark(i: number, mark: number): void {
    this.#bytes[i * entryBytes + Byte.mark] = mark
  }

  #chain(entry: number): void {
    const i = entry & (this.#capacity - 1)
    const bucket = this.#bucketOf(i)
    this.#words[i * wordsOfEntry + Word.next] = this.#heads[bucket]
    this.#heads[bucket] = entry
  }

  #dropOldest(now: number): void {
    if (this.#first === this.#next) return
    const i = this.#first & (this.#capacity - 1)
    if (this.#mark(i) !== Mark.free && this.#words[i * wordsOfEntry + Word.expiry] > now) return
    this.#drop(this.#first)
    this.#first++
  }

  /** Its links stay: who follows them sees by the mark, and later by the number, that it is gone. */
  #drop(entry: number): void {
    const i = entry & (this.#capacity - 1)
    const mark = this.#mark(i)
    if (mark === Mark.free) return
    if (mark === Mark.long) this.#forgetLong(entry)
    this.#setMark(i, Mark.free)
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
    return this.#mark(i) === Mark.free ? -1 : i
  }

  /** Keeps the datagram that answers a message, to be repeated; an empty one means that the message was dealt with in silence. */
  store(entry: number, answer: Uint8Array): void {
    const i = this.#held(entry)
    if (i < 0) return
    if (this.#mark(i) === Mark.long) this.#forgetLong(entry)
    const { length } = answer
    const id = this.#halves[i * halvesOfEntry + Half.id]
    if (length === 0) this.#setMark(i, Mark.silent)
    else if (length >= 4 && length <= inlineBytes + 2 && ((answer[2] << 8) | answer[3]) === id) {
      this.#setMark(i, Mark.inline + length - 2)
      let at = i * entryBytes + Byte.inline
      this.#bytes[at++] = answer[0]
      this.#bytes[at++] = answer[1]
      for (let from = 4; from < length; from++) this.#bytes[at++] = answer[from]
    } else {
      this.#setMark(i, Mark.long)
      // A copy: the datagram may be a small part of the memory that it keeps.
      this.#long.set(entry, answer.slice())
      this.#longBytes += length
      // Insertion order: the oldest long answers go first. Their duplicates are still known, only no longer answered.
      for (const oldest of this.#long.keys()) {
        if (this.#longBytes <= this.#maxLongBytes) break
        this.#counters.answersEvicted++
        this.#forgetLong(oldest)
      }
    }
  }

  /** The answer to repeat; undefined while pending, or if it was dealt with in silence. */
  answer(entry: number): Uint8Array | undefined {
    const i = this.#held(entry)
    if (i < 0) return undefined
    const mark = this.#mark(i)
    if (mark === Mark.long) return this.#long.get(entry)
    if (mark < Mark.inline) return undefined
    const kept = mark - Mark.inline
    const answer = new Uint8Array(kept + 2)
    const at = i * entryBytes + Byte.inline
    const id = this.#halves[i * halvesOfEntry + Half.id]
    answer.set(this.#bytes.subarray(at + 2, at + kept), 4)
    answer[0] = this.#bytes[at]
    answer[1] = this.#bytes[at + 1]
    answer[2] = id >> 8
    answer[3] = id
    return answer
  }

  /** Forgets a message, so that its retransmission is taken as new. */
  release(entry: number): void {
    const i = this.#held(entry)
    if (i < 0) return
    this.#drop(entry)
    // One message sent and released again and again must not lengthen the chain that is walked for it.
    const bucket = this.#bucketOf(i)
    if (this.#heads[bucket] === (entry | 0)) this.#heads[bucket] = this.#words[i * wordsOfEntry + Word.next]
  }

  /** Only called when the ring is full. Its first entry moves to where its number says, and the part that had wrapped follows. */
  #grow(): void {
    const old = this.#bytes
    const split = (this.#first & (this.#capacity - 1)) * entryBytes
    this.#capacity *= 2
    const bytes = new Uint8Array(this.#capacity * entryBytes)
    const to = (this.#first & (this.#capacity - 1)) * entryBytes
    bytes.set(old.subarray(split), to)
    bytes.set(old.subarray(0, split), (to + old.length - split) % bytes.length)
    this.#bytes = bytes
    this.#halves = new Uint16Array(bytes.buffer)
    this.#words = new Int32Array(bytes.buffer)
    this.#heads = new Int32Array(this.#capacity)
    for (let entry = this.#first; entry < this.#next; entry++) {
      const i = entry & (this.#capacity - 1)
      if (this.#mark(i) !== Mark.free) this.#chain(entry)
    }
  }
}
