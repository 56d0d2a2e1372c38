import type { Clock, Timer } from '@fieldline/bytes'
import { HandshakeFault } from './faults.js'
import type { DtlsPeer } from './identity.js'
import type { CoreOutput, CredentialAnswer, CredentialQuestion, DtlsEvent } from './surroundings.js'

/** What is told upwards: everything but questions, which have their own call-backs. */
export type DtlsNotice = Exclude<DtlsEvent, { type: 'question' }>

/** How questions are answered. A call-back may take time; what it throws ends the handshake. */
export interface CredentialSource {
  /**
   * The key of a PSK identity, or undefined if there is none: the handshake then fails like one with a wrong key. `serverName` is the host name
   * that the client asked for, in lower case.
   */
  readonly psk?: (
    identity: Uint8Array,
    peer: DtlsPeer,
    serverName?: string,
  ) => Promise<Uint8Array | undefined> | Uint8Array | undefined
  /** Whether a certificate or raw public key is welcome; the peer has proved that it holds the key. Throw `HandshakeFault` to say why not. */
  readonly verifyPeer?: (
    presented: Exclude<CredentialQuestion, { kind: 'psk' }>,
    peer: DtlsPeer,
  ) => Promise<boolean> | boolean
}

/** Runs a core: sends its datagrams, keeps its timer, answers its questions. */
export class Driver {
  #timer: Timer | undefined
  #due: number | undefined
  #stopped = false

  constructor(
    private readonly clock: Clock,
    private readonly send: (datagram: Uint8Array, to: DtlsPeer) => void,
    private readonly notify: (notice: DtlsNotice) => void,
    private readonly source: CredentialSource,
    private readonly core: {
      expire(now: number): CoreOutput
      answer(handshake: number, answer: CredentialAnswer, now: number): CoreOutput
    },
  ) {}

  /** Does what came out of the core. */
  run(output: CoreOutput): void {
    for (const { bytes, to } of output.datagrams) this.send(bytes, to)
    this.#schedule(output.timer)
    for (const event of output.events)
      if (event.type === 'question') this.#ask(event.handshake, event.question, event.peer)
      else this.notify(event)
  }

  /** No more timers. */
  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  #schedule(due: number | undefined): void {
    if (due === this.#due || this.#stopped) return
    this.#timer?.cancel()
    this.#due = due
    this.#timer = undefined
    if (due === undefined) return
    this.#timer = this.clock.after(Math.max(0, due - this.clock.now()), () => {
      this.#due = undefined
      this.run(this.core.expire(this.clock.now()))
    })
  }

  #ask(handshake: number, question: CredentialQuestion, peer: DtlsPeer): void {
    const answered = (answer: CredentialAnswer): void => {
      if (!this.#stopped) this.run(this.core.answer(handshake, answer, this.clock.now()))
    }
    const failed = (error: unknown): void =>
      answered(
        error instanceof HandshakeFault
          ? { kind: 'refused', failure: error.failure, detail: error.message }
          : { kind: 'failed', detail: String(error) },
      )
    const conclude = (result: Uint8Array | boolean | undefined): void => {
      if (question.kind === 'psk')
        answered({ kind: 'key', key: result instanceof Uint8Array ? result : undefined })
      else if (result === true) answered({ kind: 'accepted' })
      else answered({ kind: 'refused', failure: 'bad-certificate', detail: 'the certificate was refused' })
    }
    try {
      const result =
        question.kind === 'psk'
          ? this.source.psk?.(question.identity, peer, question.serverName)
          : this.source.verifyPeer?.(question, peer)
      if (result instanceof Promise) result.then(conclude, failed)
      else conclude(result)
    } catch (error) {
      failed(error)
    }
  }
}
