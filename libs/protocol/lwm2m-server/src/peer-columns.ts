import { KeyedHash } from '@fieldline/bytes'
import type { Random, Rows } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import { nameOf } from './same-client.js'
import type { TextArena } from './text-arena.js'

/** What the first of the two words is: an IPv4 address, the entry of another address, or the number of an object. */
const Kind = { ipv4: 1, text: 2, object: 3 } as const
const keyBytes = 6

/**
 * The peers of registrations in two words each: address, port, and which kind it is. One that is no more than an address and a port is made when
 * it is asked for: an IPv4 address takes no room beside the words, any other the bytes of its text. A peer that has proved who it is, or has a name
 * of its own, stays the object that the transport made, which has it anyway.
 */
export class PeerColumns {
  readonly #objects: (Peer | undefined)[] = []
  readonly #freeObjects: number[] = []
  readonly #hash: KeyedHash
  readonly #key = new Uint8Array(keyBytes)
  readonly #plain = new PlainName()

  /** @param word the first of two words of each row */
  constructor(
    private readonly rows: Rows,
    private readonly word: number,
    private readonly texts: TextArena,
    random: Random,
  ) {
    this.#hash = new KeyedHash(random)
  }

  /** The peer of a row that has one. */
  get(row: number): Peer {
    const value = this.rows.get(row, this.word)
    const port = this.#port(row)
    const kind = this.#kind(row)
    if (kind === Kind.object) return this.#objects[value]!
    const address = kind === Kind.ipv4 ? dotted(value) : this.texts.get(value, 0)
    return { id: nameOfAddress(address, port), address, port }
  }

  /** Gives a peer to a row that has none. */
  set(row: number, peer: Peer): void {
    const { id, address, port, identity } = peer
    const isPlain = identity === undefined && id === nameOfAddress(address, port) && port <= 0xffff
    if (!isPlain) {
      const number = this.#freeObjects.pop() ?? this.#objects.length
      this.#objects[number] = peer
      this.#write(row, number, Kind.object, 0)
    } else if (this.#plain.read(id)) this.#write(row, this.#plain.address, Kind.ipv4, port)
    else this.#write(row, this.texts.add(address), Kind.text, port)
  }

  /** Takes the peer from a row. */
  clear(row: number): void {
    const value = this.rows.get(row, this.word)
    const kind = this.#kind(row)
    if (kind === Kind.text) this.texts.remove(value, 1)
    else if (kind === Kind.object) {
      this.#objects[value] = undefined
      this.#freeObjects.push(value)
    }
    this.#write(row, 0, 0, 0)
  }

  /** Who the peer of a row has proved to be. */
  identity(row: number): string | undefined {
    return this.#kind(row) === Kind.object ? this.get(row).identity : undefined
  }

  /** Whether the peer of a row has the id of this one; makes no object. */
  isSame(row: number, peer: Peer): boolean {
    const kind = this.#kind(row)
    if (kind === Kind.ipv4) return this.#plain.read(peer.id) && this.#isPlain(row)
    if (kind === Kind.object) return this.get(row).id === peer.id
    const { id, address, port } = peer
    return (
      port === this.#port(row) &&
      this.texts.seek(address) &&
      this.texts.isSought(this.rows.get(row, this.word), 0) &&
      id === nameOfAddress(address, port)
    )
  }

  /** The hash of what names a client, see `nameOf`: the same for equal names. */
  hashOf(peer: Peer): number {
    if (peer.identity === undefined && this.#plain.read(peer.id))
      return this.#hashOfAddress(this.#plain.address, this.#plain.port)
    this.#hash.text(nameOf(peer))
    return this.#hash.a
  }

  /** The same hash of the peer of a row. */
  hashAt(row: number): number {
    if (this.#kind(row) === Kind.ipv4)
      return this.#hashOfAddress(this.rows.get(row, this.word), this.#port(row))
    this.#hash.text(nameOf(this.get(row)))
    return this.#hash.a
  }

  /** Whether the peer of a row is the client that this one is: the same proof, or none and the same address. */
  isClient(row: number, peer: Peer): boolean {
    if (this.#kind(row) === Kind.ipv4) return peer.identity === undefined && this.isSame(row, peer)
    const known = this.get(row)
    return known.identity === peer.identity && nameOf(known) === nameOf(peer)
  }

  #isPlain(row: number): boolean {
    return this.rows.get(row, this.word) === this.#plain.address && this.#port(row) === this.#plain.port
  }

  #hashOfAddress(address: number, port: number): number {
    const key = this.#key
    key[0] = address >> 24
    key[1] = address >> 16
    key[2] = address >> 8
    key[3] = address
    key[4] = port >> 8
    key[5] = port
    this.#hash.bytes(key)
    return this.#hash.a
  }

  #kind(row: number): number {
    return this.rows.get(row, this.word + 1) >>> 16
  }

  #port(row: number): number {
    return this.rows.get(row, this.word + 1) & 0xffff
  }

  #write(row: number, value: number, kind: number, port: number): void {
    this.rows.set(row, this.word, value)
    this.rows.set(row, this.word + 1, (kind << 16) | port)
  }
}

/** `address:port`, an IPv6 address in brackets. */
export function nameOfAddress(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function dotted(address: number): string {
  return `${address >>> 24}.${(address >> 16) & 255}.${(address >> 8) & 255}.${address & 255}`
}

const zero = '0'.charCodeAt(0)
const dot = '.'.charCodeAt(0)
const colon = ':'.charCodeAt(0)

/** Reads `192.0.2.1:5683` and nothing else, so that equal numbers are equal names. */
class PlainName {
  address = 0
  port = 0
  #at = 0

  read(name: string): boolean {
    this.#at = 0
    let address = 0
    for (let i = 0; i < 4; i++) {
      const part = this.#number(name, 255)
      if (part < 0 || name.charCodeAt(this.#at++) !== (i < 3 ? dot : colon)) return false
      address = (address << 8) | part
    }
    const port = this.#number(name, 0xffff)
    if (port < 0 || this.#at !== name.length) return false
    this.address = address >>> 0
    this.port = port
    return true
  }

  /** A decimal number without leading zeros, or -1. */
  #number(name: string, most: number): number {
    const start = this.#at
    let number = 0
    for (; this.#at < name.length; this.#at++) {
      const digit = name.charCodeAt(this.#at) - zero
      if (digit < 0 || digit > 9) break
      number = number * 10 + digit
      if (number > most) return -1
    }
    if (this.#at === start || (name.charCodeAt(start) === zero && this.#at > start + 1)) return -1
    return number
  }
}
