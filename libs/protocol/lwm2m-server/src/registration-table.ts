import { RowIndex, Rows } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import { PeerColumns } from './peer-columns.js'
import type { Registration } from './ports.js'
import { SharedTerms } from './shared-terms.js'
import type { Terms } from './shared-terms.js'
import { TextArena } from './text-arena.js'

/** Words of a row. */
const Word = {
  /** Its registration's number, counted over all there ever were; 0 where the row is free. */
  serial: 0,
  byLocation: 1,
  byEndpoint: 2,
  byDevice: 3,
  byClient: 4,
  /** Entry of the arena with the texts of `Text`. */
  texts: 5,
  terms: 6,
  lifetime: 7,
  /** Two words. */
  peer: 8,
  firstObservation: 10,
  /** The lower halves of the moments of `Moment`, then the upper ones, two of 16 bits in a word. */
  moments: 11,
  upperMoments: 15,
} as const
const wordsOfRow = 17

/** Positions in an entry of the arena, the one that is asked for most first. */
const Text = { location: 0, deviceId: 1, endpoint: 2 } as const
const textsOfRow = 3

/** Moments of a row: whole milliseconds in 48 bits. */
export const Moment = { registeredAt: 0, updatedAt: 1, expiresAt: 2, awakeUntil: 3 } as const
const upperBits = 16
const never = 0xffff
const lowerRange = 2 ** 32
const latestMoment = never * lowerRange - 1

/** What can change of a registration beside its peer and its moments. */
export type Changes = Partial<Omit<Terms, 'organisationId' | 'version'> & Pick<Registration, 'lifetime'>>

/**
 * Live registrations in rows of 68 bytes and some 30 to 60 for their texts, where an object with its strings, and four tables of it, took 500.
 * What many have in common is kept once; a `Registration` is made when it is asked for. Rows are found by location, endpoint, device and client;
 * of two with the same one the later is found.
 */
export class RegistrationTable {
  readonly #rows = new Rows(wordsOfRow)
  readonly #texts: TextArena
  readonly #terms = new SharedTerms()
  readonly #peers: PeerColumns
  readonly #byLocation: RowIndex
  readonly #byEndpoint: RowIndex
  readonly #byDevice: RowIndex
  readonly #byClient: RowIndex
  /** Of each page of rows, no registration ends before it; it may be too early. */
  readonly #earliestEnd: number[] = []
  #lastSerial = 0
  #size = 0

  constructor(random: Random) {
    this.#texts = new TextArena(random)
    this.#peers = new PeerColumns(this.#rows, Word.peer, this.#texts, random)
    const byText = (word: number, position: number): RowIndex =>
      new RowIndex(this.#rows, word, (row) => this.#texts.hashOf(this.#rows.get(row, Word.texts), position))
    this.#byLocation = byText(Word.byLocation, Text.location)
    this.#byEndpoint = byText(Word.byEndpoint, Text.endpoint)
    this.#byDevice = byText(Word.byDevice, Text.deviceId)
    this.#byClient = new RowIndex(this.#rows, Word.byClient, (row) => this.#peers.hashAt(row))
  }

  /** Registrations that live. */
  get size(): number {
    return this.#size
  }

  /** The row of a location, or -1. */
  findLocation(location: string): number {
    return this.#find(this.#byLocation, location, Text.location)
  }

  /** The row of an Endpoint Client Name, or -1. */
  findEndpoint(endpoint: string): number {
    return this.#find(this.#byEndpoint, endpoint, Text.endpoint)
  }

  /** The row of a device, or -1. */
  findDevice(deviceId: string): number {
    return this.#find(this.#byDevice, deviceId, Text.deviceId)
  }

  /** The row of whoever speaks from this address, or has proved to be this client, or -1. */
  findClient(peer: Peer): number {
    const index = this.#byClient
    let row = index.first(this.#peers.hashOf(peer))
    while (row >= 0 && !this.#peers.isClient(row, peer)) row = index.next(row)
    return row
  }

  #find(index: RowIndex, text: string, position: number): number {
    if (!this.#texts.seek(text)) return -1
    let row = index.first(this.#texts.hash)
    while (row >= 0 && !this.#texts.isSought(this.#rows.get(row, Word.texts), position)) row = index.next(row)
    return row
  }

  /**
   * Adds a registration; gives its row, which is its own until it is removed. Throws `RangeError` for a text of more than 1,000 characters.
   */
  add(registration: Registration): number {
    const { location, deviceId, endpoint, lifetime, peer } = registration
    const texts = this.#texts.add(location, deviceId, endpoint)
    // of two with the same name the later one is found
    const same: readonly [RowIndex, number][] = [
      [this.#byLocation, this.findLocation(location)],
      [this.#byEndpoint, this.findEndpoint(endpoint)],
      [this.#byDevice, this.findDevice(deviceId)],
    ]
    for (const [index, other] of same) if (other >= 0) index.remove(other)
    const row = this.#rows.take()
    this.#rows.set(row, Word.serial, this.#nextSerial())
    this.#rows.set(row, Word.texts, texts)
    this.#rows.set(row, Word.terms, this.#terms.take(registration))
    this.#rows.set(row, Word.lifetime, lifetime)
    for (const [name, moment] of Object.entries(Moment))
      this.setMoment(row, moment, registration[name as keyof typeof Moment])
    this.#byLocation.add(row)
    this.#byEndpoint.add(row)
    this.#byDevice.add(row)
    this.#setPeer(row, peer)
    this.#size++
    return row
  }

  /** Removes a registration. */
  remove(row: number): void {
    for (const index of [this.#byLocation, this.#byEndpoint, this.#byDevice, this.#byClient])
      index.remove(row)
    this.#peers.clear(row)
    this.#terms.give(this.#rows.get(row, Word.terms))
    this.#texts.remove(this.#rows.get(row, Word.texts), textsOfRow)
    this.#rows.give(row)
    this.#size--
  }

  #nextSerial(): number {
    this.#lastSerial = (this.#lastSerial + 1) >>> 0 || 1
    return this.#lastSerial
  }

  /** What tells a registration from all others that had the row before, or will. */
  serial(row: number): number {
    return this.#rows.get(row, Word.serial)
  }

  location(row: number): string {
    return this.#texts.get(this.#rows.get(row, Word.texts), Text.location)
  }

  deviceId(row: number): string {
    return this.#texts.get(this.#rows.get(row, Word.texts), Text.deviceId)
  }

  endpoint(row: number): string {
    return this.#texts.get(this.#rows.get(row, Word.texts), Text.endpoint)
  }

  terms(row: number): Terms {
    return this.#terms.get(this.#rows.get(row, Word.terms))
  }

  lifetime(row: number): number {
    return this.#rows.get(row, Word.lifetime)
  }

  /** Changes terms and lifetime; what is not named stays. */
  change(row: number, { lifetime = this.lifetime(row), ...changes }: Changes): void {
    const before = this.#rows.get(row, Word.terms)
    this.#rows.set(row, Word.terms, this.#terms.take({ ...this.#terms.get(before), ...changes }))
    this.#terms.give(before)
    this.#rows.set(row, Word.lifetime, lifetime)
  }

  peer(row: number): Peer {
    return this.#peers.get(row)
  }

  /** Who the client has proved to be. */
  identity(row: number): string | undefined {
    return this.#peers.identity(row)
  }

  /** Whether this is where the client is known to be. */
  isAt(row: number, peer: Peer): boolean {
    return this.#peers.isSame(row, peer)
  }

  /** The client speaks from elsewhere now. */
  move(row: number, peer: Peer): void {
    this.#byClient.remove(row)
    this.#peers.clear(row)
    this.#setPeer(row, peer)
  }

  #setPeer(row: number, peer: Peer): void {
    const other = this.findClient(peer)
    if (other >= 0) this.#byClient.remove(other)
    this.#peers.set(row, peer)
    this.#byClient.add(row)
  }

  /** The first of the device's observations, plus one; 0 for none. */
  firstObservation(row: number): number {
    return this.#rows.get(row, Word.firstObservation)
  }

  setFirstObservation(row: number, first: number): void {
    this.#rows.set(row, Word.firstObservation, first)
  }

  /** A moment in epoch milliseconds, or `Infinity`. */
  moment(row: number, moment: number): number {
    const shift = upperBits * (moment & 1)
    const upper = (this.#rows.get(row, Word.upperMoments + (moment >> 1)) >>> shift) & never
    if (upper === never) return Number.POSITIVE_INFINITY
    return upper * lowerRange + this.#rows.get(row, Word.moments + moment)
  }

  /** Sets a moment, to the millisecond. */
  setMoment(row: number, moment: number, milliseconds: number): void {
    const whole = Math.max(0, Math.round(milliseconds))
    const isNever = !(whole <= latestMoment)
    const upper = isNever ? never : Math.floor(whole / lowerRange)
    const shift = upperBits * (moment & 1)
    const word = Word.upperMoments + (moment >> 1)
    this.#rows.set(row, word, (this.#rows.get(row, word) & ~(never << shift)) | (upper << shift))
    this.#rows.set(row, Word.moments + moment, isNever ? 0 : whole)
    if (moment !== Moment.expiresAt || isNever) return
    const page = Rows.pageOf(row)
    if (!(this.#earliestEnd[page] <= whole)) this.#earliestEnd[page] = whole
  }

  /**
   * Rows whose registration has ended at `now`. Nearly all pages are passed over: only one in which a registration would have ended by now, had
   * it not been updated, is looked through.
   */
  due(now: number): number[] {
    const due: number[] = []
    for (let page = 0; page < this.#earliestEnd.length; page++) {
      if (!(this.#earliestEnd[page] <= now)) continue
      let earliest = Number.POSITIVE_INFINITY
      const [first, end] = Rows.boundsOf(page)
      for (let row = first; row < end; row++) {
        if (this.serial(row) === 0) continue
        const expiresAt = this.moment(row, Moment.expiresAt)
        if (expiresAt <= now) due.push(row)
        if (expiresAt < earliest) earliest = expiresAt
      }
      this.#earliestEnd[page] = earliest
    }
    return due
  }
}
