import type { Clock, Timer } from '@fieldline/bytes'
import type { DtlsServer, DtlsSession } from '@fieldline/dtls'
import type { SessionStore } from './credential-store.js'

const FLUSH_MS = 50
const MAX_PER_FLUSH = 1_000
/**
 * A snapshot that is due only because something was received. Until then, what comes is new to the next process if this one is killed and a stranger
 * sends it once more.
 */
const LATER_MS = 5_000
/** A database that did not take them is asked again after this. */
const RETRY_MS = 1_000

export interface SessionKeeperOptions {
  readonly clock: Clock
  readonly organisationId: string
  readonly dtls: DtlsServer
  readonly sessions: Pick<SessionStore, 'store' | 'remove'>
  readonly onFailed: (what: string, error: unknown) => void
}

/** Where a session is filed, and whose it is. */
export interface Filed {
  readonly name: string
  readonly deviceId: string
  /** Since when the device has the credential that the session was opened with, in epoch milliseconds. */
  readonly since: number
}

/**
 * Carries snapshots of sessions into the database, many at once, and tells the session when its own is there: only then may it use the record
 * numbers that the snapshot set aside.
 */
export class SessionKeeper {
  readonly #due = new Map<string, Omit<Filed, 'name'> & { readonly session: DtlsSession }>()
  /** What can wait, and takes in what happens meanwhile. */
  readonly #later = new Map<string, Omit<Filed, 'name'> & { readonly session: DtlsSession }>()
  readonly #ended = new Set<string>()
  #timer: Timer | undefined
  #laterTimer: Timer | undefined
  #flushing: Promise<boolean> = Promise.resolve(true)

  constructor(private readonly options: SessionKeeperOptions) {}

  /** A snapshot of this session is due; if it is not urgent, some seconds from now. */
  keep(session: DtlsSession, { name, deviceId, since }: Filed, urgent = true): void {
    if (urgent) {
      this.#later.delete(name)
      this.#due.set(name, { session, deviceId, since })
      this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.#run())
    } else if (!this.#due.has(name)) {
      this.#later.set(name, { session, deviceId, since })
      this.#laterTimer ??= this.options.clock.after(LATER_MS, () => void this.flush())
    }
  }

  /** A session is over: its snapshot is worth nothing. */
  ended(name: string): void {
    this.#due.delete(name)
    this.#later.delete(name)
    this.#ended.add(name)
    this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.#run())
  }

  /** Writes until nothing is due, nor would be later, or the database fails; what failed is tried again later. */
  async flush(): Promise<void> {
    this.#laterTimer?.cancel()
    this.#laterTimer = undefined
    for (const [name, entry] of this.#later) this.#due.set(name, entry)
    this.#later.clear()
    await this.#run()
  }

  async #run(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    let written = true
    while (written && this.#due.size + this.#ended.size > 0) {
      this.#flushing = this.#flushing.then(() => this.#write())
      written = await this.#flushing
    }
    if (!written) this.#timer ??= this.options.clock.after(RETRY_MS, () => void this.#run())
  }

  async #write(): Promise<boolean> {
    const { dtls, sessions, organisationId, clock, onFailed } = this.options
    const ended = [...this.#ended]
    this.#ended.clear()
    const taken = [...this.#due].slice(0, MAX_PER_FLUSH)
    for (const [name] of taken) this.#due.delete(name)
    const rows = taken.flatMap(([name, { session, deviceId, since }]) => {
      // made now and not when it was asked for: it holds what happened meanwhile
      const snapshot = dtls.export(session)
      return snapshot
        ? [
            {
              row: {
                name,
                organisationId,
                deviceId,
                since,
                generation: snapshot.generation,
                snapshot: snapshot.bytes,
              },
              session,
            },
          ]
        : []
    })
    let stored: ReadonlySet<string>
    try {
      await sessions.remove(ended)
      stored = new Set(
        await sessions.store(
          rows.map(({ row }) => row),
          clock.now(),
        ),
      )
    } catch (error) {
      onFailed('sessions', error)
      for (const name of ended) this.#ended.add(name)
      for (const [name, entry] of taken)
        if (!this.#due.has(name) && !this.#ended.has(name)) this.#due.set(name, entry)
      return false
    }
    // what was not taken is another process's by now, or its credential is gone: it gets no more numbers to write with
    for (const { row, session } of rows) if (stored.has(row.name)) dtls.confirmExport(session, row.generation)
    return true
  }
}
