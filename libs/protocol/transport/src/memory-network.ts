import { InvariantError } from '@fieldline/bytes'
import type { Clock, Random } from '@fieldline/bytes'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { peerOf } from './known-peers.js'

/** How a memory network treats datagrams. Probabilities are between 0 and 1. */
export interface MemoryNetworkOptions {
  readonly clock: Clock
  readonly random: Random
  /** Chance that a datagram is lost. */
  readonly loss?: number
  /** Chance that a datagram arrives twice. */
  readonly duplicate?: number
  /** Chance that a datagram is held back for up to ten times `delayMs`, so that later ones overtake it. */
  readonly reorder?: number
  /** One way; default 1 ms. */
  readonly delayMs?: number
}

/** A network without sockets: deterministic for one seed and one clock. */
export interface MemoryNetwork {
  /** A transport at `port`; default the next free one. Throws `InvariantError` if the port is taken. */
  open(port?: number): DatagramTransport
  /** Cuts a port off: nothing reaches it and nothing from it arrives; until `false`. */
  cut(port: number, off: boolean): void
}

const address = '127.0.0.1'
const firstPort = 40_000

/** Creates a network whose datagrams are delivered through `clock`. */
export function createMemoryNetwork(options: MemoryNetworkOptions): MemoryNetwork {
  return new Wire(options)
}

class Wire implements MemoryNetwork {
  readonly #options: MemoryNetworkOptions
  readonly #nodes = new Map<number, MemoryTransport>()
  readonly #cut = new Set<number>()
  #nextPort = firstPort

  constructor(options: MemoryNetworkOptions) {
    this.#options = options
  }

  open(port = this.#nextPort++): DatagramTransport {
    if (this.#nodes.has(port)) throw new InvariantError(`port ${port} is taken`)
    const node = new MemoryTransport(this, port)
    this.#nodes.set(port, node)
    return node
  }

  cut(port: number, off: boolean): void {
    if (off) this.#cut.add(port)
    else this.#cut.delete(port)
  }

  remove(port: number): void {
    this.#nodes.delete(port)
  }

  carry(datagram: Uint8Array, from: Peer, port: number): void {
    const { random, loss = 0, duplicate = 0 } = this.#options
    // Copied at once: a sender may use its buffer again, and a real network would not notice.
    const copy = datagram.slice()
    if (!(random.unit() < loss)) this.#deliver(copy, from, port)
    if (random.unit() < duplicate) this.#deliver(copy.slice(), from, port)
  }

  #deliver(datagram: Uint8Array, from: Peer, port: number): void {
    const { clock, random, reorder = 0, delayMs = 1 } = this.#options
    const held = random.unit() < reorder ? delayMs * (1 + random.unit() * 9) : 0
    clock.after(delayMs + held, () => {
      if (this.#cut.has(port) || this.#cut.has(from.port)) return
      this.#nodes.get(port)?.receive?.(datagram, from)
    })
  }
}

class MemoryTransport implements DatagramTransport {
  readonly name = 'memory'
  readonly address = address
  receive: ((datagram: Uint8Array, peer: Peer) => void) | undefined
  readonly #self: Peer
  #closed = false

  constructor(
    private readonly wire: Wire,
    readonly port: number,
  ) {
    this.#self = peerOf(address, port)
  }

  send(datagram: Uint8Array, peer: Peer): void {
    if (!this.#closed) this.wire.carry(datagram, this.#self, peer.port)
  }

  listen(receive: (datagram: Uint8Array, peer: Peer) => void): void {
    this.receive = receive
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.wire.remove(this.port)
    }
    return Promise.resolve()
  }
}
