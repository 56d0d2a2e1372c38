import { codeClass } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { Type } from '../message.js'
import type { DatagramTransport, Peer } from '../message.js'
import { MessageWriter } from '../message-writer.js'
import type { StreamNetwork } from './byte-stream.js'
import { Connection, kindOf } from './connection.js'
import type { ConnectionOwner } from './connection.js'

/** Bounds on what connections may cost. Times in milliseconds. */
export interface StreamLimits {
  /** Connections open at once; a further one is closed at once. */
  readonly maxConnections: number
  /** Bytes of the longest message taken; announced to the peer. At most 65535. */
  readonly maxMessageSize: number
  /** Bytes of the longest token taken; announced to the peer. */
  readonly maxTokenBytes: number
  /** Messages that wait for a connection and its settings. */
  readonly maxHeld: number
  /** Bytes that a peer may leave unread before its connection ends. */
  readonly maxBuffered: number
  /** Time for the first message of a connection. */
  readonly settingsTimeoutMs: number
  /** Time without a byte after which a peer is pinged, and the time for its answer. */
  readonly idleMs: number
  readonly pongTimeoutMs: number
}

/** The limits of a transport that is not told otherwise. */
export const defaultStreamLimits: StreamLimits = {
  maxConnections: 10_000,
  maxMessageSize: 34 * 1024,
  maxTokenBytes: 64,
  maxHeld: 64,
  maxBuffered: 256 * 1024,
  settingsTimeoutMs: 30_000,
  idleMs: 15 * 60_000,
  pongTimeoutMs: 60_000,
}

/** What happened on the connections. */
export interface StreamCounters {
  /** Connections opened, by either side. */
  opened: number
  /** Connections refused because too many are open. */
  refused: number
  /** Messages in, signaling included. */
  received: number
  /** Messages not sent because the peer takes none so long. */
  tooLarge: number
  /** Messages not sent because there is no connection to their peer, or too many wait for it already. */
  unreachable: number
  /** Connections ended because the peer did not read. */
  slowPeers: number
  /** Connections ended because a ping was not answered. */
  deadPeers: number
  /** Connections ended over a fault of the peer, and by the peer over one of ours. */
  aborts: number
  abortsReceived: number
}

/** What a transport over connections is made of. */
export interface StreamTransportOptions {
  readonly network: StreamNetwork
  readonly clock: Clock
  /** Whether it may open connections; a server of devices behind NAT only answers on those that exist. Default true. */
  readonly connects?: boolean
  readonly limits?: Partial<StreamLimits>
}

/** A transport over connections, with what it counts. */
export interface StreamTransport extends DatagramTransport {
  readonly streamCounters: Readonly<StreamCounters>
}

/**
 * CoAP over reliable streams (RFC 8323) for an endpoint that knows datagrams: a network that loses nothing. What is confirmable is acknowledged
 * here once it is on the stream; acknowledgements and resets of ours are not sent, for the stream has none. Use it with `profiles.stream`.
 */
export function createStreamTransport(options: StreamTransportOptions): StreamTransport {
  return new Streams(options)
}

/** Bytes of a message that are not of its body: the base Max-Message-Size is one block and these. */
const optionBytes = 128

class Streams implements StreamTransport, ConnectionOwner {
  readonly name: StreamTransport['name']
  readonly ordered = true
  readonly clock: Clock
  readonly limits: StreamLimits
  readonly streamCounters: StreamCounters = {
    opened: 0,
    refused: 0,
    received: 0,
    tooLarge: 0,
    unreachable: 0,
    slowPeers: 0,
    deadPeers: 0,
    aborts: 0,
    abortsReceived: 0,
  }
  readonly #network: StreamNetwork
  readonly #connects: boolean
  readonly #connections = new Map<string, Connection>()
  /** Messages for peers to whom a connection is being opened. */
  readonly #opening = new Map<string, Uint8Array[]>()
  readonly #writer = new MessageWriter()
  #receive: (datagram: Uint8Array, peer: Peer) => void = () => undefined
  #gone: (peer: Peer) => void = () => undefined
  #closed = false

  constructor({ network, clock, connects = true, limits }: StreamTransportOptions) {
    this.name = network.name
    this.clock = clock
    this.limits = { ...defaultStreamLimits, ...limits }
    this.#network = network
    this.#connects = connects
    network.accept((stream) => {
      if (this.#closed || this.#connections.size >= this.limits.maxConnections) {
        this.streamCounters.refused++
        stream.destroy()
      } else this.#begin(new Connection(stream, this))
    })
  }

  get counters(): StreamCounters {
    return this.streamCounters
  }

  /** What is left of the peer's longest message after options, in whole blocks (RFC 8323 §5.3.1, §6); 1024 bytes until it has said. */
  partBytes(peer: Peer): number {
    const capabilities = this.#connections.get(peer.id)?.capabilities
    if (!capabilities) return 1024
    const room = Math.min(capabilities.maxMessageSize, this.limits.maxMessageSize) - optionBytes
    return Math.max(1024, Math.floor(room / 1024) * 1024)
  }

  get address(): string {
    return this.#network.address
  }

  get port(): number {
    return this.#network.port
  }

  listen(receive: (datagram: Uint8Array, peer: Peer) => void, gone?: (peer: Peer) => void): void {
    this.#receive = receive
    if (gone) this.#gone = gone
  }

  send(datagram: Uint8Array, peer: Peer): void {
    if (kindOf(datagram) === 'nothing' || this.#closed) return
    const connection = this.#connections.get(peer.id)
    // What was asked before a Release is answered on the same connection; a request needs another (RFC 8323 §5.5).
    if (connection && !(connection.released && codeClass(datagram[1]) === 0)) this.#pass(datagram, connection)
    else this.#open(datagram, peer)
  }

  #pass(datagram: Uint8Array, connection: Connection): void {
    const messageId = (datagram[2] << 8) | datagram[3]
    if (kindOf(datagram) === 'ping') connection.ping(messageId)
    else {
      const isConfirmable = ((datagram[0] >> 4) & 3) === Type.Confirmable
      if (!connection.send(datagram) || !isConfirmable) return
      const acknowledgement = this.#writer.empty(Type.Acknowledgement, messageId)
      // not before the sender has finished sending
      this.clock.after(0, () => this.#receive(acknowledgement, connection.stream.peer))
    }
  }

  #open(datagram: Uint8Array, peer: Peer): void {
    const waiting = this.#opening.get(peer.id)
    if (waiting) {
      if (waiting.length < this.limits.maxHeld) waiting.push(datagram)
      else this.streamCounters.unreachable++
      return
    }
    const { size } = this.#connections
    if (!this.#connects || size + this.#opening.size >= this.limits.maxConnections) {
      this.streamCounters.unreachable++
      this.clock.after(0, () => this.#gone(peer))
      return
    }
    const first = [datagram]
    this.#opening.set(peer.id, first)
    this.#network.connect(peer).then(
      (stream) => {
        this.#opening.delete(peer.id)
        if (this.#closed) {
          this.streamCounters.unreachable += first.length
          return stream.destroy()
        }
        const connection = new Connection(stream, this)
        this.#begin(connection)
        for (const held of first) this.#pass(held, connection)
      },
      () => {
        this.#opening.delete(peer.id)
        this.streamCounters.unreachable += first.length
        this.#gone(peer)
      },
    )
  }

  #begin(connection: Connection): void {
    if (!connection.isOpen) return
    this.streamCounters.opened++
    this.#connections.set(connection.stream.peer.id, connection)
  }

  deliver(datagram: Uint8Array, connection: Connection): void {
    this.#receive(datagram, connection.stream.peer)
  }

  answeredPing(messageId: number, connection: Connection): void {
    // a datagram peer answers a ping with a reset
    this.#receive(this.#writer.empty(Type.Reset, messageId), connection.stream.peer)
  }

  closed(connection: Connection): void {
    const { peer } = connection.stream
    const current = this.#connections.get(peer.id)
    if (current === connection) this.#connections.delete(peer.id)
    // One that took the place of a released connection goes on.
    if (current === connection || !current) this.#gone(peer)
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const connection of [...this.#connections.values()]) connection.release()
    await this.#network.close()
  }
}
