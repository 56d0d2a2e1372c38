import type { Random } from '@fieldline/bytes'
import type { Interaction } from './outbox.js'
import type { Peer } from './message.js'

/** What an endpoint keeps about a peer it has sent something to. */
export class PeerState {
  nextMessageId: number
  /** Interactions under way (RFC 7252 §4.7). */
  outstanding = 0
  /** Interactions waiting for their turn. */
  readonly queue: Interaction[] = []
  /** Confirmable messages not acknowledged yet, by Message ID. */
  readonly unacknowledged = new Map<number, Interaction>()
  /** The request whose body is being sent block by block: a second one would be mixed up with it. */
  upload: Interaction | undefined
  /** Tokens of the latest non-confirmable notifications by Message ID: a reset names only the latter. */
  readonly notified: { messageId: number; token: Uint8Array }[] = []

  constructor(
    readonly peer: Peer,
    firstMessageId: number,
  ) {
    this.nextMessageId = firstMessageId
  }

  get idle(): boolean {
    return this.outstanding === 0 && this.queue.length === 0 && this.unacknowledged.size === 0
  }

  /** The next Message ID that is not that of an unacknowledged message; -1 if there is none. */
  takeMessageId(): number {
    for (let tries = 0; tries <= this.unacknowledged.size; tries++) {
      const id = this.nextMessageId
      this.nextMessageId = (id + 1) & 0xffff
      if (!this.unacknowledged.has(id)) return id
    }
    return -1
  }
}

/** How many of the oldest peers are looked at for one to forget. */
const maxTries = 16

/** Peers by key, bounded: when it is full, one of the oldest that has nothing under way is forgotten. */
export class PeerTable {
  readonly #states = new Map<string, PeerState>()

  constructor(
    private readonly maxPeers: number,
    private readonly random: Random,
  ) {}

  get size(): number {
    return this.#states.size
  }

  /** The state of a peer; undefined for one that has none. */
  find(peer: Peer): PeerState | undefined {
    return this.#states.get(peer.id)
  }

  /** The state of a peer, made if need be; undefined if the table is full of busy peers. */
  open(peer: Peer): PeerState | undefined {
    const known = this.#states.get(peer.id)
    if (known) return known
    if (this.#states.size >= this.maxPeers && !this.#forgetOne()) return undefined
    // A random start keeps a restarted process clear of the Message IDs it used just before (RFC 7252 §4.4).
    const state = new PeerState(peer, Math.floor(this.random.unit() * 0x10000))
    this.#states.set(peer.id, state)
    return state
  }

  #forgetOne(): boolean {
    let tries = 0
    for (const [id, state] of this.#states) {
      this.#states.delete(id)
      if (state.idle) return true
      this.#states.set(id, state)
      if (++tries === maxTries) break
    }
    return false
  }
}
