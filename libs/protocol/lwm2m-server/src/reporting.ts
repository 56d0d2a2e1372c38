import { Code, ProtocolError, formatCode, codeClass, toHex } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { NoAnswer, isNewer, noBytes } from '@fieldline/coap'
import type { CoapRequest, CoapResponse, IncomingRequest, Notification, Peer } from '@fieldline/coap'
import { parseSend, readRequest, readResult } from '@fieldline/lwm2m'
import { heard } from './presence.js'
import type { Observation, ObservationStore, Registration, ReportSink, ServerEvents } from './ports.js'
import type { Registry } from './registry.js'

/** What reporting counts. */
export interface ReportingCounters {
  notifications: number
  sends: number
  /** Notifications that arrived after a newer one; acknowledged, not stored. */
  reordered: number
  /** Notifications of tokens that are not ours, or from an address that is not the device's. */
  unknownToken: number
  undecodable: number
  notStored: number
}

export interface ReportingOptions {
  readonly clock: Clock
  readonly registry: Registry
  readonly observations: ObservationStore
  readonly sink: ReportSink
  readonly events: ServerEvents
  readonly awakeWindowMs: number
  /** An uplink of a live registration was handled; its answer leaves next. */
  readonly onUplink: (registration: Registration) => void
}

interface Live {
  readonly observation: Observation
  lastObserve: number | undefined
  lastAt: number
}

/** The information reporting interface: notifications and Send. @see LwM2M Core 1.2 §6.4 */
export class Reporting {
  readonly counters: ReportingCounters = {
    notifications: 0,
    sends: 0,
    reordered: 0,
    unknownToken: 0,
    undecodable: 0,
    notStored: 0,
  }
  readonly #byToken = new Map<string, Live>()
  readonly #byDevice = new Map<string, Map<string, Live>>()

  constructor(private readonly options: ReportingOptions) {}

  /** Takes up observations: those of the store at the start, new ones before their request leaves. */
  watch(observation: Observation): void {
    const ofDevice = this.#byDevice.get(observation.deviceId) ?? new Map<string, Live>()
    const key = JSON.stringify(observation.path)
    const earlier = ofDevice.get(key)
    if (earlier) this.#byToken.delete(toHex(earlier.observation.token))
    const live = { observation, lastObserve: undefined, lastAt: 0 }
    ofDevice.set(key, live)
    this.#byDevice.set(observation.deviceId, ofDevice)
    this.#byToken.set(toHex(observation.token), live)
  }

  /** Lets go of one observation. */
  forget(observation: Observation): void {
    this.#byToken.delete(toHex(observation.token))
    this.#byDevice.get(observation.deviceId)?.delete(JSON.stringify(observation.path))
  }

  /** Lets go of all observations of a device: a new Register or its end ends them. @see LwM2M Core 1.2 §6.4.1 */
  forgetDevice(deviceId: string): void {
    for (const { observation } of this.#byDevice.get(deviceId)?.values() ?? [])
      this.#byToken.delete(toHex(observation.token))
    this.#byDevice.delete(deviceId)
  }

  /** The observation of exactly this path, if there is one. */
  find(deviceId: string, path: Observation['path']): Observation | undefined {
    return this.#byDevice.get(deviceId)?.get(JSON.stringify(path))?.observation
  }

  /** The plain request that reads what a token observes, for a notification longer than a block. */
  requestOf(token: Uint8Array): CoapRequest | undefined {
    const live = this.#byToken.get(toHex(token))
    const registration = live && this.options.registry.byDevice(live.observation.deviceId)
    return (
      registration &&
      live &&
      readRequest(live.observation.path, { alternatePath: registration.objectLinks.alternatePath })
    )
  }

  /** Handles a notification; acknowledged once its values are durable. */
  async notification(notification: Notification, peer: Peer): Promise<'ack' | 'reset'> {
    const live = this.#byToken.get(toHex(notification.token))
    const registration = live && this.options.registry.byDevice(live.observation.deviceId)
    // NoSec: the address is all we know a client by; another port is a NAT that has moved on
    if (!live || !registration || registration.peer.address !== peer.address) {
      this.counters.unknownToken++
      return 'reset'
    }
    const now = this.options.clock.now()
    this.counters.notifications++
    if (registration.peer.id !== peer.id) this.options.registry.moved(registration, peer)
    heard(registration, now, this.options.awakeWindowMs)
    this.options.events.contact(registration, now)
    const answer = await this.#take(live, registration, notification, now)
    this.options.onUplink(registration)
    return answer
  }

  async #take(
    live: Live,
    registration: Registration,
    notification: Notification,
    now: number,
  ): Promise<'ack' | 'reset'> {
    const { observation } = live
    if (codeClass(notification.code) !== 2) {
      this.forget(observation)
      this.options.events.observationEnded(registration, observation.path, formatCode(notification.code))
      await this.options.observations
        .remove([observation])
        .catch((error: unknown) => this.options.events.failed('observation', error))
      return 'ack'
    }
    const { observe } = notification
    if (
      observe !== undefined &&
      live.lastObserve !== undefined &&
      !isNewer(live.lastObserve, live.lastAt, observe, now)
    ) {
      // RFC 7641 §3.4 concerns the state shown as current; a value with a time of its own is still a value, and the store judges by time
      this.counters.reordered++
    } else {
      live.lastObserve = observe
      live.lastAt = now
    }
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
    const registration = this.options.registry.byPeer(peer.id)
    if (!registration)
      throw new ProtocolError(Code.NotFound, 'no registration from this address; register first')
    const now = this.options.clock.now()
    const nodes = parseSend(request.payload, request.contentFormat, {
      definitions: registration.definitions,
      now,
      objectLinks: registration.objectLinks,
    })
    this.counters.sends++
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
