import { codeClass } from '@fieldline/bytes'
import { ResponseBody } from './body-transfer.js'
import { ClientExchange } from './client-exchange.js'
import type { ClientContext } from './client-exchange.js'
import { Type, encodeEmpty } from './message.js'
import type { CoapMessage, CoapResponse, Peer } from './message.js'
import type { Notification } from './observe.js'
import { responseOf } from './options.js'
import type { ResponseFields } from './options.js'
import type { NotificationHandler, ObservationPath } from './port.js'
import type { EndpointParts } from './request-server.js'

/** Responses whose token belongs to no open exchange: handed over, and acknowledged or reset as the handler decides. */
export class NotificationIntake {
  readonly #parts: EndpointParts
  readonly #client: ClientContext
  #handler: NotificationHandler | undefined
  #observationPath: ObservationPath | undefined
  /** Handlers at work. */
  pending = 0

  constructor(parts: EndpointParts, client: ClientContext) {
    this.#parts = parts
    this.#client = client
  }

  handle(handler: NotificationHandler, observationPath: ObservationPath | undefined): void {
    this.#handler = handler
    this.#observationPath = observationPath
  }

  /** Takes a response that was not seen before; `entry` remembers it. */
  receive(message: CoapMessage, fields: ResponseFields, peer: Peer, entry: number): void {
    const handler = this.#handler
    // Nobody observes here: a reset tells the peer to stop (RFC 7641 §3.6).
    if (!handler) return this.#decide(message, peer, entry, 'reset')
    const incomplete = fields.block2?.more === true && codeClass(message.code) === 2
    if (incomplete && this.#observationPath) {
      void this.#await(this.#complete(message, fields, peer, handler), message, peer, entry)
      return
    }
    this.#parts.counters.notifications++
    try {
      const response = responseOf(message.code, fields, message.payload)
      const decision = handler(this.#notification(message, response, !incomplete), peer)
      if (decision instanceof Promise) void this.#await(decision, message, peer, entry)
      else this.#decide(message, peer, entry, decision)
    } catch {
      this.#withhold(entry)
    }
  }

  #notification(message: CoapMessage, response: CoapResponse, complete: boolean): Notification {
    return { ...response, token: message.token, confirmable: message.type === Type.Confirmable, complete }
  }

  /** Fetches the blocks that follow the first before the handler sees it (RFC 7959 §2.6). */
  async #complete(
    message: CoapMessage,
    fields: ResponseFields,
    peer: Peer,
    handler: NotificationHandler,
  ): Promise<'ack' | 'reset'> {
    const first = responseOf(message.code, fields, message.payload)
    const whole = await this.#fetch(message.token, first, fields, peer).catch(() => undefined)
    this.#parts.counters.notifications++
    const response = whole ? { ...whole, observe: first.observe } : first
    return handler(this.#notification(message, response, whole !== undefined), peer)
  }

  async #fetch(
    token: Uint8Array,
    first: CoapResponse,
    fields: ResponseFields,
    peer: Peer,
  ): Promise<CoapResponse | undefined> {
    const request = await this.#observationPath?.(token, peer)
    const state = this.#parts.peers.open(peer)
    if (!request || !state) return undefined
    const body = new ResponseBody(this.#parts.limits.maxBody)
    if (body.add(first, fields.block2!, fields.size2) !== 'more') return undefined
    const exchange = new ClientExchange(this.#client, state, request, {}, body)
    this.#parts.outbox.enqueue(exchange)
    const response = await exchange.response
    return codeClass(response.code) === 2 ? response : undefined
  }

  async #await(
    decision: Promise<'ack' | 'reset'>,
    message: CoapMessage,
    peer: Peer,
    entry: number,
  ): Promise<void> {
    this.pending++
    try {
      this.#decide(message, peer, entry, await decision)
    } catch {
      this.#withhold(entry)
    } finally {
      this.pending--
    }
  }

  /** The handler failed: nothing is sent, and the retransmission will be taken as new. */
  #withhold(entry: number): void {
    this.#parts.counters.withheld++
    this.#parts.seen.release(entry)
  }

  #decide(message: CoapMessage, peer: Peer, entry: number, answer: 'ack' | 'reset'): void {
    if (answer === 'ack' && message.type === Type.NonConfirmable) return
    if (answer === 'reset') this.#parts.counters.resetsSent++
    const type = answer === 'reset' ? Type.Reset : Type.Acknowledgement
    const datagram = encodeEmpty(type, message.messageId)
    this.#parts.seen.store(entry, datagram)
    this.#parts.outbox.send(datagram, peer)
  }
}
