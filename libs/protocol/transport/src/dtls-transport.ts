import type { Clock, Random } from '@fieldline/bytes'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { toHex } from '@fieldline/bytes'
import { connectDtls, createDtlsServer, nameOfIdentity } from '@fieldline/dtls'
import type {
  DtlsClient,
  DtlsClientOptions,
  DtlsNotice,
  DtlsServer,
  DtlsServerOptions,
  DtlsSession,
  PeerIdentity,
} from '@fieldline/dtls'

/** Messages that wait for a handshake to end; further ones are lost, as datagrams are. */
const mostWaiting = 16

const nameBytes = 9

/**
 * A peer behind a DTLS session. Its `id` is `dtls:` and the name of the session, and outlives a change of address and a restart: requests and
 * responses still find each other after a NAT has rebound. `address` and `port` are where it was heard last.
 */
export interface DtlsTransportPeer extends Peer {
  readonly session: DtlsSession
  /** What a stored snapshot of the session is filed under. */
  readonly name: string
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

function nameIn(identity: PeerIdentity): string | undefined {
  if (identity.kind === 'x509') return identity.commonName
  if (identity.kind !== 'psk') return undefined
  try {
    return utf8.decode(identity.identity)
  } catch {
    return undefined // bytes that are no text are a proof all the same
  }
}

class SessionPeer implements DtlsTransportPeer {
  readonly id: string
  readonly identity: string | undefined
  readonly identityName: string | undefined
  constructor(
    readonly session: DtlsSession,
    readonly name: string,
  ) {
    this.id = `dtls:${name}`
    this.identity = nameOfIdentity(session.identity)
    this.identityName = nameIn(session.identity)
  }

  get address(): string {
    return this.session.peer.address
  }

  get port(): number {
    return this.session.peer.port
  }
}

/** What happens to sessions beside messages, and to whose; a handshake that failed has no peer. */
export type DtlsObserver = (
  notice: Exclude<DtlsNotice, { type: 'message' }>,
  peer: DtlsTransportPeer | undefined,
) => void

/** A DTLS server's options, with a transport in place of `send` and `notify`. */
export interface DtlsServerTransportOptions extends Omit<DtlsServerOptions, 'send' | 'notify'> {
  /** What carries the records. */
  readonly datagrams: DatagramTransport
  /** Told of sessions, handshakes that failed, moves, ends, and snapshots that are due. */
  readonly observe?: DtlsObserver
}

/** A transport over DTLS, and its server: for snapshots, counters, and sessions to be ended. */
export interface DtlsServerTransport extends DatagramTransport {
  readonly name: 'dtls'
  readonly dtls: DtlsServer
  /** The peers of the open sessions. */
  peers(): IterableIterator<DtlsTransportPeer>
  /** Takes up a stored session under its name; see `DtlsServer.import`. */
  import(snapshot: Uint8Array, name: string): DtlsTransportPeer
  /** The peer of the session with this `id`, if it is open. */
  find(id: string): DtlsTransportPeer | undefined
  reaches(peer: Peer): boolean
}

/** Carries messages within DTLS sessions that clients begin. To a peer without a session nothing is sent: it has to come by itself. */
export function createDtlsServerTransport(options: DtlsServerTransportOptions): DtlsServerTransport {
  const { datagrams, observe, random } = options
  const peers = new Map<string, SessionPeer>()
  const ofSession = new Map<DtlsSession, SessionPeer>()
  let receive: (message: Uint8Array, peer: Peer) => void = () => undefined
  let gone: (peer: Peer) => void = () => undefined
  // of the session that is being taken up: it may speak before that is over
  let importedName: string | undefined
  const peerOf = (session: DtlsSession): SessionPeer => {
    let peer = ofSession.get(session)
    if (!peer) {
      peer = new SessionPeer(session, importedName ?? toHex(random.bytes(nameBytes)))
      ofSession.set(session, peer)
      peers.set(peer.id, peer)
    }
    return peer
  }
  const dtls = createDtlsServer({
    ...options,
    send: (datagram, to) => datagrams.send(datagram, to),
    notify(notice) {
      if (notice.type === 'message') {
        // none: the observer ended the session when it was told of it, and this came in the same datagram
        const peer = ofSession.get(notice.session)
        if (peer) receive(notice.payload, peer)
        return
      }
      if (notice.type === 'handshake-error' || notice.type === 'handshake-doubt')
        return observe?.(notice, undefined)
      const peer = peerOf(notice.session)
      if (notice.type === 'closed') {
        ofSession.delete(notice.session)
        peers.delete(peer.id)
        gone(peer)
      }
      observe?.(notice, peer)
    },
  })
  return {
    name: 'dtls',
    dtls,
    address: datagrams.address,
    port: datagrams.port,
    peers: () => peers.values(),
    import(snapshot, name) {
      importedName = name
      try {
        return peerOf(dtls.import(snapshot))
      } finally {
        importedName = undefined
      }
    },
    find: (id) => peers.get(id),
    reaches: ({ id }) => peers.has(id),
    send(message, { id }) {
      const peer = peers.get(id)
      if (peer) dtls.send(message, peer.session)
    },
    listen(handler, onGone) {
      receive = handler
      if (onGone) gone = onGone
      datagrams.listen((datagram, from) => dtls.receive(datagram, from))
    },
    async close() {
      // without a word to the clients, who may go on with the next process
      dtls.shutdown()
      await datagrams.close()
    },
  }
}

/** A DTLS client's options, with a transport in place of `send`, `notify` and the one `server`. */
export interface DtlsClientTransportOptions extends Omit<DtlsClientOptions, 'send' | 'notify' | 'server'> {
  readonly clock: Clock
  readonly random: Random
  readonly datagrams: DatagramTransport
  /** Told of sessions, handshakes that failed, and ends. */
  readonly observe?: (notice: Exclude<DtlsNotice, { type: 'message' }>) => void
}

/** Carries messages within DTLS sessions that it begins itself, with the first message to a peer; for simulators and tests. */
export function createDtlsClientTransport(options: DtlsClientTransportOptions): DatagramTransport {
  const { datagrams, observe } = options
  interface Way {
    readonly client: DtlsClient
    readonly waiting: Uint8Array[]
    open: boolean
  }
  const ways = new Map<string, Way>()
  let receive: (message: Uint8Array, peer: Peer) => void = () => undefined
  let gone: (peer: Peer) => void = () => undefined
  const begin = (peer: Peer): Way => {
    const waiting: Uint8Array[] = []
    const notify = (notice: DtlsNotice): void => {
      const way = ways.get(peer.id)
      if (notice.type === 'message') return receive(notice.payload, peer)
      if (notice.type === 'session' && way) {
        way.open = true
        for (const message of waiting.splice(0)) way.client.send(message)
      } else if (notice.type === 'closed' || notice.type === 'handshake-error') {
        ways.delete(peer.id)
        gone(peer)
      }
      observe?.(notice)
    }
    const client = connectDtls({
      ...options,
      server: peer,
      send: (datagram, to) => datagrams.send(datagram, to),
      notify,
    })
    const way = { client, waiting, open: false }
    ways.set(peer.id, way)
    return way
  }
  return {
    name: 'dtls',
    address: datagrams.address,
    port: datagrams.port,
    send(message, peer) {
      const way = ways.get(peer.id) ?? begin(peer)
      if (way.open) way.client.send(message)
      else if (way.waiting.length < mostWaiting) way.waiting.push(message)
    },
    listen(handler, onGone) {
      receive = handler
      if (onGone) gone = onGone
      datagrams.listen((datagram, from) => ways.get(from.id)?.client.receive(datagram))
    },
    async close() {
      for (const { client } of ways.values()) client.close()
      ways.clear()
      await datagrams.close()
    },
  }
}
