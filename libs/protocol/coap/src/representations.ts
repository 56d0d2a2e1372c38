import type { CoapResponse } from './message.js'

interface Kept {
  readonly response: CoapResponse
  readonly expiresMs: number
}

/** Long answers whose later blocks may still be asked for, bounded in bytes; the oldest go first (RFC 7959 §2.4). */
export class Representations {
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(
    private readonly maxBytes: number,
    private readonly lifetimeMs: number,
  ) {}

  get size(): number {
    return this.#kept.size
  }

  /** Keeps the answer to the request that `key` names. */
  put(key: string, response: CoapResponse, nowMs: number): void {
    this.#drop(key)
    this.#kept.set(key, { response, expiresMs: nowMs + this.lifetimeMs })
    this.#bytes += response.payload.length
    for (const [oldest, { expiresMs }] of this.#kept) {
      if (this.#bytes <= this.maxBytes && expiresMs > nowMs) return
      this.#drop(oldest)
    }
  }

  /** The answer kept for `key`. */
  get(key: string, nowMs: number): CoapResponse | undefined {
    const kept = this.#kept.get(key)
    return kept && kept.expiresMs > nowMs ? kept.response : undefined
  }

  #drop(key: string): void {
    const kept = this.#kept.get(key)
    if (!kept) return
    this.#kept.delete(key)
    this.#bytes -= kept.response.payload.length
  }
}
