import type { Random } from '@fieldline/bytes'
import { KeyedHash } from '@fieldline/bytes'
import { Buckets } from './buckets.js'
import type { CoapCounters } from './counters.js'
import type { Interaction } from './outbox.js'
import type { Peer } from './message.js'
import { PeerMemory } from './peer-memory.js'
import { exchangeLifetime } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import type { RoundTrip } from './round-trip.js'
import { WheelTimer } from './timer-wheel.js'

/** Message IDs come in two halves, of which one is used up before the other is begun. */
const halfOfIds = 0x8000

/** What an endpoint keeps about a peer while something is under way; its timer ends a wait for Message IDs. */
export class PeerState extends WheelTimer implements RoundTrip {
  nextMessageId = 0
  /** When the half of the Message IDs that is in use was begun, epoch milliseconds. */
  halfSince = 0
  strong = 0
  strongVariation = 0
  weak = 0
  weakVariation = 0
  timeout = 0
  learnedAt = 0
  /** Interactions under way (RFC 7252 §4.7). */
  outstanding = 0
  /** Interactions waiting for their turn; made when one has to wait. */
  queue: Interaction[] | undefined
  /** The confirmable message not acknowledged yet; with NSTART 1 there is hardly ever another. */
  #one: Interaction | undefined
  /** The others, by Message ID. */
  #more: Map<number, Interaction> | undefined
  /** The request whose body is being sent block by block: a second one would be mixed up with it. */
  upload: Interaction | undefined
  /** Bodies that were begun and given up: the next one needs a Request-Tag of its own (RFC 9175 §3.5.1). */
  abandoned = 0
  /** Bodies still to be sent with one token for all their blocks, because that has helped. */
  bodiesWithOneToken = 0
  /** The latest Echo value of this peer, to be sent back with the next request (RFC 9175 §2.3). */
  echo: Uint8Array | undefined
  /** Tokens of the latest non-confirmable notifications by Message ID: a reset names only the latter. */
  notified: { messageId: number; token: Uint8Array }[] | undefined

  /** @internal in the table of peers. */
  inTable = false
  /** @internal */
  nextInBucket: PeerState | undefined

  /**
   * @param key one half of the hash of the peer's id
   * @param otherKey the other half
   */
  constructor(
    readonly peer: Peer,
    readonly key: number,
    readonly otherKey: number,
    private readonly wake: (state: PeerState) => void,
  ) {
    super()
  }

  get waiting(): number {
    return this.queue ? this.queue.length : 0
  }

  /** Nothing is under way. */
  get idle(): boolean {
    return this.outstanding === 0 && this.waiting === 0 && this.#one === undefined && !this.#more?.size
  }

  /** Nothing is kept but what fits into a row. */
  get isPlain(): boolean {
    return this.idle && !this.echo && !this.notified && this.abandoned === 0 && this.bodiesWithOneToken === 0
  }

  unacknowledged(messageId: number): Interaction | undefined {
    return this.#one?.messageId === messageId ? this.#one : this.#more?.get(messageId)
  }

  /** All that wait for an acknowledgement. */
  allUnacknowledged(): Interaction[] {
    return [...(this.#one ? [this.#one] : []), ...(this.#more?.values() ?? [])]
  }

  addUnacknowledged(interaction: Interaction): void {
    if (this.#one === undefined) this.#one = interaction
    else (this.#more ??= new Map()).set(interaction.messageId, interaction)
  }

  removeUnacknowledged(interaction: Interaction): void {
    if (this.#one === interaction) this.#one = undefined
    else this.#more?.delete(interaction.messageId)
  }

  /** The next Message ID is the first of its half: only such a one may have to wait. */
  get beginsHalf(): boolean {
    return this.nextMessageId % halfOfIds === 0
  }

  /**
   * How long the next Message ID has to wait, milliseconds: one may be used again only after EXCHANGE_LIFETIME (RFC 7252 §4.4), so a half of
   * them is not begun until the other has lasted so long.
   */
  messageIdWait(nowMs: number, profile: TransmissionProfile): number {
    if (!this.beginsHalf || this.halfSince === 0) return 0
    return Math.max(0, this.halfSince + exchangeLifetime(profile) - nowMs)
  }

  /** The next Message ID; ask `messageIdWait` first. */
  takeMessageId(nowMs: number): number {
    for (;;) {
      const id = this.nextMessageId
      // Before the first half is full there is nothing to wait for: no ID of the other has been used.
      if (id % halfOfIds === 0) this.halfSince = nowMs
      this.nextMessageId = (id + 1) & 0xffff
      if (!this.unacknowledged(id)) return id
    }
  }

  override fire(): void {
    this.wake(this)
  }
}

/** How many peers, or empty buckets, are looked at for one to forget. */
const maxTries = 16

/**
 * Peers, bounded. One with something under way has an object; of the others a row of numbers remains: the next Message ID and what was
 * learned of the round trip. When the table is full, one that has nothing under way is forgotten.
 */
export class PeerTable {
  readonly #states = new Buckets<PeerState>()
  /** The bucket to look into next for a peer to forget. */
  #hand = 0
  readonly #memory: PeerMemory
  readonly #hash: KeyedHash
  /** Set by the outbox: what to do when a wait for Message IDs is over. */
  wake: (state: PeerState) => void = () => undefined
  readonly #wake = (state: PeerState): void => this.wake(state)

  constructor(
    private readonly maxPeers: number,
    private readonly random: Random,
    counters: Pick<CoapCounters, 'peersEvicted'>,
  ) {
    this.#hash = new KeyedHash(random)
    this.#memory = new PeerMemory(maxPeers, () => counters.peersEvicted++)
  }

  /** Peers with an object. */
  get size(): number {
    return this.#states.size
  }

  /** Peers of which a row remains. */
  get remembered(): number {
    return this.#memory.size
  }

  /** The state of a peer with something under way. */
  find(peer: Peer): PeerState | undefined {
    this.#hash.text(peer.id)
    for (let at = this.#states.first(this.#hash.a); at; at = at.nextInBucket)
      if (at.peer.id === peer.id) return at
    return undefined
  }

  /** The state of a peer, made if need be; undefined if every peer in the table is busy. */
  open(peer: Peer): PeerState | undefined {
    const known = this.find(peer)
    if (known) return known
    if (this.#states.size >= this.maxPeers && !this.#forgetOne()) return undefined
    this.#hash.text(peer.id)
    const { a, b } = this.#hash
    const state = new PeerState(peer, a, b, this.#wake)
    const row = this.#memory.find(a, b)
    if (row >= 0) {
      this.#memory.touch(row)
      this.#memory.restore(row, state)
    } else {
      // A random start keeps a restarted process clear of the Message IDs it used just before (RFC 7252 §4.4), the upper half clear of those
      // that answers to unknown peers use.
      state.nextMessageId = halfOfIds + 1 + Math.floor(this.random.unit() * 0x4000)
    }
    state.inTable = true
    this.#states.add(state)
    return state
  }

  /** Gives the object of a peer up if nothing needs it. */
  retire(state: PeerState): void {
    if (state.isPlain && state.inTable) this.#keep(state)
  }

  /** Leaves a row of a peer in place of its object. */
  #keep(state: PeerState): void {
    this.#states.remove(state)
    state.inTable = false
    const { key, otherKey } = state
    const known = this.#memory.find(key, otherKey)
    this.#memory.save(known >= 0 ? known : this.#memory.insert(key, otherKey), state)
  }

  #forgetOne(): boolean {
    for (let tries = 0; tries < maxTries;) {
      for (let at = this.#states.first(this.#hand); at; at = at.nextInBucket, tries++) {
        if (!at.idle) continue
        this.#keep(at)
        return true
      }
      this.#hand = (this.#hand + 1) % this.#states.length
      tries++
    }
    return false
  }
}
