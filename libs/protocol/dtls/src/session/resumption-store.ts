import { toHex } from '@fieldline/bytes'
import type { PeerIdentity } from '../identity.js'
import { copyOf } from '../wire.js'

/** What a session leaves behind for the next handshake (RFC 5246 §7.3). */
export interface Resumable {
  readonly master: Uint8Array
  readonly suiteId: number
  readonly extendedMasterSecret: boolean
  /** CBC without encrypt-then-MAC; a session is resumed as it was. */
  readonly macThenEncrypt?: boolean
  readonly identity: PeerIdentity
  /** The host name that the client had asked for: only who asks for the same one resumes (RFC 6066 §3). */
  readonly serverName?: string
}

/** Sessions that may be resumed: the newest so many, each for so long. A master secret is overwritten when it leaves. */
export class ResumptionStore {
  readonly #entries = new Map<string, Resumable & { readonly until: number }>()

  constructor(
    private readonly capacity: number,
    private readonly lifetimeMs: number,
  ) {}

  get size(): number {
    return this.#entries.size
  }

  /** Keeps a copy of the master secret. */
  put(sessionId: Uint8Array, entry: Resumable, now: number): void {
    const key = toHex(sessionId)
    this.#drop(key)
    this.#entries.set(key, { ...entry, master: copyOf(entry.master), until: now + this.lifetimeMs })
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= this.capacity) break
      this.#drop(oldest)
    }
  }

  get(sessionId: Uint8Array, now: number): Resumable | undefined {
    const key = toHex(sessionId)
    const entry = this.#entries.get(key)
    if (entry && entry.until <= now) {
      this.#drop(key)
      return undefined
    }
    return entry
  }

  /** Nobody resumes this session any more. */
  remove(sessionId: Uint8Array): void {
    if (sessionId.length > 0) this.#drop(toHex(sessionId))
  }

  /** Drops what the predicate picks. */
  forget(matches: (identity: PeerIdentity) => boolean): void {
    for (const [key, entry] of this.#entries) if (matches(entry.identity)) this.#drop(key)
  }

  #drop(key: string): void {
    this.#entries.get(key)?.master.fill(0)
    this.#entries.delete(key)
  }
}
