import type { Clock, Random } from '@fieldline/bytes'
import type { OwnCredentials } from '../certificates/public-key.js'
import { createCounters } from '../counters.js'
import type { DtlsCounters } from '../counters.js'
import { Driver } from '../driver.js'
import type { CredentialSource, DtlsNotice } from '../driver.js'
import { defaultLimits } from '../endpoint/limits.js'
import type { CertificateKind } from '../handshake/negotiation.js'
import { isHostName } from '../handshake/server-name.js'
import type { DtlsPeer } from '../identity.js'
import type { Resumable } from '../session/resumption-store.js'
import { suites } from '../suites.js'
import { timerProfiles } from '../surroundings.js'
import type { HandshakeTimers } from '../surroundings.js'
import { ClientCore } from './client-core.js'

/** A session that a client may resume: keep it for the next `connectDtls`. It holds the master secret. */
export type ResumableSession = Resumable & { readonly sessionId: Uint8Array }

/** What a DTLS client is made of: `psk`, or `verifyPeer` and perhaps `credentials`. */
export interface DtlsClientOptions extends Pick<CredentialSource, 'verifyPeer'> {
  readonly clock: Clock
  readonly random: Random
  readonly server: DtlsPeer
  /** Takes a datagram to the server; never throws. */
  readonly send: (datagram: Uint8Array, to: DtlsPeer) => void
  readonly notify: (notice: DtlsNotice) => void
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array }
  readonly credentials?: OwnCredentials
  /** The kinds of certificates that the server may show, in order of preference; default X.509. */
  readonly serverCertificates?: readonly CertificateKind[]
  /** The kinds that this client can show; default X.509 if it has a chain, otherwise raw public key. */
  readonly ownCertificates?: readonly CertificateKind[]
  /** Numbers of the suites to offer, in order of preference; default those that there are credentials for. Those of pre-shared keys take a `psk`. */
  readonly suites?: readonly number[]
  /**
   * Lets CBC suites run without encrypt-then-MAC (RFC 7366) where the peer has none; default false. What that costs is said at `CbcMacThenEncrypt`.
   */
  readonly allowMacThenEncrypt?: boolean
  /** The Connection ID that the server's records shall carry; empty asks for none, yet lets the server have one. Default: no Connection IDs. */
  readonly cid?: Uint8Array
  /** The host name to ask for (RFC 6066 §3): in ASCII, no address. */
  readonly serverName?: string
  readonly resume?: ResumableSession
  /** Default `timerProfiles.wired`. */
  readonly timers?: HandshakeTimers
  /** Longest datagram sent in a handshake, bytes of UDP payload; default 1200. */
  readonly mtu?: number
}

/** A DTLS client over somebody's datagrams; it has one session. */
export interface DtlsClient {
  readonly counters: Readonly<DtlsCounters>
  /** What a later client may resume; undefined before the session is open, or if the server does not resume. */
  readonly resumable: ResumableSession | undefined
  /** A datagram of the server has come. Never throws. */
  receive(datagram: Uint8Array): void
  /** Sends at most 16384 bytes; false before the session is open and after it has ended. */
  send(message: Uint8Array): boolean
  /** Ends the session with close_notify, or gives up the handshake. */
  close(): void
}

/** Begins a handshake; `notify` tells how it went. Throws `RangeError` for a server name that is no host name. */
export function connectDtls(options: DtlsClientOptions): DtlsClient {
  const { clock } = options
  const serverName = options.serverName?.toLowerCase()
  if (serverName !== undefined && !isHostName(serverName))
    throw new RangeError(`not a host name: ${serverName}`)
  const wanted = options.suites?.flatMap((id) => suites.find((suite) => suite.id === id) ?? [])
  const counters = createCounters()
  const core = new ClientCore({
    random: options.random,
    counters,
    timers: options.timers ?? timerProfiles.wired,
    mtu: options.mtu ?? 1200,
    failedOpens: defaultLimits.failedOpens,
    peer: options.server,
    rules: {
      suites:
        wanted ??
        suites.filter(
          (suite) => (suite.keyExchange === 'psk' ? options.psk : options.verifyPeer) !== undefined,
        ),
      psk: options.psk,
      credentials: options.credentials,
      own: options.ownCertificates ?? [
        options.credentials?.chain || !options.credentials ? 'x509' : 'raw-public-key',
      ],
      ofServer: options.serverCertificates ?? ['x509'],
      cid: options.cid,
      serverName,
      allowMacThenEncrypt: options.allowMacThenEncrypt ?? false,
      // RFC 6066 §3: only for the name that it was opened for
      resume: options.resume?.serverName === serverName ? options.resume : undefined,
    },
  })
  const driver = new Driver(
    clock,
    options.send,
    options.notify,
    { verifyPeer: options.verifyPeer },
    {
      expire: (now) => core.expire(now),
      answer: (_handshake, answer, now) => core.answer(answer, now),
    },
  )
  driver.run(core.start(clock.now()))
  return {
    counters,
    get resumable() {
      return core.resumable
    },
    receive: (datagram) => driver.run(core.receive(datagram, clock.now())),
    send: (message) => {
      const before = counters.messagesSent
      driver.run(core.send(message, clock.now()))
      return counters.messagesSent > before
    },
    close: () => driver.run(core.close(clock.now())),
  }
}
