import { InvariantError } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import type { ServerHandshake } from '../handshake/server-handshake.js'
import type { DtlsPeer } from '../identity.js'
import type { Session } from '../session/session.js'
import { concat } from '../wire.js'

/** What is at an address: a session, a handshake, or both while one follows the other. */
export interface Place {
  session: Session | undefined
  handshake: ServerHandshake | undefined
}

const keyOf = (cid: Uint8Array): string =>
  Buffer.from(cid.buffer, cid.byteOffset, cid.length).toString('latin1')

/** Finds sessions and handshakes by address, by Connection ID and by number. */
export class SessionTable {
  readonly #sessions = new Map<number, Session>()
  readonly #places = new Map<string, Place>()
  readonly #cids = new Map<string, Session | ServerHandshake>()

  constructor(
    private readonly random: Random,
    private readonly form: { readonly prefix: Uint8Array; readonly length: number } | undefined,
  ) {}

  get size(): number {
    return this.#sessions.size
  }

  sessions(): IterableIterator<Session> {
    return this.#sessions.values()
  }

  get(id: number): Session | undefined {
    return this.#sessions.get(id)
  }

  at(address: string): Place | undefined {
    return this.#places.get(address)
  }

  place(address: string): Place {
    let place = this.#places.get(address)
    if (!place) {
      place = { session: undefined, handshake: undefined }
      this.#places.set(address, place)
    }
    return place
  }

  byCid(cid: Uint8Array): Session | ServerHandshake | undefined {
    return this.#cids.get(keyOf(cid))
  }

  /** A Connection ID that nobody has: the prefix, by which a router finds this process, then random bytes. */
  reserveCid(handshake: ServerHandshake): Uint8Array {
    const { prefix, length } = this.form ?? { prefix: new Uint8Array(0), length: 0 }
    for (let attempt = 0; attempt < 64; attempt++) {
      const cid = concat(prefix, this.random.bytes(length - prefix.length))
      const key = keyOf(cid)
      if (this.#cids.has(key)) continue
      this.#cids.set(key, handshake)
      return cid
    }
    throw new InvariantError('no free Connection ID found: they are too short for so many sessions')
  }

  /** A handshake has become a session. */
  open(session: Session, handshake: ServerHandshake): void {
    this.#sessions.set(session.id, session)
    const place = this.place(session.peer.id)
    if (place.handshake === handshake) place.handshake = undefined
    place.session = session
    if (session.cid.length > 0) this.#cids.set(keyOf(session.cid), session)
  }

  /** A session from a snapshot; false if its Connection ID or, without one, its address is another's. */
  restore(session: Session): boolean {
    const key = keyOf(session.cid)
    // who has a Connection ID does not need the address
    const isAddressTaken = this.at(session.peer.id)?.session?.cid.length === 0
    if (session.cid.length > 0 ? this.#cids.has(key) : isAddressTaken) return false
    if (session.cid.length > 0) this.#cids.set(key, session)
    if (!isAddressTaken) this.place(session.peer.id).session = session
    this.#sessions.set(session.id, session)
    return true
  }

  /** The peer of a session with Connection ID has another address. A session that is known by that address alone keeps it. */
  move(session: Session, to: DtlsPeer): void {
    this.#leave(session)
    session.peer = to
    const place = this.place(to.id)
    if (!place.session || place.session.cid.length > 0) place.session = session
  }

  remove(session: Session): void {
    this.#sessions.delete(session.id)
    if (session.cid.length > 0) this.#cids.delete(keyOf(session.cid))
    this.#leave(session)
  }

  removeHandshake(handshake: ServerHandshake): void {
    const key = keyOf(handshake.cid)
    if (this.#cids.get(key) === handshake) this.#cids.delete(key)
    const place = this.#places.get(handshake.peer.id)
    if (place?.handshake !== handshake) return
    place.handshake = undefined
    if (!place.session) this.#places.delete(handshake.peer.id)
  }

  /** A session that was not heard of for long, other than `newest`: the first in line that has not been since it was last passed over. */
  leastRecent(newest: Session): Session | undefined {
    for (const [id, session] of this.#sessions) {
      if (!session.touched && session !== newest) return session
      if (this.#sessions.size === 1) return undefined
      session.touched = false
      this.#sessions.delete(id)
      this.#sessions.set(id, session)
    }
    return undefined
  }

  #leave(session: Session): void {
    const place = this.#places.get(session.peer.id)
    if (place?.session !== session) return
    place.session = undefined
    if (!place.handshake) this.#places.delete(session.peer.id)
  }
}
