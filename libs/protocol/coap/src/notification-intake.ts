import { codeClass } from '@fieldline/bytes'
import { ResponseBody } from './body-transfer.js'
import { ClientExchange } from './client-exchange.js'
import type { ClientContext } from './client-exchange.js'
import type { EndpointParts } from './endpoint-parts.js'
import { Type } from './message.js'
import type { CoapResponse, Peer } from './message.js'
import type { Place } from './notification-order.js'
import type { Notification } from './observe.js'
import { responseOf } from './option-reading.js'
import type { ResponseFields } from './option-reading.js'
import type { NotificationHandler, NotificationOptions, ObservationPath } from './port.js'

/** A notification on its way to its handler. */
interface Arrival {
  readonly fields: ResponseFields
  readonly token: Uint8Array
  readonly peer: Peer
  /** In the deduplication. */
  readonly entry: number
  /** In the order of its observation; undefined if it is older than the latest, or has no place in it. */
  readonly place: Place | undefined
  readonly isStale: boolean
}

/** Responses whose token belongs to no open exchange: handed over, and acknowledged or reset as the handler decides. */
export class NotificationIntake {
  readonly #parts: EndpointParts
  readonly #client: ClientContext
  #handler: NotificationHandler | undefined
  #observationPath: ObservationPath | undefined
  #delivers = false
  /** Handlers at work. */
  pending = 0

  constructor(parts: EndpointParts, client: ClientContext) {
    this.#parts = parts
    this.#client = client
  }

  handle(
    handler: NotificationHandler,
    observationPath: ObservationPath | undefined,
    options: NotificationOptions,
  ): void {
    this.#handler = handler
    this.#observationPath = observationPath
    this.#delivers = options.stale === 'deliver'
    if (options.latest) this.#parts.order.keepIn(options.latest)
  }

  /** Takes a response that was not seen before; `entry` remembers it. */
  receive(fields: ResponseFields, token: Uint8Array, peer: Peer, entry: number): void {
    const handler = this.#handler
    const { order, clock, counters } = this.#parts
    let place: Place | undefined
    let isStale = false
    if (this.#parts.ordered) {
      // whatever its counter says
    } else if (fields.observe !== undefined && codeClass(fields.code) === 2) {
      place = order.admit(token, fields.observe, clock.now())
      isStale = place === undefined
    } else {
      // RFC 7641 §3.2: an error, or an answer without Observe, ends the observation; there is no order after the end.
      order.forget(token)
    }
    const arrival: Arrival = { fields, token, peer, entry, place, isStale }
    // Nobody observes here: a reset tells the peer to stop (RFC 7641 §3.6).
    if (!handler) return this.#decide(arrival, 'reset')
    if (isStale) {
      counters.staleNotifications++
      // RFC 7641 §3.4: what was overtaken by a newer state must not be shown after it; it has arrived nevertheless.
      if (!this.#delivers) return this.#decide(arrival, 'ack')
    }
    const incomplete = fields.block2?.more === true && codeClass(fields.code) === 2
    if (incomplete && this.#observationPath) {
      void this.#await(this.#complete(arrival, handler), arrival)
      return
    }
    counters.notifications++
    try {
      const decision = handler(this.#notification(arrival, responseOf(fields), !incomplete), peer)
      if (decision instanceof Promise) void this.#await(decision, arrival)
      else this.#decide(arrival, decision)
    } catch {
      this.#withhold(arrival)
    }
  }

  #notification(arrival: Arrival, response: CoapResponse, complete: boolean): Notification {
    const { token, fields, isStale } = arrival
    return { ...response, token, confirmable: fields.type === Type.Confirmable, complete, stale: isStale }
  }

  /** Fetches the blocks that follow the first before the handler sees it (RFC 7959 §2.6). */
  async #complete(arrival: Arrival, handler: NotificationHandler): Promise<'ack' | 'reset'> {
    const first = responseOf(arrival.fields)
    const whole = await this.#fetch(arrival, first).catch(() => undefined)
    const { counters, order } = this.#parts
    if (!this.#delivers && arrival.place && !order.isLatest(arrival.place)) {
      // A newer one came while the blocks of this one were fetched, and they may be those of the newer.
      counters.staleNotifications++
      return 'ack'
    }
    counters.notifications++
    const response = whole ? { ...whole, observe: first.observe } : first
    return handler(this.#notification(arrival, response, whole !== undefined), arrival.peer)
  }

  async #fetch({ token, fields, peer }: Arrival, first: CoapResponse): Promise<CoapResponse | undefined> {
    const request = await this.#observationPath?.(token, peer)
    const { peers, limits, outbox, profileOf } = this.#parts
    const body = new ResponseBody(limits)
    if (!request || body.add(first, fields.block2!, fields.size2) !== 'more') return undefined
    const state = peers.open(peer)
    if (!state) return undefined
    const exchange = new ClientExchange(this.#client, state, profileOf(peer), request, {}, body)
    outbox.enqueue(exchange)
    const response = await exchange.response
    return codeClass(response.code) === 2 ? response : undefined
  }

  async #await(decision: Promise<'ack' | 'reset'>, arrival: Arrival): Promise<void> {
    this.pending++
    try {
      this.#decide(arrival, await decision)
    } catch {
      this.#withhold(arrival)
    } finally {
      this.pending--
    }
  }

  /** The handler failed: nothing is sent, and the retransmission will be taken as new. */
  #withhold({ entry, place }: Arrival): void {
    const { counters, seen, order } = this.#parts
    counters.withheld++
    seen.release(entry)
    if (place) order.withdraw(place)
  }

  #decide({ fields, token, entry, peer }: Arrival, answer: 'ack' | 'reset'): void {
    const { counters, outbox, seen, order } = this.#parts
    if (answer === 'ack' && fields.type === Type.NonConfirmable) return
    if (answer === 'reset') {
      counters.resetsSent++
      order.forget(token)
    }
    const type = answer === 'reset' ? Type.Reset : Type.Acknowledgement
    const datagram = outbox.writer.empty(type, fields.messageId)
    seen.store(entry, datagram)
    outbox.send(datagram, peer)
  }
}
