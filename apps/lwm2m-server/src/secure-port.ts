import type { Clock, Random } from '@fieldline/bytes'
import type { DatagramTransport } from '@fieldline/coap'
import { explainFailure, nameOfIdentity } from '@fieldline/dtls'
import type { HandshakeDoubtEvent, HandshakeErrorEvent, HandshakeTimers, ServerLimits } from '@fieldline/dtls'
import type { HeldCredential, StoredCredential } from '@fieldline/store'
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
  /** Credentials by the name of the identity that they prove, or are about to. */
  readonly #held = new Map<string, Omit<HeldCredential, 'identity'>>()
  #withdrawals = 0

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
        let found: StoredCredential | undefined
        let asked: number
        do {
          asked = this.#withdrawals
          found = await credentials.byIdentity(organisationId, name)
        } while (asked !== this.#withdrawals) // it may be what was withdrawn
        if (found) this.#hold(name, found)
        return found?.key
      },
      observe: (notice, peer) => this.#observe(notice, peer),
    })
    this.#keeper = new SessionKeeper({ ...options, dtls: this.transport.dtls })
    this.#ledger = new SecurityLedger(options)
  }

  /** The newest session of each identity. */
  readonly #newest = new Map<string, DtlsTransportPeer>()

  /** Takes up the sessions of the process before. Call before the first datagram is read. */
  async resume(): Promise<number> {
    let resumed = 0
    for await (const row of this.options.sessions.all((error) => this.options.onFailed('session', error))) {
      this.#held.set(row.identity, { deviceId: row.deviceId, since: row.since })
      try {
        const peer = this.transport.import(row.snapshot, row.name)
        const { session } = peer
        if (nameOfIdentity(session.identity) !== row.identity) {
          this.transport.dtls.close(session) // the device has another credential since
          continue
        }
        this.#newest.set(row.identity, peer)
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
    this.#withdrawals++
    this.transport.dtls.forget((identity) => {
      const name = nameOfIdentity(identity)
      const held = name === undefined ? undefined : this.#held.get(name)
      return held !== undefined && gone.has(held.deviceId)
    })
    for (const [name, { deviceId }] of this.#held) if (gone.has(deviceId)) this.#held.delete(name)
  }

  /**
   * Notes the credential behind a name. If it took the place of another and nobody told, all ends that was begun with that one: what is open, what
   * could be resumed, and this handshake with it. The device comes again.
   */
  #hold(name: string, { deviceId, since }: Omit<HeldCredential, 'identity'>): void {
    const before = this.#held.get(name)
    if (before && (before.deviceId !== deviceId || before.since !== since)) this.withdrawn([before.deviceId])
    this.#held.set(name, { deviceId, since })
  }

  /** The devices whose credentials changed without a word: to be asked after a time in which no word could be heard. */
  missed(): Promise<string[]> {
    return this.options.credentials.withdrawn(
      Array.from(this.#held, ([identity, held]) => ({ identity, ...held })),
    )
  }

  /**
   * Writes every session as it is now. Call as late as can be: a record that is read afterwards is new to the next process, if a stranger sends it
   * once more.
   */
  async flush(): Promise<void> {
    for (const peer of this.transport.peers()) {
      const held = this.#heldBy(peer)
      if (held) this.#keeper.keep(peer.session, { name: peer.name, ...held })
    }
    await Promise.all([this.#keeper.flush(), this.#ledger.flush()])
    await this.#keeper.flush() // what was heard while many were written
  }

  /** Numbers that only grow, and `sessions` and `handshakes`, those that there are. */
  counters(): Record<string, number> {
    const { counters, sessionCount, handshakeCount } = this.transport.dtls
    return { ...counters, sessions: sessionCount, handshakes: handshakeCount }
  }

  #heldBy({ identity }: DtlsTransportPeer): Omit<HeldCredential, 'identity'> | undefined {
    return identity === undefined ? undefined : this.#held.get(identity)
  }

  readonly #observe: DtlsObserver = (notice, peer) => {
    if (notice.type === 'handshake-error' || notice.type === 'handshake-doubt')
      return this.#handshakeFailed(notice)
    if (!peer) return
    if (notice.type === 'closed') {
      if (peer.identity !== undefined && this.#newest.get(peer.identity) === peer)
        this.#newest.delete(peer.identity)
      return this.#keeper.ended(peer.name)
    }
    const held = this.#heldBy(peer)
    if (!held) {
      // its credential was withdrawn while it shook hands
      if (notice.type === 'session') this.transport.dtls.close(notice.session)
      return
    }
    if (notice.type === 'session') {
      this.#ledger.handshake(held.deviceId, notice.session)
      this.#replace(peer)
    }
    if (notice.type === 'migrated') this.#ledger.migrated(held.deviceId)
    else
      this.#keeper.keep(
        notice.session,
        { name: peer.name, ...held },
        notice.type === 'session' || notice.urgent,
      )
  }

  /** A device has one session: who shook hands anew has given the one before up, and cannot come back to it. */
  #replace(peer: DtlsTransportPeer): void {
    if (peer.identity === undefined) return
    const before = this.#newest.get(peer.identity)
    this.#newest.set(peer.identity, peer)
    if (before) this.transport.dtls.close(before.session)
  }

  #handshakeFailed({ peer, failure, detail, identity }: HandshakeErrorEvent | HandshakeDoubtEvent): void {
    const name = identity && (nameOfIdentity({ kind: 'psk', identity }) as string)
    this.options.onHandshakeFailed({
      address: peer.id,
      identity: name,
      reason: `${explainFailure(failure)} (${detail})`,
    })
    const deviceId = name === undefined ? undefined : this.#held.get(name)?.deviceId
    if (deviceId !== undefined) this.#ledger.failed(deviceId, failure)
  }
}
