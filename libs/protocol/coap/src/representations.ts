import type { CoapCounters } from './counters.js'
import type { CoapResponse } from './message.js'

/** Bytes of memory: the key has the path and the query that the peer chose. */
function costOf(key: string, { payload }: CoapResponse): number {
  return key.length + payload.length
}

interface Kept {
  readonly peerId: string
  readonly response: CoapResponse
  readonly expiresMs: number
}

/** Long answers whose later blocks may still be asked for, bounded in bytes; the oldest go first (RFC 7959 §2.4). */
export class Representations {
  readonly #kept = new Map<string, Kept>()
  readonly #ofPeer = new Map<string, Set<string>>()
  #bytes = 0

  constructor(
    private readonly maxBytes: number,
    private readonly lifetimeMs: number,
    private readonly counters: Pick<CoapCounters, 'representationsEvicted'>,
  ) {}

  get size(): number {
    return this.#kept.size
  }

  /** Keeps the answer to the request of a peer that `key` names. */
  put(key: string, peerId: string, response: CoapResponse, nowMs: number): void {
    this.#drop(key)
    this.#kept.set(key, { peerId, response, expiresMs: nowMs + this.lifetimeMs })
    this.#bytes += costOf(key, response)
    const keys = this.#ofPeer.get(peerId)
    if (keys) keys.add(key)
    else this.#ofPeer.set(peerId, new Set([key]))
    for (const [oldest, { expiresMs }] of this.#kept) {
      if (this.#bytes <= this.maxBytes && expiresMs > nowMs) return
      if (expiresMs > nowMs) this.counters.representationsEvicted++
      this.#drop(oldest)
    }
  }

  /** The answer kept for `key`. */
  get(key: string, nowMs: number): CoapResponse | undefined {
    const kept = this.#kept.get(key)
    return kept && kept.expiresMs > nowMs ? kept.response : undefined
  }

  /** Forgets what was answered to a peer: what it is told now is newer. */
  forget(peerId: string): void {
    for (const key of this.#ofPeer.get(peerId) ?? []) this.#drop(key)
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#bytes -= costOf(key, kept.response)
    const keys = this.#ofPeer.get(kept.peerId)
    keys?.delete(key)
    if (keys?.size === 0) this.#ofPeer.delete(kept.peerId)
  }
}
