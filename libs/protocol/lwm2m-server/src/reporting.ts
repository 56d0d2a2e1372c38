import { Code, ProtocolError, formatCode, codeClass } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { NoAnswer, noBytes } from '@fieldline/coap'
import type { CoapRequest, CoapResponse, IncomingRequest, Notification, Peer } from '@fieldline/coap'
import { parseSend, readRequest, readResult } from '@fieldline/lwm2m'
import type { LiveRegistration } from './live-registration.js'
import { readCounting } from './malformed.js'
import { heard } from './presence.js'
import type { Observation, ObservationStore, Registration, ReportSink, ServerEvents } from './ports.js'
import type { Registry } from './registry.js'
import { isSameClient } from './same-client.js'

/** What reporting counts. */
export interface ReportingCounters {
  notifications: number
  sends: number
  /** Notifications that arrived after a newer one. */
  reordered: number
  /** Notifications of tokens that are not ours, or from an address that is not the device's. */
  unknownToken: number
  /** Sends answered 4.xx for what they say: a payload that cannot be read, or in a format that is none of a Send. */
  malformedSends: number
  /** Notifications, and answers to what clients are asked, that cannot be read. */
  undecodable: number
  notStored: number
}

/** What the information reporting interface needs. */
export interface ReportingOptions {
  readonly clock: Clock
  readonly registry: Registry
  readonly observations: ObservationStore
  readonly sink: ReportSink
  readonly events: ServerEvents
  /** How long a Queue Mode client listens after its last message, in milliseconds. */
  readonly awakeWindowMs: number
  /** An uplink of a live registration was handled; its answer leaves next. */
  readonly onUplink: (registration: LiveRegistration) => void
}

/** The information reporting interface: notifications and Send. @see LwM2M Core 1.2 §6.4 */
export class Reporting {
  readonly counters: ReportingCounters = {
    notifications: 0,
    sends: 0,
    reordered: 0,
    unknownToken: 0,
    malformedSends: 0,
    undecodable: 0,
    notStored: 0,
  }
  readonly #live: Registry['observations']

  constructor(private readonly options: ReportingOptions) {
    this.#live = options.registry.observations
  }

  /** Takes up observations: those of the store at the start, new ones before their request leaves. */
  watch(observation: Observation): void {
    this.#live.add(observation)
  }

  /** Lets go of one observation. */
  forget(observation: Observation): void {
    this.#live.delete(observation.token)
  }

  /** The observation of exactly this path, if there is one. */
  find(deviceId: string, path: Observation['path']): Observation | undefined {
    return this.#live.find(deviceId, path)
  }

  /** The plain request that reads what a token observes, for a notification longer than a block. */
  requestOf(token: Uint8Array): CoapRequest | undefined {
    const observation = this.#live.byToken(token)
    const registration = observation && this.options.registry.byDevice(observation.deviceId)
    if (!observation || !registration) return undefined
    return readRequest(observation.path, { alternatePath: registration.objectLinks.alternatePath })
  }

  /** Handles a notification; acknowledged once its values are durable. */
  async notification(notification: Notification, peer: Peer): Promise<'ack' | 'reset'> {
    const observation = this.#live.byToken(notification.token)
    const registration = observation && this.options.registry.byDevice(observation.deviceId)
    if (!observation || !registration) {
      this.counters.unknownToken++
      return 'reset'
    }
    // Without security the address is all we know a client by; another port is a NAT that has moved on. From another address it may be the
    // same client before its Update: a reset would end what it is to report, so it hears nothing and sends again.
    const isAt = registration.isAt(peer)
    const isOwn =
      isSameClient(registration, peer) &&
      (peer.identity !== undefined || isAt || registration.peer.address === peer.address)
    if (!isOwn) {
      this.counters.unknownToken++
      throw new NoAnswer("a notification from an address that is not the device's")
    }
    const now = this.options.clock.now()
    this.counters.notifications++
    if (!isAt) registration.moved(peer)
    heard(registration, now, this.options.awakeWindowMs)
    this.options.events.contact(registration, now)
    const answer = await this.#take(observation, registration, notification, now)
    this.options.onUplink(registration)
    return answer
  }

  async #take(
    observation: Observation,
    registration: LiveRegistration,
    notification: Notification,
    now: number,
  ): Promise<'ack' | 'reset'> {
    if (codeClass(notification.code) !== 2) {
      this.forget(observation)
      this.options.events.observationEnded(registration, observation.path, formatCode(notification.code))
      await this.options.observations
        .remove([observation])
        .catch((error: unknown) => this.options.events.failed('observation', error))
      return 'ack'
    }
    // RFC 7641 §3.4 concerns the state shown as current; a value with a time of its own is still a value, and the store judges by time
    if (notification.stale) this.counters.reordered++
    let nodes
    try {
      nodes = readResult(notification, observation.path, registration.definitions, now, {
        alternatePath: registration.objectLinks.alternatePath,
      })
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counters.undecodable++
      return 'ack' // it would not become readable by being sent again
    }
    await this.#store(registration, nodes, 'notify', now)
    return 'ack'
  }

  /** Handles `POST /dp`. */
  async send(request: IncomingRequest, peer: Peer): Promise<CoapResponse> {
    if (request.code !== Code.Post) throw new ProtocolError(Code.MethodNotAllowed, 'a Send is a POST')
    const registration = this.options.registry.byClient(peer)
    if (!registration)
      throw new ProtocolError(Code.NotFound, 'no registration from this address; register first')
    const now = this.options.clock.now()
    const { definitions, objectLinks } = registration
    const nodes = readCounting(
      () => parseSend(request.payload, request.contentFormat, { definitions, now, objectLinks }),
      () => this.counters.malformedSends++,
    )
    this.counters.sends++
    if (!registration.isAt(peer)) registration.moved(peer)
    heard(registration, now, this.options.awakeWindowMs)
    this.options.events.contact(registration, now)
    await this.#store(registration, nodes, 'send', now)
    this.options.onUplink(registration)
    return { code: Code.Changed, payload: noBytes }
  }

  async #store(
    registration: Registration,
    nodes: Parameters<ReportSink['write']>[0]['nodes'],
    source: 'notify' | 'send',
    receivedAt: number,
  ): Promise<void> {
    try {
      await this.options.sink.write({ registration, nodes, source, receivedAt })
    } catch (error) {
      this.counters.notStored++
      throw new NoAnswer(`not stored: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
