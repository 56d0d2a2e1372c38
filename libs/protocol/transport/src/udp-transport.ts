import { createSocket } from 'node:dgram'
import type { RemoteInfo, Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { setImmediate } from 'node:timers'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { KnownPeers } from './known-peers.js'

/** Where a UDP transport listens. */
export interface UdpOptions {
  /** An IP address of this machine, `0.0.0.0` or `::`; never a name. */
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  /** Receive buffer asked of the kernel, bytes; default 4 MiB. The kernel may grant less. */
  readonly recvBufferBytes?: number
  /** Peers whose names need not be made again for every datagram, a few hundred bytes each; default 32,768. */
  readonly maxKnownPeers?: number
}

/** A UDP transport and what the kernel granted it. */
export interface UdpTransport extends DatagramTransport {
  readonly name: 'udp'
  /** Receive buffer as granted, bytes. */
  readonly recvBufferBytes: number
  /**
   * Datagrams that could not be sent. Those of an impossible size or peer are all counted. What the kernel refuses is looked for in every 64th
   * datagram and, once found, in all of the next thousand: asking about each costs a sixth of the time that a datagram takes.
   */
  readonly sendErrors: number
}

/** The kernel's default holds about 277 small datagrams, fewer than one commit's worth of reports. */
const defaultRecvBuffer = 4 * 2 ** 20

const defaultMaxKnownPeers = 32 * 1024

/** The largest payload of UDP over IPv4; IPv6 allows 20 bytes more, which no CoAP message needs. */
const maxDatagram = 65_507
/** The kernel is asked about one datagram in so many, a power of two, */
const sampling = 64
/** and after an error about as many as these. */
const watchedAfterError = 1_024

type LookupCallback = (error: NodeJS.ErrnoException | null, address: string, family: number) => void

// Peers are addresses, never names; without its own look-up, dgram asks the resolver for every datagram it sends.
const addressOnly4 = (host: string, _options: unknown, done: LookupCallback): void => done(null, host, 4)
const addressOnly6 = (host: string, _options: unknown, done: LookupCallback): void => done(null, host, 6)

/**
 * Binds a UDP socket, IPv4 or IPv6 by the form of `host`. Rejects with the system's error if it cannot be bound; afterwards nothing throws:
 * a datagram that cannot be sent is counted and lost.
 */
export async function createUdpTransport(options: UdpOptions): Promise<UdpTransport> {
  const version6 = isIPv6(options.host)
  const socket = createSocket({
    type: version6 ? 'udp6' : 'udp4',
    lookup: version6 ? addressOnly6 : addressOnly4,
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.bind({ address: options.host, port: options.port, exclusive: true }, () => {
      socket.removeListener('error', reject)
      resolve()
    })
  }).catch((error: unknown) => {
    socket.close()
    throw error
  })
  return new BoundUdp(socket, options)
}

class BoundUdp implements UdpTransport {
  readonly name = 'udp'
  readonly address: string
  readonly port: number
  readonly recvBufferBytes: number
  sendErrors = 0
  #closed = false
  readonly #socket: Socket
  readonly #peers: KnownPeers
  readonly #version6: boolean
  readonly #leaving: Uint8Array[] = []
  readonly #leavingTo: Peer[] = []
  #sent = 0
  /** Datagrams that are still to be asked about. */
  #watched = 0
  readonly #onSent = (error: Error | null): void => {
    if (!error) return
    this.sendErrors++
    this.#watched = watchedAfterError
  }

  constructor(
    socket: Socket,
    { recvBufferBytes = defaultRecvBuffer, maxKnownPeers = defaultMaxKnownPeers }: UdpOptions,
  ) {
    this.#socket = socket
    this.#peers = new KnownPeers(maxKnownPeers)
    const bound = socket.address()
    this.#version6 = bound.family === 'IPv6'
    this.address = bound.address
    this.port = bound.port
    try {
      socket.setRecvBufferSize(recvBufferBytes)
    } catch {
      // Best effort: a container may forbid it, and a smaller buffer only loses datagrams earlier.
    }
    this.recvBufferBytes = socket.getRecvBufferSize()
    // Asynchronous errors belong to single datagrams (port unreachable, message too long): never to the socket.
    socket.on('error', () => {
      this.sendErrors++
    })
  }

  /**
   * Datagrams leave together at the end of the loop's turn, after all that has arrived in it was read: a receiver on this machine is woken once for
   * all of them, and the kernel's path stays warm. That halves the system's share of a request (bench coap-get).
   */
  send(datagram: Uint8Array, peer: Peer): void {
    if (this.#closed) return
    if (this.#leaving.push(datagram) === 1) setImmediate(this.#flush)
    this.#leavingTo.push(peer)
  }

  readonly #flush = (): void => {
    // `send` does not come in between: what it would be called from has not been read yet
    const { length } = this.#leaving
    for (let at = 0; at < length; at++) this.#sendNow(this.#leaving[at], this.#leavingTo[at])
    this.#leaving.length = 0
    this.#leavingTo.length = 0
  }

  #sendNow(datagram: Uint8Array, peer: Peer): void {
    const isIPv6Peer = peer.address.includes(':')
    if (datagram.length > maxDatagram || (isIPv6Peer && !this.#version6)) {
      this.sendErrors++
      return
    }
    try {
      // A socket of both families reaches IPv4 by mapped addresses (RFC 4291 §2.5.5.2).
      const address = this.#version6 && !isIPv6Peer ? `::ffff:${peer.address}` : peer.address
      if (this.#watched > 0) this.#watched--
      else if (++this.#sent % sampling !== 0) {
        this.#socket.send(datagram, peer.port, address)
        return
      }
      this.#socket.send(datagram, peer.port, address, this.#onSent)
    } catch {
      // dgram throws for an impossible port or address: to the protocol that is a lost datagram like any other.
      this.sendErrors++
    }
  }

  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    this.#socket.on('message', (message: Buffer, from: RemoteInfo) => {
      receive(message, this.#peers.get(from.address, from.port))
    })
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#flush()
    this.#closed = true
    return new Promise((resolve) => this.#socket.close(() => resolve()))
  }
}
