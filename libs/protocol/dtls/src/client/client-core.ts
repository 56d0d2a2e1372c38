import type { Random } from '@fieldline/bytes'
import type { DtlsCounters } from '../counters.js'
import { ClientHandshake } from '../handshake/client-handshake.js'
import type { ClientRules } from '../handshake/client-handshake.js'
import type { DtlsPeer } from '../identity.js'
import { readRecord } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import type { Resumable } from '../session/resumption-store.js'
import type { Session } from '../session/session.js'
import { react, sendAlert, sendMessage } from '../session/traffic.js'
import { Surroundings } from '../surroundings.js'
import type { CoreOutput, CredentialAnswer, HandshakeTimers, SessionEnd } from '../surroundings.js'
import { Alert, AlertLevel } from '../wire.js'

/** What a client core is made of. */
export interface ClientCoreOptions {
  readonly random: Random
  readonly counters: DtlsCounters
  readonly rules: ClientRules
  readonly timers: HandshakeTimers
  readonly mtu: number
  readonly failedOpens: number
  /** The server. */
  readonly peer: DtlsPeer
}

/** One client without sockets, clocks or timers, like `ServerCore`. */
export class ClientCore {
  readonly counters: DtlsCounters
  readonly #surroundings: Surroundings
  readonly #options: ClientCoreOptions
  #handshake: ClientHandshake | undefined
  #session: Session | undefined
  #asked: object | undefined
  #resumable: (Resumable & { sessionId: Uint8Array }) | undefined

  constructor(options: ClientCoreOptions) {
    this.#options = options
    this.counters = options.counters
    this.#surroundings = new Surroundings(options.random, options.timers, options.mtu, options.counters)
  }

  /** What a later client may resume; undefined before the session is open, or if the server does not resume. */
  get resumable(): (Resumable & { sessionId: Uint8Array }) | undefined {
    return this.#resumable
  }

  /** Sends the ClientHello. Call once. */
  start(now: number): CoreOutput {
    this.#surroundings.now = now
    this.counters.handshakesStarted++
    this.#handshake = new ClientHandshake(this.#surroundings, this.#options.rules, this.#options.peer)
    this.#handshake.begin()
    return this.#collect()
  }

  /** A datagram of the server has come, from wherever: it is the keys that tell. */
  receive(datagram: Uint8Array, now: number): CoreOutput {
    this.#surroundings.now = now
    this.counters.datagramsReceived++
    let offset = 0
    while (offset < datagram.length) {
      const cidLength = (this.#session ?? this.#handshake)?.cid.length ?? 0
      const record = readRecord(datagram, offset, cidLength)
      if (!record) {
        this.counters.noise++
        break
      }
      offset += record.bytes.length
      if (this.#session) this.#protected(this.#session, record)
      else if (this.#handshake) {
        this.#handshake.receive(record)
        this.#settle()
      } else this.counters.unmatched++
    }
    return this.#collect()
  }

  /** The time that an output named has come. */
  expire(now: number): CoreOutput {
    this.#surroundings.now = now
    const deadline = this.#handshake?.deadline
    if (deadline !== undefined && deadline <= now) this.#handshake?.expire()
    this.#settle()
    return this.#collect()
  }

  /** The answer to a `question` event. */
  answer(answer: CredentialAnswer, now: number): CoreOutput {
    this.#surroundings.now = now
    this.#handshake?.answer(answer)
    this.#settle()
    return this.#collect()
  }

  send(message: Uint8Array, now: number): CoreOutput {
    this.#surroundings.now = now
    if (!this.#session) this.counters.withheld++
    else {
      const ending = sendMessage(this.#session, message, this.#surroundings)
      if (ending) this.#end(this.#session, ending.reason)
    }
    return this.#collect()
  }

  /** Closes the session, or gives up the handshake. */
  close(now: number): CoreOutput {
    this.#surroundings.now = now
    if (this.#session) this.#end(this.#session, 'closed')
    this.#handshake?.end('closed', 'closed from this side')
    this.#settle()
    return this.#collect()
  }

  #collect(): CoreOutput {
    return this.#surroundings.collect(this.#handshake?.deadline)
  }

  #protected(session: Session, record: RecordView): void {
    const failed = session.failedOpens
    const content = session.open(record)
    if (!content) {
      if (session.failedOpens > failed) {
        this.counters.forged++
        if (session.failedOpens > this.#options.failedOpens) this.#end(session, 'forgeries')
      } else this.counters.stale++
      return
    }
    const ending = react(session, content, this.#surroundings)
    if (ending) this.#end(session, ending.reason, ending.alert)
  }

  #settle(): void {
    const handshake = this.#handshake
    if (!handshake) return
    if (handshake.state === 'running') {
      const { question } = handshake
      if (question && question !== this.#asked) {
        this.#asked = question
        this.#surroundings.emit({ type: 'question', handshake: handshake.id, peer: handshake.peer, question })
      }
      return
    }
    this.#handshake = undefined
    if (handshake.state === 'open' && handshake.session) {
      this.#session = handshake.session
      this.#resumable = handshake.resumable
      this.counters.handshakesCompleted++
      if (this.#session.resumed) this.counters.resumptions++
      this.#surroundings.emit({ type: 'session', session: this.#session })
    } else {
      this.counters.handshakesFailed++
      const { failure, detail } = handshake.failure ?? { failure: 'closed', detail: '' }
      this.#surroundings.emit({ type: 'handshake-error', peer: handshake.peer, failure, detail })
    }
    handshake.forget()
  }

  #end(session: Session, reason: SessionEnd, alert?: number): void {
    if (reason !== 'closed-by-peer' && reason !== 'peer-alert' && reason !== 'forgeries')
      sendAlert(session, AlertLevel.Warning, Alert.CloseNotify, this.#surroundings)
    // RFC 5246 §7.2: a session that failed is resumed no more
    if (reason === 'peer-alert') this.#resumable = undefined
    this.#session = undefined
    session.destroy()
    this.#surroundings.emit({ type: 'closed', session, reason, alert })
  }
}
