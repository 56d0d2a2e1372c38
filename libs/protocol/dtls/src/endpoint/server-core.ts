import type { Random } from '@fieldline/bytes'
import type { DtlsCounters } from '../counters.js'
import { ServerHandshake } from '../handshake/server-handshake.js'
import type { ServerRules } from '../handshake/server-handshake.js'
import { nameOfIdentity } from '../identity.js'
import type { DtlsPeer, PeerIdentity } from '../identity.js'
import { readRecord } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import { Session } from '../session/session.js'
import type { DtlsSession } from '../session/session.js'
import { confirmExport, exportSession, importSession } from '../session/snapshot.js'
import type { SessionSnapshot } from '../session/snapshot.js'
import { react, sendAlert, sendMessage } from '../session/traffic.js'
import { Surroundings } from '../surroundings.js'
import type { CoreOutput, CredentialAnswer, HandshakeTimers, SessionEnd } from '../surroundings.js'
import { Alert, AlertLevel, ContentType, HandshakeType } from '../wire.js'
import { Deadlines } from './deadlines.js'
import { HandshakeTable } from './handshake-table.js'
import type { ServerLimits } from './limits.js'
import { Reception } from './reception.js'
import { SessionTable } from './session-table.js'

/** What a server core is made of. */
export interface ServerCoreOptions {
  readonly random: Random
  readonly counters: DtlsCounters
  readonly rules: Omit<ServerRules, 'newCid'>
  /** Connection IDs that we hand out: all of `length` bytes, beginning with `prefix`; undefined for none. */
  readonly cid: { readonly prefix: Uint8Array; readonly length: number } | undefined
  readonly timers: HandshakeTimers
  readonly limits: ServerLimits
  /** Longest datagram we send in a handshake, bytes. */
  readonly mtu: number
}

/**
 * The server without sockets, clocks or timers: datagrams and the time go in; datagrams, events and the time of the next call come out.
 * Nothing that is received throws.
 */
export class ServerCore {
  readonly counters: DtlsCounters
  readonly #surroundings: Surroundings
  readonly #rules: ServerRules
  readonly #limits: ServerLimits
  readonly #cidLength: number
  readonly #reception: Reception
  readonly #table: SessionTable
  readonly #handshakes = new HandshakeTable()
  readonly #deadlines = new Deadlines<ServerHandshake>()

  constructor(options: ServerCoreOptions) {
    const { random, limits, cid } = options
    this.counters = options.counters
    this.#surroundings = new Surroundings(random, options.timers, options.mtu, options.counters)
    this.#limits = limits
    this.#cidLength = cid?.length ?? 0
    this.#reception = new Reception(random, limits, options.counters)
    this.#table = new SessionTable(random, cid)
    this.#rules = {
      ...options.rules,
      newCid: cid ? (handshake) => this.#table.reserveCid(handshake) : undefined,
    }
  }

  /** Open sessions. */
  get sessionCount(): number {
    return this.#table.size
  }

  /** Handshakes under way. */
  get handshakeCount(): number {
    return this.#handshakes.size
  }

  sessions(): IterableIterator<DtlsSession> {
    return this.#table.sessions()
  }

  /** A datagram has come. */
  receive(datagram: Uint8Array, from: DtlsPeer, now: number): CoreOutput {
    this.#surroundings.now = now
    this.counters.datagramsReceived++
    let offset = 0
    while (offset < datagram.length) {
      const record = readRecord(datagram, offset, this.#cidLength)
      if (!record) {
        this.counters.noise++
        break
      }
      offset += record.bytes.length
      const { forged } = this.counters
      this.#record(record, from)
      // a peer puts nothing forged before what is its own
      if (this.counters.forged > forged) break
    }
    return this.#collect()
  }

  /** The time that an output named has come. */
  expire(now: number): CoreOutput {
    this.#surroundings.now = now
    for (;;) {
      const handshake = this.#deadlines.take(now)
      if (!handshake) return this.#collect()
      handshake.expire()
      this.#settle(handshake)
    }
  }

  /** The answer to a `question` event. Late answers are ignored. */
  answer(handshakeId: number, answer: CredentialAnswer, now: number): CoreOutput {
    this.#surroundings.now = now
    const handshake = this.#handshakes.get(handshakeId)
    if (handshake) {
      handshake.answer(answer)
      this.#settle(handshake)
    }
    return this.#collect()
  }

  /** Sends one message. No datagram comes out if it may not go. */
  send(session: DtlsSession, message: Uint8Array, now: number): CoreOutput {
    this.#surroundings.now = now
    const mine = this.#table.get(session.id)
    if (!mine) this.counters.withheld++
    else {
      const ending = sendMessage(mine, message, this.#surroundings)
      if (ending) this.#end(mine, ending.reason)
    }
    return this.#collect()
  }

  /** Closes a session with close_notify. */
  close(session: DtlsSession, now: number): CoreOutput {
    this.#surroundings.now = now
    const mine = this.#table.get(session.id)
    if (mine) this.#end(mine, 'closed')
    return this.#collect()
  }

  /** Closes the sessions of identities that may not go on, gives up their handshakes, and lets nobody resume them. */
  forget(matches: (identity: PeerIdentity) => boolean, now: number): CoreOutput {
    this.#surroundings.now = now
    this.#rules.resumption?.forget(matches)
    for (const session of [...this.#table.sessions()])
      if (matches(session.identity)) this.#end(session, 'forgotten')
    for (const handshake of [...this.#handshakes.values()])
      if (matches(handshake.identity)) this.#abandon(handshake, 'closed', 'its credential was withdrawn')
    return this.#collect()
  }

  /** Writes a session down; undefined if it is not open. See `SessionSnapshot`. */
  export(session: DtlsSession): SessionSnapshot | undefined {
    const mine = this.#table.get(session.id)
    return mine && exportSession(mine)
  }

  /** The snapshot of that generation is stored. */
  confirmExport(session: DtlsSession, generation: number): void {
    const mine = this.#table.get(session.id)
    if (mine) confirmExport(mine, generation)
  }

  /** Takes up a stored session. Throws `RangeError` if it is none of this server as it is set up now, or here already. */
  import(bytes: Uint8Array, now: number): CoreOutput & { readonly session: DtlsSession } {
    this.#surroundings.now = now
    const session = importSession(bytes, this.#surroundings.nextId(), this.#surroundings.random)
    if (session.role !== 'server' || (session.cid.length > 0 && session.cid.length !== this.#cidLength))
      throw new RangeError('a session of another endpoint')
    const { suites, allowMacThenEncrypt } = this.#rules
    if (!suites.some(({ id }) => id === session.suiteId) || (session.macThenEncrypt && !allowMacThenEncrypt))
      throw new RangeError('a session that would not be agreed on any more')
    if (!this.#table.restore(session)) throw new RangeError('the session is here already')
    if (!session.proved) this.#doubtAddress(session)
    session.exportDue = true
    this.#surroundings.emit({ type: 'export-due', session, urgent: true })
    return { ...this.#collect(), session }
  }

  /** Overwrites all keys, without a word to anybody. */
  destroy(): void {
    for (const handshake of [...this.#handshakes.values()]) {
      handshake.end('closed', 'closed from this side')
      this.#handshakes.delete(handshake)
    }
    for (const session of [...this.#table.sessions()]) {
      this.#table.remove(session)
      session.destroy()
    }
    this.#rules.resumption?.forget(() => true)
  }

  #collect(): CoreOutput {
    return this.#surroundings.collect(this.#deadlines.next)
  }

  // --- records

  #record(record: RecordView, from: DtlsPeer): void {
    if (record.type === ContentType.ConnectionId) {
      const owner = this.#table.byCid(record.cid)
      if (owner instanceof Session) this.#protected(owner, record, from)
      else if (owner && owner.peer.id === from.id) this.#handshake(owner, record)
      else this.counters.unmatched++
      return
    }
    const place = this.#table.at(from.id)
    if (record.epoch === 0) {
      if (record.type === ContentType.Handshake && record.fragment[0] === HandshakeType.ClientHello)
        this.#hello(record, from, place?.handshake)
      else if (place?.handshake) this.#handshake(place.handshake, record)
      else this.counters.unmatched++
      return
    }
    // While a new handshake runs beside a session, only the keys tell whose record it is (RFC 6347 §4.2.8).
    const session = place?.session
    if (session && session.cid.length === 0) this.#protected(session, record, from, place.handshake)
    else if (place?.handshake) this.#handshake(place.handshake, record)
    else if (session) this.counters.stale++
    else this.counters.unmatched++
  }

  #protected(session: Session, record: RecordView, from: DtlsPeer, otherwise?: ServerHandshake): void {
    const failed = session.failedOpens
    const content = session.open(record)
    if (!content) {
      if (!otherwise) this.counters[session.failedOpens > failed ? 'forged' : 'stale']++
      // counted beside a handshake as well: who keeps one running at the address would guess on for ever
      if (session.failedOpens > this.#limits.failedOpens) this.#end(session, 'forgeries')
      if (otherwise) this.#handshake(otherwise, record)
      return
    }
    session.touched = true
    // RFC 9146 §6: authentic, newest, and only then the address changes; before anything is answered
    if (from.id !== session.peer.id) {
      if (content.newest) this.#migrate(session, from, record.bytes.length)
    } else if (!session.proved) {
      if (content.newest && session.answered) session.proved = true
      else session.unverifiedBytes += 3 * record.bytes.length
    }
    const ending = react(session, content, this.#surroundings)
    if (ending) this.#end(session, ending.reason, ending.alert)
  }

  #migrate(session: Session, to: DtlsPeer, received: number): void {
    const from = session.peer
    this.#table.move(session, to)
    this.#doubtAddress(session)
    session.unverifiedBytes += 3 * received
    this.counters.migrations++
    this.#surroundings.emit({ type: 'migrated', session, from })
  }

  /** Little goes to the address from now on. Who moves to and fro gets nothing anew, nor spends at one address what was earned at another. */
  #doubtAddress(session: Session): void {
    const { unverifiedBytes, unverifiedPeriodMs } = this.#limits
    const { now } = this.#surroundings
    const age = session.grantedAt === undefined ? -1 : now - session.grantedAt
    if (age >= 0 && age < unverifiedPeriodMs)
      session.unverifiedBytes = Math.min(session.unverifiedBytes, unverifiedBytes)
    else {
      session.unverifiedBytes = unverifiedBytes
      session.grantedAt = now
    }
    session.proved = session.answered = false
  }

  // --- handshakes

  /** A ClientHello: nothing is remembered before its cookie has come back. */
  #hello(record: RecordView, from: DtlsPeer, running: ServerHandshake | undefined): void {
    const { now } = this.#surroundings
    const arrival = this.#reception.receive(record, from, now)
    if (arrival.kind === 'nothing') return
    if (arrival.kind === 'unproved') {
      this.#surroundings.send(arrival.answer, from)
      return
    }
    if (arrival.kind === 'later-fragment') {
      // kept only for whom the first one has proved; who was not remembered repeats it
      if (running) this.#handshake(running, record)
      else this.counters.unreadableHellos++
      return
    }
    const { first } = arrival
    if (running?.isOf(first)) {
      this.#handshake(running, record)
      return
    }
    if (!this.#reception.admit(from, now)) return
    if (running) this.#abandon(running, 'peer-silent', 'the peer began anew')
    if (this.#handshakes.size >= this.#limits.handshakes) {
      const victim = this.#handshakes.mostCrowded
      if (victim) this.#abandon(victim, 'overload', 'too many handshakes are under way')
    }
    const handshake = new ServerHandshake(this.#surroundings, this.#rules, from, first)
    this.counters.handshakesStarted++
    this.#handshakes.add(handshake)
    this.#table.place(from.id).handshake = handshake
    this.#handshake(handshake, record)
  }

  #handshake(handshake: ServerHandshake, record: RecordView): void {
    handshake.receive(record)
    this.#settle(handshake)
  }

  #abandon(handshake: ServerHandshake, ...why: Parameters<ServerHandshake['end']>): void {
    handshake.end(...why)
    this.#settle(handshake)
  }

  /** Draws the conclusions from where a handshake stands. */
  #settle(handshake: ServerHandshake): void {
    if (handshake.state === 'running') {
      this.#deadlines.add(handshake)
      const { question } = handshake
      if (question && question !== handshake.toldQuestion) {
        handshake.toldQuestion = question
        this.#surroundings.emit({ type: 'question', handshake: handshake.id, peer: handshake.peer, question })
      }
      this.#doubt(handshake)
      return
    }
    if (!this.#handshakes.delete(handshake)) return
    const session = handshake.state === 'open' ? handshake.session : undefined
    handshake.forget()
    if (session) {
      this.#opened(session, handshake)
      return
    }
    this.#table.removeHandshake(handshake)
    this.counters.handshakesFailed++
    const { failure, detail } = handshake.failure ?? { failure: 'closed', detail: '' }
    this.#surroundings.emit({
      type: 'handshake-error',
      peer: handshake.peer,
      failure,
      detail,
      identity: handshake.claimed,
    })
  }

  /** A key that is probably wrong, or that there is none, is told at once: operators should not have to wait until the peer has given up. */
  #doubt(handshake: ServerHandshake): void {
    const { suspicion, peer, claimed: identity } = handshake
    const isAboutKeys =
      suspicion?.failure === 'wrong-key-suspected' || suspicion?.failure === 'unknown-identity'
    if (!isAboutKeys || handshake.toldDoubt) return
    handshake.toldDoubt = true
    this.#surroundings.emit({ type: 'handshake-doubt', ...suspicion, peer, identity })
  }

  #opened(session: Session, handshake: ServerHandshake): void {
    this.counters.handshakesCompleted++
    if (session.resumed) this.counters.resumptions++
    // Only now does the new one take the place of the old (RFC 6347 §4.2.8). Another device with a Connection ID is not where it was heard
    // last: a NAT has given its address away, and it comes back from elsewhere (RFC 9146 §1).
    const old = this.#table.at(session.peer.id)?.session
    if (old && (old.cid.length === 0 || nameOfIdentity(old.identity) === nameOfIdentity(session.identity)))
      this.#end(old, 'replaced')
    this.#table.open(session, handshake)
    if (this.#table.size > this.#limits.sessions) {
      const victim = this.#table.leastRecent(session)
      if (victim) {
        this.counters.sessionsEvicted++
        this.#end(victim, 'evicted')
      }
    }
    this.#surroundings.emit({ type: 'session', session })
  }

  #end(session: Session, reason: SessionEnd, alert?: number): void {
    // what the peer ended it knows about; everything else it is told
    if (
      reason !== 'closed-by-peer' &&
      reason !== 'peer-alert' &&
      reason !== 'forgeries' &&
      reason !== 'replaced'
    )
      sendAlert(session, AlertLevel.Warning, Alert.CloseNotify, this.#surroundings)
    // RFC 5246 §7.2: a session that failed is resumed no more
    if (reason === 'peer-alert') this.#rules.resumption?.remove(session.sessionId)
    this.#table.remove(session)
    session.destroy()
    this.#surroundings.emit({ type: 'closed', session, reason, alert })
  }
}
