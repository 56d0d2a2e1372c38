import type { Random } from '@fieldline/bytes'
import { KeyedHash } from '@fieldline/bytes'
import { KeyedRows } from './keyed-rows.js'
import type { LatestNotification, LatestNotifications } from './port.js'

/** Moments are kept in steps of 100 ms since the first one. */
const stepMs = 100
const Column = { observe: 0, at: 1 } as const

/** The latest notification of each observation in 22 bytes. One not heard of for long makes room. */
export class LatestByToken extends KeyedRows implements LatestNotifications {
  readonly #hash: KeyedHash
  #origin: number | undefined

  constructor(maxObservations: number, random: Random, onEvicted: () => void) {
    super(maxObservations, 2, onEvicted)
    this.#hash = new KeyedHash(random)
  }

  #row(token: Uint8Array): number {
    this.#hash.bytes(token)
    return this.find(this.#hash.a, this.#hash.b)
  }

  latest(token: Uint8Array): LatestNotification | undefined {
    const row = this.#row(token)
    if (row < 0) return undefined
    return {
      observe: this.get(row, Column.observe),
      atMs: (this.#origin ?? 0) + this.get(row, Column.at) * stepMs,
    }
  }

  remember(token: Uint8Array, observe: number, atMs: number): void {
    this.#origin ??= atMs
    let row = this.#row(token)
    if (row < 0) row = this.insert(this.#hash.a, this.#hash.b)
    else this.touch(row)
    this.set(row, Column.observe, observe)
    this.set(row, Column.at, Math.max(0, Math.floor((atMs - this.#origin) / stepMs)))
  }

  forget(token: Uint8Array): void {
    if (this.size === 0) return
    const row = this.#row(token)
    if (row >= 0) this.remove(row)
  }
}
