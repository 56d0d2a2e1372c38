import type { Clock, Random } from '@fieldline/bytes'
import type { DatagramTransport } from '@fieldline/coap'
import { explainFailure, nameOfIdentity } from '@fieldline/dtls'
import type { HandshakeDoubtEvent, HandshakeErrorEvent, HandshakeTimers, ServerLimits } from '@fieldline/dtls'
import { createDtlsServerTransport } from '@fieldline/transport'
import type { DtlsObserver, DtlsServerTransport, DtlsTransportPeer } from '@fieldline/transport'
import type { CredentialStore, SessionStore } from './credential-store.js'
import { SecurityLedger } from './security-ledger.js'
import { SessionKeeper } from './session-keeper.js'

/** Devices behind one slow link may take so many seconds for a handshake; more than this are given up for newer ones. */
const limits: Partial<ServerLimits> = { sessions: 200_000, handshakes: 4_000 }

export interface SecurePortOptions {
  readonly clock: Clock
  readonly random: Random
  readonly organisationId: string
  readonly timers: HandshakeTimers
  /** What carries the records. */
  readonly datagrams: DatagramTransport
  readonly credentials: CredentialStore
  readonly sessions: SessionStore
  /** Something changed that the device page shows. */
  readonly onChanged: (deviceId: string) => void
  /** A handshake failed, in words for the log. */
  readonly onHandshakeFailed: (facts: { address: string; identity?: string; reason: string }) => void
  readonly onFailed: (what: string, error: unknown) => void
}

/** The secured port: DTLS on the credentials of the store, with sessions that outlive the process. */
export class SecurePort {
  readonly transport: DtlsServerTransport
  readonly #keeper: SessionKeeper
  readonly #ledger: SecurityLedger
  /** Devices by the name of the identity that they proved, or are proving. */
  readonly #devices = new Map<string, string>()

  constructor(private readonly options: SecurePortOptions) {
    const { clock, random, datagrams, timers, credentials, organisationId } = options
    this.transport = createDtlsServerTransport({
      clock,
      random,
      datagrams,
      timers,
      limits,
      psk: async (identity) => {
        const name = nameOfIdentity({ kind: 'psk', identity }) as string
        const found = await credentials.byIdentity(organisationId, name)
        if (found) this.#devices.set(name, found.deviceId)
        return found?.key
      },
      observe: (notice, peer) => this.#observe(notice, peer),
    })
    this.#keeper = new SessionKeeper({ ...options, dtls: this.transport.dtls })
    this.#ledger = new SecurityLedger(options)
  }

  /** Takes up the sessions of the process before. Call before the first datagram is read. */
  async resume(): Promise<number> {
    let resumed = 0
    for await (const row of this.options.sessions.all((error) => this.options.onFailed('session', error))) {
      this.#devices.set(row.identity, row.deviceId)
      try {
        const { session } = this.transport.import(row.snapshot, row.name)
        if (nameOfIdentity(session.identity) !== row.identity) {
          this.transport.dtls.close(session) // the device has another credential since
          continue
        }
        this.#ledger.resumed(row.deviceId, session)
        resumed++
      } catch (error) {
        this.options.onFailed('session', error)
      }
    }
    await this.#keeper.flush()
    return resumed
  }

  /** The credentials of these devices changed: what was begun with the old ones ends. */
  withdrawn(deviceIds: readonly string[]): void {
    const gone = new Set(deviceIds)
    this.transport.dtls.forget((identity) => {
      const name = nameOfIdentity(identity)
      const deviceId = name === undefined ? undefined : this.#devices.get(name)
      return deviceId !== undefined && gone.has(deviceId)
    })
    for (const [name, deviceId] of this.#devices) if (gone.has(deviceId)) this.#devices.delete(name)
  }

  /** Writes what is not written yet. Call when nothing is read any more. */
  async flush(): Promise<void> {
    for (const peer of this.transport.peers()) {
      const deviceId = this.#deviceOf(peer)
      if (deviceId !== undefined) this.#keeper.keep(peer.session, { name: peer.name, deviceId })
    }
    await Promise.all([this.#keeper.flush(), this.#ledger.flush()])
  }

  /** Numbers that only grow, and `sessions` and `handshakes`, those that there are. */
  counters(): Record<string, number> {
    const { counters, sessionCount, handshakeCount } = this.transport.dtls
    return { ...counters, sessions: sessionCount, handshakes: handshakeCount }
  }

  #deviceOf({ identity }: DtlsTransportPeer): string | undefined {
    return identity === undefined ? undefined : this.#devices.get(identity)
  }

  readonly #observe: DtlsObserver = (notice, peer) => {
    if (notice.type === 'handshake-error' || notice.type === 'handshake-doubt')
      return this.#handshakeFailed(notice)
    if (!peer) return
    if (notice.type === 'closed') return this.#keeper.ended(peer.name)
    const deviceId = this.#deviceOf(peer)
    if (deviceId === undefined) return
    if (notice.type === 'session') this.#ledger.handshake(deviceId, notice.session)
    if (notice.type === 'migrated') this.#ledger.migrated(deviceId)
    else this.#keeper.keep(notice.session, { name: peer.name, deviceId })
  }

  #handshakeFailed({ peer, failure, detail, identity }: HandshakeErrorEvent | HandshakeDoubtEvent): void {
    const { credentials, organisationId, clock, onHandshakeFailed, onFailed } = this.options
    const name = identity && (nameOfIdentity({ kind: 'psk', identity }) as string)
    onHandshakeFailed({
      address: peer.id,
      identity: name,
      reason: `${explainFailure(failure)} (${detail})`,
    })
    const deviceId = name === undefined ? undefined : this.#devices.get(name)
    if (name === undefined || deviceId === undefined) return
    credentials.noteFailure(organisationId, name, failure, clock.now()).then(
      () => this.options.onChanged(deviceId),
      (error: unknown) => onFailed('credential', error),
    )
  }
}
