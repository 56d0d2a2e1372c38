import type { Clock, Timer } from '@fieldline/bytes'
import type { DtlsSession, HandshakeFailure } from '@fieldline/dtls'
import type { SecurityNews } from '@fieldline/store'
import type { CredentialStore } from './credential-store.js'

/** Soon: what was counted and not written goes with a process that is killed. */
const FLUSH_MS = 50

export interface SecurityLedgerOptions {
  readonly clock: Clock
  readonly credentials: Pick<CredentialStore, 'note'>
  readonly onChanged: (deviceId: string) => void
  readonly onFailed: (what: string, error: unknown) => void
}

type News = { -readonly [Key in keyof SecurityNews]: SecurityNews[Key] }

/**
 * Counts handshakes, resumptions and changes of address per device and keeps why the last handshake failed, for the device page, and carries
 * them into the database a moment later: strangers that use a device's name cost one row in so long, not one each.
 */
export class SecurityLedger {
  #news = new Map<string, News>()
  #timer: Timer | undefined

  constructor(private readonly options: SecurityLedgerOptions) {}

  handshake(deviceId: string, { suite, cid, resumed }: DtlsSession): void {
    const news = this.#of(deviceId)
    news.handshakes++
    if (resumed) news.resumptions++
    news.latest = { at: this.options.clock.now(), suite, cid }
  }

  /** A session of the process before goes on. */
  resumed(deviceId: string, { suite, cid }: DtlsSession): void {
    this.#of(deviceId).latest = { suite, cid }
  }

  migrated(deviceId: string): void {
    this.#of(deviceId).migrations++
  }

  failed(deviceId: string, failure: HandshakeFailure): void {
    this.#of(deviceId).failed = { failure, at: this.options.clock.now() }
  }

  /** Writes what is not written yet. These are figures to look at: what a database that is away does not take is lost. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const news = [...this.#news.values()]
    this.#news = new Map()
    try {
      await this.options.credentials.note(news)
      for (const { deviceId } of news) this.options.onChanged(deviceId)
    } catch (error) {
      this.options.onFailed('credentials', error)
    }
  }

  #of(deviceId: string): News {
    let news = this.#news.get(deviceId)
    if (!news) {
      news = { deviceId, handshakes: 0, resumptions: 0, migrations: 0 }
      this.#news.set(deviceId, news)
    }
    this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.flush())
    return news
  }
}
