import { timingSafeEqual } from 'node:crypto'
import { ProtocolError } from '@fieldline/bytes'
import { keyBlock } from '../crypto/keys.js'
import type { Role } from '../crypto/keys.js'
import { Transcript, masterSecret, verifyData } from '../crypto/prf.js'
import { HandshakeFault } from '../faults.js'
import type { Failure, HandshakeFailure } from '../faults.js'
import type { DtlsPeer } from '../identity.js'
import { plainRecord, readRecord } from '../record/record.js'
import type { RecordView } from '../record/record.js'
import { Session } from '../session/session.js'
import type { Suite } from '../suites.js'
import type { CredentialAnswer, CredentialQuestion, Surroundings } from '../surroundings.js'
import { Alert, AlertLevel, ContentType, HandshakeType, concat, noBytes } from '../wire.js'
import { packFlight } from './flight.js'
import type { FlightItem } from './flight.js'
import { HeldRecords } from './held-records.js'
import { readFragments, wholeMessage } from './message.js'
import { Reassembly } from './reassembly.js'
import type { Message } from './reassembly.js'

/** A flight is not repeated for a peer that repeats its own within this time; nobody's first time-out is shorter than a second. */
const repeatAfterMs = 500

/**
 * What both sides of a handshake have in common: reassembly, transcript, flights and their time-outs, the change to epoch 1.
 *
 * What comes in epoch 0 anyone can have sent. If it is wrong it is discarded and the true message awaited; it never ends a handshake. What
 * comes in epoch 1 is authentic: if it is wrong the handshake ends with an alert.
 */
export abstract class Handshake {
  readonly id: number
  state: 'running' | 'open' | 'failed' = 'running'
  failure: Failure | undefined
  /** When `expire` is to be called. */
  deadline: number | undefined
  notedDeadline: number | undefined
  /** What the owner is to answer. */
  question: CredentialQuestion | undefined
  /** The last question that the owner was told. */
  toldQuestion: CredentialQuestion | undefined
  toldDoubt = false
  /** The identity that the peer claims, for diagnosis. */
  claimed: Uint8Array | undefined
  /** Epoch 1, as soon as there are keys; open when the handshake is. */
  session: Session | undefined
  readonly transcript = new Transcript()
  protected readonly reassembly = new Reassembly()
  protected expected: readonly number[] = []
  protected localCid: Uint8Array = noBytes
  protected peerCid: Uint8Array = noBytes
  protected master: Uint8Array = noBytes
  /** CBC without encrypt-then-MAC was agreed. */
  protected macThenEncrypt = false
  protected plainSequence = 0
  protected messageSequence = 0
  #resume: ((answer: CredentialAnswer) => void) | undefined
  #flight: FlightItem[] = []
  #writeEpoch = 0
  #changedCipherSpec = false
  readonly #held = new HeldRecords()
  #timeoutMs: number
  #attempts = 0
  /** An alert said so that need not be the peer's; nothing of the peer has come since. */
  #seemsGone = false
  #sentAt = Number.NEGATIVE_INFINITY
  /** The last thing that was wrong with what was discarded: probably why nothing better came, should the peer be heard no more. */
  suspicion: Failure | undefined

  constructor(
    protected readonly surroundings: Surroundings,
    readonly role: Role,
    public peer: DtlsPeer,
  ) {
    this.id = surroundings.nextId()
    this.#timeoutMs = surroundings.timers.initialMs
  }

  /** A message that is expected. Throws before it changes anything; calls `take` when it is content. */
  protected abstract handle(message: Message): void

  /** The Connection ID that the peer's records will carry; empty for none. */
  get cid(): Uint8Array {
    return this.localCid
  }

  // --- input

  /** One record. Never throws. */
  receive(record: RecordView): void {
    if (this.state !== 'running') return
    if (record.epoch === 0) this.#receivePlain(record)
    else if (record.epoch === 1) this.#receiveProtected(record)
  }

  #receivePlain(record: RecordView): void {
    if (record.type === ContentType.Handshake) this.#receiveFragments(record.fragment, 0)
    else if (record.type === ContentType.ChangeCipherSpec) {
      // It changes nothing by itself: keys follow from messages, and the epoch is in every record (RFC 6347 §4.1).
      if (record.fragment.length === 1 && record.fragment[0] === 1) {
        this.#changedCipherSpec = true
        this.#drain()
      } else this.surroundings.counters.discarded++
    } else if (record.type === ContentType.Alert && record.fragment.length === 2) {
      if (record.fragment[0] !== AlertLevel.Fatal) return
      // Anyone can send it, so it ends nothing; but if the peer is heard no more, there will be no waiting for long.
      this.suspect('peer-alert', `alert ${record.fragment[1]}, not authenticated`)
      this.#seemsGone = true
    } else this.surroundings.counters.discarded++
  }

  #receiveProtected(record: RecordView): void {
    const session = this.session
    if (!session) {
      this.#held.add(record)
      return
    }
    const failed = session.failedOpens
    const content = session.open(record)
    if (!content) {
      if (session.failedOpens > failed) this.#forged()
      else this.surroundings.counters.stale++
      return
    }
    if (content.type === ContentType.Handshake) this.#receiveFragments(content.payload, 1)
    else if (content.type === ContentType.Alert && content.payload.length === 2) {
      const [level, description] = content.payload
      if (level === AlertLevel.Fatal) this.invalidate()
      if (level === AlertLevel.Fatal || description === Alert.CloseNotify)
        this.end('peer-alert', `alert ${description}`)
    }
  }

  // Forged ones prove nothing about the peer, so they end nothing; a handshake does not last long enough for a lucky one.
  #forged(): void {
    this.surroundings.counters.forged++
    this.suspect('wrong-key-suspected', 'a protected record could not be opened')
  }

  #receiveFragments(content: Uint8Array, epoch: number): void {
    try {
      for (const fragment of readFragments(content)) {
        if (fragment.messageSequence < this.reassembly.next) this.#repeatFlight()
        else if (!this.reassembly.add(fragment, epoch)) this.surroundings.counters.discarded++
      }
    } catch (error) {
      this.#refuse(error, epoch)
      return
    }
    this.#drain()
  }

  /** The peer repeats its flight, so ours was lost (RFC 6347 §4.2.4). Not too often: repetitions can be forged. */
  #repeatFlight(): void {
    const { now } = this.surroundings
    if (this.#flight.length === 0 || now - this.#sentAt < repeatAfterMs) return
    this.surroundings.counters.retransmissions++
    this.#send()
  }

  #drain(): void {
    while (this.state === 'running' && this.question === undefined) {
      const message = this.reassembly.peek()
      if (!message) return
      // Without ChangeCipherSpec there is no epoch 1: its Finished waits until that has come, too.
      if (message.type === HandshakeType.Finished && message.epoch === 1 && !this.#changedCipherSpec) return
      try {
        if (
          (message.type === HandshakeType.Finished) !== (message.epoch === 1) ||
          !this.expected.includes(message.type)
        )
          throw new HandshakeFault(
            'unexpected-message',
            `handshake message ${message.type} in epoch ${message.epoch}`,
          )
        this.handle(message)
      } catch (error) {
        this.#refuse(error, message.epoch)
        this.reassembly.discard()
        return
      }
    }
  }

  #refuse(error: unknown, epoch: number): void {
    const fault =
      error instanceof HandshakeFault
        ? error
        : error instanceof ProtocolError
          ? new HandshakeFault('malformed-message', error.message)
          : undefined
    if (!fault) throw error
    if (epoch === 0) {
      this.surroundings.counters.discarded++
      this.suspect(fault.failure, fault.message)
    } else {
      this.invalidate()
      this.fail(fault)
    }
  }

  /** The peer, whose keys are right, failed. */
  protected invalidate(): void {}

  protected suspect(failure: HandshakeFailure, detail: string): void {
    this.suspicion = { failure, detail }
  }

  // --- for the two sides

  /** The message is what was expected: it belongs to the transcript, and the next one may come. */
  protected take(message: Message): void {
    this.transcript.add(wholeMessage(message.type, message.sequence, message.body))
    this.reassembly.advance()
    this.suspicion = undefined
    this.#seemsGone = false
  }

  protected ask(question: CredentialQuestion, resume: (answer: CredentialAnswer) => void): void {
    this.question = question
    this.#resume = resume
  }

  /** The owner's answer; ignored if nothing was asked. */
  answer(answer: CredentialAnswer): void {
    const resume = this.#resume
    if (this.state !== 'running' || !resume) return
    this.question = undefined
    this.#resume = undefined
    if (answer.kind === 'failed') {
      this.fail(new HandshakeFault('look-up-failed', answer.detail))
      return
    }
    try {
      resume(answer)
    } catch (error) {
      // the peer proved what it said before we asked
      this.#refuse(error, 1)
      return
    }
    this.#drain()
  }

  /** Begins a flight: what was sent before needs no repetition any more. */
  protected beginFlight(): void {
    this.#flight = []
    this.#attempts = 0
    this.#timeoutMs = this.surroundings.timers.initialMs
  }

  protected add(type: number, body: Uint8Array): void {
    const sequence = this.messageSequence++
    this.transcript.add(wholeMessage(type, sequence, body))
    this.#flight.push({ kind: 'message', type, sequence, body, epoch: this.#writeEpoch })
  }

  /** Not a handshake message: it has no number and is not in the transcript. */
  protected addChangeCipherSpec(): void {
    this.#flight.push({ kind: 'change-cipher-spec' })
    this.#writeEpoch = 1
  }

  protected sendFlight(): void {
    this.#send()
    this.deadline = this.surroundings.now + this.#timeoutMs
  }

  #send(): void {
    this.#sentAt = this.surroundings.now
    for (const datagram of packFlight(
      this.#flight,
      this.surroundings.mtu,
      () => this.plainSequence++,
      this.session,
    ))
      this.surroundings.send(datagram, this.peer)
  }

  /** Keys from the premaster secret, which is overwritten. */
  protected deriveMaster(
    premaster: Uint8Array,
    extended: boolean,
    clientRandom: Uint8Array,
    serverRandom: Uint8Array,
  ): void {
    const randoms = concat(clientRandom, serverRandom)
    this.master = masterSecret(premaster, extended ? { transcriptHash: this.transcript.hash() } : { randoms })
    premaster.fill(0)
  }

  /** Epoch 1 exists from here on; records that waited for it are read when the caller is done. */
  protected installKeys(suite: Suite, clientRandom: Uint8Array, serverRandom: Uint8Array): void {
    this.session = new Session({
      id: this.surroundings.nextId(),
      role: this.role,
      suite,
      keyBlock: keyBlock(suite, this.master, clientRandom, serverRandom),
      localCid: this.localCid,
      peerCid: this.peerCid,
      peer: this.peer,
      random: this.surroundings.random,
      macThenEncrypt: this.macThenEncrypt,
    })
    for (const bytes of this.#held.take()) {
      const record = readRecord(bytes, 0, this.localCid.length)
      if (record) this.#receiveHeld(record)
    }
  }

  // Fragments only: messages are handled by the loop that is running.
  #receiveHeld(record: RecordView): void {
    const content = this.session?.open(record)
    if (!content) {
      if (this.session?.failedOpens) this.#forged()
      return
    }
    if (content.type !== ContentType.Handshake) return
    try {
      for (const fragment of readFragments(content.payload)) this.reassembly.add(fragment, 1)
    } catch (error) {
      this.#refuse(error, 1)
    }
  }

  protected addFinished(): void {
    this.add(HandshakeType.Finished, verifyData(this.master, this.role, this.transcript.hash()))
  }

  /** Throws unless the body is what the peer must have computed from the same messages. */
  protected checkFinished(message: Message): void {
    const sender = this.role === 'server' ? 'client' : 'server'
    const wanted = verifyData(this.master, sender, this.transcript.hash())
    if (message.body.length !== wanted.length || !timingSafeEqual(message.body, wanted))
      throw new HandshakeFault('bad-finished', 'the Finished message does not verify')
  }

  /** Done. `spokeLast` keeps our last flight, for the peer may not have got it. */
  protected open(spokeLast: boolean): void {
    const session = this.session
    if (!session) return
    const last = this.#flight.at(-1)
    if (spokeLast && last?.kind === 'message')
      session.finale = {
        plainSequence: this.plainSequence,
        messageSequence: last.sequence,
        verifyData: last.body,
      }
    session.peer = this.peer
    session.isOpen = true
    this.state = 'open'
    this.deadline = undefined
  }

  // --- the end

  /** The time of `deadline` has come. */
  expire(): void {
    if (this.state !== 'running') return
    if (++this.#attempts > this.surroundings.timers.retransmissions || this.#seemsGone) {
      const { failure, detail } = this.suspicion ?? { failure: 'peer-silent', detail: 'no answer' }
      return this.end(failure, detail)
    }
    this.#timeoutMs = Math.min(2 * this.#timeoutMs, this.surroundings.timers.maxMs)
    this.deadline = this.surroundings.now + this.#timeoutMs
    // the peer waits for us, not we for it; or nothing was said yet
    if (this.question !== undefined || this.#flight.length === 0) return
    this.surroundings.counters.retransmissions++
    this.#send()
  }

  /** Ends with an alert to the peer. */
  protected fail(fault: HandshakeFault): void {
    if (this.state !== 'running') return
    const alert = Uint8Array.of(AlertLevel.Fatal, fault.alert)
    const record =
      this.#writeEpoch === 0
        ? plainRecord(ContentType.Alert, this.plainSequence++, alert)
        : this.session?.seal(ContentType.Alert, alert)
    if (record) this.surroundings.send(record, this.peer)
    this.end(fault.failure, fault.message)
  }

  /** Ends without a word. */
  end(failure: HandshakeFailure, detail: string): void {
    if (this.state !== 'running') return
    this.state = 'failed'
    this.failure = { failure, detail }
    this.deadline = undefined
    this.question = undefined
    this.#resume = undefined
    this.session?.destroy()
    this.forget()
  }

  /** Overwrites the master secret; whoever needs it longer has a copy. */
  forget(): void {
    this.master.fill(0)
  }
}
