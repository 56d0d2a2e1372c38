import type { Clock, Random } from '@fieldline/bytes'
import type { OwnCredentials } from '../certificates/public-key.js'
import { createCounters } from '../counters.js'
import type { DtlsCounters } from '../counters.js'
import { Driver } from '../driver.js'
import type { CredentialSource, DtlsNotice } from '../driver.js'
import type { CertificateKind } from '../handshake/negotiation.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import { ResumptionStore } from '../session/resumption-store.js'
import type { DtlsSession } from '../session/session.js'
import type { SessionSnapshot } from '../session/snapshot.js'
import { suites } from '../suites.js'
import { timerProfiles } from '../surroundings.js'
import type { CoreOutput, HandshakeTimers } from '../surroundings.js'
import { defaultLimits } from './limits.js'
import type { ServerLimits } from './limits.js'
import { ServerCore } from './server-core.js'

/** What a DTLS server is made of. Without `psk` and `credentials` no handshake succeeds. */
export interface DtlsServerOptions extends CredentialSource {
  readonly clock: Clock
  readonly random: Random
  /** Takes a datagram to a peer; never throws. */
  readonly send: (datagram: Uint8Array, to: DtlsPeer) => void
  /** What happened, in order. */
  readonly notify: (notice: DtlsNotice) => void
  /** A hint that some clients need to choose an identity (RFC 4279 §5.2); default none. */
  readonly pskHint?: Uint8Array
  readonly credentials?: OwnCredentials
  /** What is shown to a client that asks for a host name (in lower case); undefined shows `credentials`. Default: those for every name. */
  readonly credentialsFor?: (serverName: string) => OwnCredentials | undefined
  /** The kinds of certificates that clients may present; one is then required. Default both; empty asks for none. */
  readonly clientCertificates?: readonly CertificateKind[]
  /** Numbers of the suites to enable, in order of preference; default all. */
  readonly suites?: readonly number[]
  /**
   * Lets CBC suites run without encrypt-then-MAC (RFC 7366) where the peer has none; default false. What that costs is said at `CbcMacThenEncrypt`.
   */
  readonly allowMacThenEncrypt?: boolean
  /** Connection IDs of `length` bytes (default 8) that begin with `prefix` (default empty); false hands out none. */
  readonly cid?: { readonly prefix?: Uint8Array; readonly length?: number } | false
  /** Default `timerProfiles.wired`. */
  readonly timers?: HandshakeTimers
  /** Longest datagram sent in a handshake, bytes of UDP payload; default 1200. */
  readonly mtu?: number
  readonly limits?: Partial<ServerLimits>
}

/** A DTLS server over somebody's datagrams. */
export interface DtlsServer {
  readonly counters: Readonly<DtlsCounters>
  readonly sessionCount: number
  readonly handshakeCount: number
  sessions(): IterableIterator<DtlsSession>
  /** A datagram has come; its memory is not written to again. Never throws. */
  receive(datagram: Uint8Array, from: DtlsPeer): void
  /**
   * Sends at most 16384 bytes, one less to a peer with a Connection ID; false if they may not go: they are more, the session has ended, its
   * address has not proved itself, or a snapshot must be stored first.
   */
  send(message: Uint8Array, session: DtlsSession): boolean
  /** Ends a session with close_notify. */
  close(session: DtlsSession): void
  /** Ends the sessions of these identities and lets nobody resume them: for withdrawn credentials. */
  forget(matches: (identity: PeerIdentity) => boolean): void
  /** A snapshot to store; undefined if the session has ended. From here on the session heeds its sequence numbers (`confirmExport`). */
  export(session: DtlsSession): SessionSnapshot | undefined
  /** A snapshot has been stored for good: the session may use the numbers that it set aside. */
  confirmExport(session: DtlsSession, generation: number): void
  /**
   * Takes up a stored session. It receives at once; it sends only after `export`, storing and `confirmExport`, which the notice `export-due` asks
   * for. Throws `RangeError` or `ProtocolError` for anything but a snapshot of such a server, and if the session is here already.
   */
  import(snapshot: Uint8Array): DtlsSession
  /** Stops timers and overwrites keys; says nothing to the peers, who may go on with the next process. */
  shutdown(): void
}

/** Creates a server. Throws `RangeError` for options that contradict themselves. */
export function createDtlsServer(options: DtlsServerOptions): DtlsServer {
  const { clock } = options
  const limits = { ...defaultLimits, ...options.limits }
  const prefix = options.cid === false ? new Uint8Array(0) : (options.cid?.prefix ?? new Uint8Array(0))
  const length = options.cid === false ? 0 : (options.cid?.length ?? 8)
  if (options.cid !== false && (length < prefix.length + 4 || length > 32))
    throw new RangeError('Connection IDs need 4 random bytes after the prefix, and at most 32 bytes in all')
  if (
    (options.credentials ?? options.credentialsFor) &&
    !options.verifyPeer &&
    options.clientCertificates?.length !== 0
  )
    throw new RangeError('who asks clients for certificates must verify them')
  const enabled = options.suites
    ? options.suites.flatMap((id) => suites.find((suite) => suite.id === id) ?? [])
    : suites
  const counters = createCounters()
  const core = new ServerCore({
    random: options.random,
    counters,
    timers: options.timers ?? timerProfiles.wired,
    mtu: options.mtu ?? 1200,
    limits,
    cid: options.cid === false ? undefined : { prefix, length },
    rules: {
      suites: enabled,
      psk: options.psk !== undefined,
      ofClients: options.clientCertificates ?? ['x509', 'raw-public-key'],
      credentials: options.credentials,
      credentialsFor: options.credentialsFor,
      allowMacThenEncrypt: options.allowMacThenEncrypt ?? false,
      pskHint: options.pskHint,
      resumption:
        limits.resumable > 0 ? new ResumptionStore(limits.resumable, limits.resumableMs) : undefined,
    },
  })
  const driver = new Driver(clock, options.send, options.notify, options, core)
  const run = (output: CoreOutput): void => driver.run(output)
  return {
    counters,
    get sessionCount() {
      return core.sessionCount
    },
    get handshakeCount() {
      return core.handshakeCount
    },
    sessions: () => core.sessions(),
    receive: (datagram, from) => run(core.receive(datagram, from, clock.now())),
    send: (message, session) => {
      const before = counters.messagesSent
      run(core.send(session, message, clock.now()))
      return counters.messagesSent > before
    },
    close: (session) => run(core.close(session, clock.now())),
    forget: (matches) => run(core.forget(matches, clock.now())),
    export: (session) => core.export(session),
    confirmExport: (session, generation) => core.confirmExport(session, generation),
    import: (snapshot) => {
      const output = core.import(snapshot, clock.now())
      run(output)
      return output.session
    },
    shutdown: () => {
      driver.stop()
      core.destroy()
    },
  }
}
