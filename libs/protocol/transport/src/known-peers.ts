import type { Peer } from '@fieldline/coap'

const mappedPrefix = '::ffff:'

/**
 * The name of a peer: `127.0.0.1:5683`, `[::1]:5683`, `[fe80::1%eth0]:5683`. An IPv4 address mapped into IPv6 becomes the IPv4 address, so that
 * a peer is the same whatever socket hears it (RFC 4291 §2.5.5.2).
 */
export function peerOf(address: string, port: number): Peer {
  const plain = unmapped(address)
  return { id: plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`, address: plain, port }
}

function unmapped(address: string): string {
  if (!address.startsWith(mappedPrefix) && !address.startsWith('::FFFF:')) return address
  const rest = address.slice(mappedPrefix.length)
  // `::ffff:c000:201` is the same in hexadecimal.
  const groups = /^([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(rest)
  if (!groups) return rest
  const [high, low] = [Number.parseInt(groups[1], 16), Number.parseInt(groups[2], 16)]
  return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
}

/**
 * Peers heard of lately, so that a datagram finds its peer instead of making it: by address, then by port, since behind one address there may
 * be one device or, with a carrier's NAT, thousands. In two generations: when the younger is full, the elder is dropped whole.
 */
export class KnownPeers {
  #young = new Map<string, Peer | Map<number, Peer>>()
  #old = new Map<string, Peer | Map<number, Peer>>()
  #count = 0

  constructor(private readonly maxPeers: number) {}

  /** Peers in both generations. */
  get size(): number {
    let size = 0
    for (const generation of [this.#young, this.#old]) {
      for (const known of generation.values()) size += known instanceof Map ? known.size : 1
    }
    return size
  }

  get(address: string, port: number): Peer {
    const known = this.#young.get(address)
    if (known !== undefined) {
      const peer = known instanceof Map ? known.get(port) : known
      if (peer?.port === port) return peer
    }
    return this.#add(address, port, known)
  }

  #add(address: string, port: number, known: Peer | Map<number, Peer> | undefined): Peer {
    const elder = this.#old.get(address)
    const kept = elder instanceof Map ? elder.get(port) : elder?.port === port ? elder : undefined
    const peer = kept ?? peerOf(address, port)
    if (known instanceof Map) known.set(port, peer)
    else if (known) {
      this.#young.set(
        address,
        new Map([
          [known.port, known],
          [port, peer],
        ]),
      )
    } else this.#young.set(address, peer)
    if (++this.#count >= this.maxPeers / 2) {
      this.#old = this.#young
      this.#young = new Map()
      this.#count = 0
    }
    return peer
  }
}
