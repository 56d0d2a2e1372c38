import type { Random } from '@fieldline/bytes'
import { KeyedHash } from '@fieldline/bytes'
import { KeyedRows } from './keyed-rows.js'
import { isNewer } from './observe.js'

/** Moments are kept in steps of 100 ms since the first one. */
const stepMs = 100

/** The place of one notification in the order of its observation. */
export interface Place {
  readonly token: Uint8Array
  readonly observe: number
  /** What was the latest before; undefined if it is the first. */
  readonly before: { readonly observe: number; readonly atMs: number } | undefined
}

/**
 * The latest notification of each observation, by token, so that an older one that was overtaken is known as such (RFC 7641 §3.4): 25 bytes
 * an observation. One not heard of for long makes room.
 */
export class NotificationOrder extends KeyedRows {
  readonly #hash: KeyedHash
  #origin: number | undefined

  constructor(maxObservations: number, random: Random) {
    super(maxObservations, 2)
    this.#hash = new KeyedHash(random)
  }

  #row(token: Uint8Array): number {
    this.#hash.bytes(token)
    return this.find(this.#hash.a, this.#hash.b)
  }

  #set(token: Uint8Array, observe: number, nowMs: number): void {
    this.#origin ??= nowMs
    let row = this.#row(token)
    if (row < 0) row = this.insert(this.#hash.a, this.#hash.b)
    else this.touch(row)
    const at = this.columns(row)
    this.words[at] = observe
    this.words[at + 1] = Math.max(0, Math.floor((nowMs - this.#origin) / stepMs))
  }

  /**
   * Takes note of a notification. Undefined if it is older than the latest. One with the same value as the latest is not older: it repeats
   * what is shown, or comes from a device that does not count.
   */
  admit(token: Uint8Array, observe: number, nowMs: number): Place | undefined {
    const row = this.#row(token)
    if (row < 0) {
      this.#set(token, observe, nowMs)
      return { token, observe, before: undefined }
    }
    const at = this.columns(row)
    const before = { observe: this.words[at], atMs: (this.#origin ?? nowMs) + this.words[at + 1] * stepMs }
    if (observe !== before.observe && !isNewer(before.observe, before.atMs, observe, nowMs)) return undefined
    this.#set(token, observe, nowMs)
    return { token, observe, before }
  }

  /** Whether nothing newer has been admitted since. */
  isLatest({ token, observe }: Place): boolean {
    const row = this.#row(token)
    return row < 0 || this.words[this.columns(row)] === observe
  }

  /** Takes a note back: the notification could not be handled and will be sent again. */
  withdraw(place: Place): void {
    const row = this.#row(place.token)
    if (row < 0 || this.words[this.columns(row)] !== place.observe) return
    if (place.before) this.#set(place.token, place.before.observe, place.before.atMs)
    else this.remove(row)
  }

  /** The observation is over. */
  forget(token: Uint8Array): void {
    if (this.size === 0) return
    const row = this.#row(token)
    if (row >= 0) this.remove(row)
  }
}
