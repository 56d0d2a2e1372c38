import { Code, ProtocolError } from '@fieldline/bytes'
import type { Clock, Random } from '@fieldline/bytes'
import { NoAnswer, noBytes } from '@fieldline/coap'
import type { CoapResponse, IncomingRequest, Peer } from '@fieldline/coap'
import { parseRegister, parseUpdate } from '@fieldline/lwm2m'
import { ObjectLists } from './object-lists.js'
import type { LiveRegistration } from './live-registration.js'
import { readCounting } from './malformed.js'
import { heard } from './presence.js'
import type { RegistrationDraft, RegistrationStore, ServerEvents } from './ports.js'
import type { Changes } from './registration-table.js'
import { addressOf } from './registry.js'
import type { Registry } from './registry.js'
import { isSameClient } from './same-client.js'

const LOCATION_BYTES = 9
const SECOND_MS = 1_000

/** What registering counts. */
export interface RegisteringCounters {
  registers: number
  updates: number
  deregisters: number
  /** Registers of endpoints that are not admitted, or not with the identity they came with. */
  refused: number
  /** Registers answered 4.xx for what they say: a parameter, the version or the object list. */
  malformedRegisters: number
  /** Updates answered 4.xx for what they say: a parameter or the object list. */
  malformedUpdates: number
  unknownLocation: number
  /** Updates and De-registers of another client than the one that registered. */
  foreignIdentity: number
  /** Registers whose version was written `1.0.0`. */
  oddVersion: number
}

/** What the registration interface needs. */
export interface RegisteringOptions {
  readonly clock: Clock
  readonly random: Random
  readonly registry: Registry
  readonly store: RegistrationStore
  readonly events: ServerEvents
  /** How long a Queue Mode client listens after its last message, in milliseconds. */
  readonly awakeWindowMs: number
  /** A registration is live and durable; its answer leaves next. */
  readonly onRegistered: (registration: LiveRegistration) => void
  /** An uplink of a live registration was handled; its answer leaves next. */
  readonly onUplink: (registration: LiveRegistration) => void
  /** A registration is over. */
  readonly onEnded: (registration: LiveRegistration) => void
}

const empty = (code: Code, locationPath?: readonly string[]): CoapResponse => ({
  code,
  locationPath,
  payload: noBytes,
})

const changed = empty(Code.Changed)

/** The registration interface: Register, Update, De-register, and the end of lifetimes. @see LwM2M Core 1.2 §6.2 */
export class Registering {
  readonly counters: RegisteringCounters = {
    registers: 0,
    updates: 0,
    deregisters: 0,
    refused: 0,
    malformedRegisters: 0,
    malformedUpdates: 0,
    unknownLocation: 0,
    foreignIdentity: 0,
    oddVersion: 0,
  }

  readonly #lists = new ObjectLists()

  constructor(private readonly options: RegisteringOptions) {}

  /** Handles `/rd` and `/rd/{location}`; the first path segment is known to be `rd`. */
  handle(request: IncomingRequest, peer: Peer): CoapResponse | Promise<CoapResponse> {
    const { uriPath } = request
    if (uriPath.length === 1) {
      if (request.code !== Code.Post) throw new ProtocolError(Code.MethodNotAllowed, 'a Register is a POST')
      return this.#register(request, peer)
    }
    if (uriPath.length > 2) throw new ProtocolError(Code.NotFound, 'no such registration')
    if (request.code !== Code.Post && request.code !== Code.Delete) {
      throw new ProtocolError(
        Code.MethodNotAllowed,
        'a registration takes POST (Update) and DELETE (De-register)',
      )
    }
    const location = uriPath[1]
    const registration = this.options.registry.byLocation(location)
    if (registration && !isSameClient(registration, peer)) {
      this.counters.foreignIdentity++
      throw new ProtocolError(Code.NotFound, 'no such registration; register again')
    }
    if (!registration) {
      this.counters.unknownLocation++
      this.#noticeSecondClient(location, peer)
      throw new ProtocolError(Code.NotFound, 'no such registration; register again')
    }
    return request.code === Code.Post
      ? this.#update(registration, request, peer)
      : this.#deregister(registration)
  }

  async #register(request: IncomingRequest, peer: Peer): Promise<CoapResponse> {
    const { clock, random, registry, store } = this.options
    const asked = readCounting(
      () => parseRegister(request.uriQuery, request.payload, { identity: peer.identityName }),
      () => this.counters.malformedRegisters++,
    )
    const now = clock.now()
    const draft: RegistrationDraft = {
      endpoint: asked.endpoint,
      location: base64Url(random.bytes(LOCATION_BYTES)),
      version: asked.version,
      lifetime: asked.lifetime,
      binding: asked.binding,
      queueMode: asked.queueMode,
      peer,
      ...this.#lists.of(asked.objectLinks, asked.version),
      contentFormat: undefined,
      registeredAt: now,
      updatedAt: now,
      expiresAt: expiry(now, asked.lifetime),
      awakeUntil: now + this.options.awakeWindowMs,
    }
    const before = registry.byEndpoint(draft.endpoint)
    const stored = await durable(store.register(draft, before))
    if (!stored) {
      this.counters.refused++
      throw new ProtocolError(Code.Forbidden, 'this endpoint is not known here')
    }
    if (stored === 'mismatch') {
      this.counters.refused++
      throw new ProtocolError(Code.BadRequest, 'this identity may not register this endpoint')
    }
    this.counters.registers++
    if (asked.oddVersion) this.counters.oddVersion++
    const live = registry.byEndpoint(draft.endpoint)
    const registration = registry.add({ ...draft, ...stored })
    if (live) {
      this.options.onEnded(live)
      // who has proved to be the one that registered before has only come from elsewhere
      if (!live.isAt(peer) && peer.identity === undefined)
        this.options.events.nameConflict(registration, [addressOf(live), addressOf(registration)])
    }
    this.options.events.contact(registration, now)
    this.options.onRegistered(registration)
    return empty(Code.Created, ['rd', registration.location])
  }

  /** A client that still uses a registration which another one replaced: two of them live under one name. */
  #noticeSecondClient(location: string, peer: Peer): void {
    const { registry, events } = this.options
    const replaced = registry.replacedAt(location)
    const holder = replaced && registry.byEndpoint(replaced.endpoint)
    if (holder && !holder.isAt(peer) && peer.identity === undefined)
      events.nameConflict(holder, [addressOf({ peer }), addressOf(holder)])
  }

  #update(
    registration: LiveRegistration,
    request: IncomingRequest,
    peer: Peer,
  ): CoapResponse | Promise<CoapResponse> {
    const { uriQuery, payload } = request
    // nearly every Update says no more than that the client is there
    if (uriQuery.length === 0 && payload.length === 0) return this.#updated(registration, peer)
    const change = readCounting(
      () => parseUpdate(uriQuery, payload, registration.version),
      () => this.counters.malformedUpdates++,
    )
    const changes: string[] = []
    if (change.lifetime !== undefined && change.lifetime !== registration.lifetime) changes.push('lifetime')
    if (change.binding !== undefined && change.binding !== registration.binding) changes.push('binding')
    if (change.queueMode !== undefined && change.queueMode !== registration.queueMode)
      changes.push('queue mode')
    if (change.objectLinks && change.objectLinks.text !== registration.objectLinks.text)
      changes.push('objects')

    if (changes.length === 0) return this.#updated(registration, peer)
    const objects = changes.includes('objects') ? change.objectLinks : undefined
    const news: Changes = {
      lifetime: change.lifetime ?? registration.lifetime,
      binding: change.binding ?? registration.binding,
      queueMode: change.queueMode ?? registration.queueMode,
      ...(objects ? this.#lists.of(objects, registration.version) : {}),
    }
    // stored first: an Update that could not be stored must find the same change to make when it is sent again
    const now = this.options.clock.now()
    const stored = {
      ...registration.values(),
      ...news,
      peer,
      updatedAt: now,
      expiresAt: expiry(now, news.lifetime ?? 0),
    }
    return durable(this.options.store.update(stored, changes)).then(() => {
      if (!registration.isLive) throw new ProtocolError(Code.NotFound, 'registered anew meanwhile')
      return this.#updated(registration, peer, news)
    })
  }

  #updated(registration: LiveRegistration, peer: Peer, news?: Changes): CoapResponse {
    const now = this.options.clock.now()
    if (!registration.isAt(peer)) registration.moved(peer)
    if (news) registration.change(news)
    registration.updated(now, expiry(now, registration.lifetime))
    this.counters.updates++
    heard(registration, now, this.options.awakeWindowMs)
    this.options.events.contact(registration, now)
    this.options.onUplink(registration)
    return changed
  }

  async #deregister(registration: LiveRegistration): Promise<CoapResponse> {
    await durable(this.options.store.end(registration, 'deregistered'))
    this.options.registry.remove(registration)
    this.counters.deregisters++
    this.options.events.contact(registration, this.options.clock.now())
    this.options.onEnded(registration)
    return empty(Code.Deleted)
  }
}

/** The moment a lifetime ends; a lifetime of 0 does not. @see LwM2M Core 1.2, Server Object, resource 1 */
export function expiry(now: number, lifetimeSeconds: number): number {
  return lifetimeSeconds === 0 ? Number.POSITIVE_INFINITY : now + lifetimeSeconds * SECOND_MS
}

/** A store that fails must not look like a refusal: the client hears nothing and sends again. */
async function durable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new NoAnswer(`not stored: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function base64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
}
