import { Code, InvariantError, formatCode } from '@fieldline/bytes'
import type { Clock, Timer } from '@fieldline/bytes'
import { RequestError } from '@fieldline/coap'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { encode } from '@fieldline/codec'
import {
  RefusedError,
  deregisterRequest,
  registerRequest,
  registerResult,
  sendRequest,
  updateRequest,
  updateResult,
} from '@fieldline/lwm2m'
import type { LwM2mVersion, NotificationAttributes } from '@fieldline/lwm2m'
import { formatPath } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import type { ClientLink } from './link.js'
import type { ObjectStore } from './object-store.js'
import { Observations } from './observations.js'
import type { Observation, StoredObservation } from './observations.js'
import { Requests } from './requests.js'
import type { HandledRequest } from './requests.js'

/** What a client keeps to go on after a restart. */
export interface ClientState {
  /** Path segments of the registration, as the server gave them. */
  readonly location?: readonly string[]
  /** Seconds, as the server last heard it. */
  readonly lifetime?: number
  readonly observations: readonly StoredObservation[]
  readonly attributes: Readonly<Record<string, NotificationAttributes>>
}

/** A report the server acknowledged. Times are epoch milliseconds. */
export interface DeliveredReport {
  readonly how: 'notify' | 'send'
  /** The path observed; `/` for a Send. */
  readonly path: string
  readonly nodes: readonly Node[]
  readonly sentAt: number
  readonly at: number
}

/** Told what happens; none of these may throw. */
export interface ClientEvents {
  handled?(request: HandledRequest): void
  /** A confirmable report leaves. */
  reporting?(how: 'notify' | 'send'): void
  delivered?(report: DeliveredReport): void
  /** A report was given up, or refused with a code. */
  undelivered?(how: 'notify' | 'send', reason: string): void
}

/** How speaking to the server ended. */
export type Contact =
  | { readonly kind: 'registered' | 'updated' }
  | { readonly kind: 'refused'; readonly code: Code; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string }

export interface ClientOptions {
  readonly clock: Clock
  /** Opens a link from a new port. */
  readonly open: () => Promise<ClientLink>
  /** Endpoint Client Name. */
  readonly endpoint: string
  readonly version: LwM2mVersion
  readonly queueMode: boolean
  /** Seconds, asked anew for each Register and Update. */
  readonly lifetime: () => number
  readonly store: ObjectStore
  /** Object versions to state, by object id. */
  readonly objectVersions?: ReadonlyMap<number, string>
  /** Content formats spoken; the first answers a request without Accept. */
  readonly formats: readonly number[]
  /** Content format of a Send; SenML CBOR or JSON. */
  readonly sendFormat?: number
  /** Reports on its own as pmin and pmax say. False: only when `report` is called, as a device that sleeps. */
  readonly continuous?: boolean
  readonly state?: ClientState
  readonly events?: ClientEvents
}

/**
 * One LwM2M Client towards one server. Its owner decides when it wakes, contacts, reports and sleeps; the client knows how.
 */
export class LwM2mClient {
  readonly #options: ClientOptions
  readonly #observations: Observations
  readonly #requests: Requests
  #link: ClientLink | undefined
  #location: readonly string[] | undefined
  #lifetime: number | undefined
  #lastActivity = 0
  #underWay = 0
  #reporting: Promise<number> | undefined
  #timer: Timer | undefined
  #stopped = false

  constructor(options: ClientOptions) {
    this.#options = options
    this.#observations = new Observations(options.store)
    this.#requests = new Requests({
      clock: options.clock,
      store: options.store,
      observations: this.#observations,
      formats: options.formats,
      onHandled: (handled) => options.events?.handled?.(handled),
    })
    const { state } = options
    if (state) {
      this.#location = state.location
      this.#lifetime = state.lifetime
      this.#observations.restore(state.observations, state.attributes)
    }
  }

  /** Whether the server gave it a registration that it has not lost since, as far as the client knows. */
  get registered(): boolean {
    return this.#location !== undefined
  }

  /** How many paths the server observes. */
  get observed(): number {
    return this.#observations.size
  }

  /** Address and port it speaks from; undefined before the first wake. */
  get localAddress(): string | undefined {
    return this.#link?.localAddress
  }

  /** Starts to listen; with `rebind` from a new port, as after a NAT has forgotten the old one. */
  async wake(rebind = false): Promise<void> {
    if (this.#stopped) throw new InvariantError('the client was stopped')
    if (rebind || !this.#link) {
      const before = this.#link
      this.#link = undefined
      await before?.close()
      const link = await this.#options.open()
      link.serve((request) => {
        this.#lastActivity = this.#options.clock.now()
        const response = this.#requests.handle(request)
        this.#arm()
        return response
      })
      this.#link = link
    }
    this.#link.hear(true)
    this.#lastActivity = this.#options.clock.now()
  }

  /** Stops listening; the port stays its own. */
  sleep(): void {
    this.#timer?.cancel()
    this.#link?.hear(false)
  }

  /** Resolves when nothing has come or gone for `milliseconds` and nothing is under way. */
  async quietFor(milliseconds: number): Promise<void> {
    const { clock } = this.#options
    for (;;) {
      const left = this.#underWay > 0 ? milliseconds : this.#lastActivity + milliseconds - clock.now()
      if (left <= 0 || this.#stopped) return
      await new Promise<void>((resolve) => clock.after(left, resolve))
    }
  }

  /** Tells the server where it is: an Update of the registration it has, a Register without one or when the server knows it no more. */
  async contact(): Promise<Contact> {
    if (this.#location) {
      const outcome = await this.#update()
      if (outcome.kind !== 'refused' || outcome.code !== Code.NotFound) return outcome
      this.forget()
    }
    return this.#register()
  }

  async #register(): Promise<Contact> {
    const { endpoint, version, queueMode, store, objectVersions, formats } = this.#options
    const lifetime = this.#options.lifetime()
    const request = registerRequest({
      endpoint,
      lifetime,
      version,
      binding: 'U',
      queueMode,
      objects: {
        instances: store.announced(),
        versions: objectVersions,
        // From 1.1 on a client says which formats it speaks.
        contentFormats: version === '1.0' ? [] : formats.filter((format) => format >= 110),
      },
    })
    return this.#exchange(request, (response) => {
      // A new registration begins without observations (LwM2M Core 1.2 §6.4.1).
      this.#observations.clear()
      this.#location = registerResult(response)
      this.#lifetime = lifetime
      return 'registered'
    })
  }

  async #update(): Promise<Contact> {
    const lifetime = this.#options.lifetime()
    const changes = lifetime === this.#lifetime ? {} : { lifetime }
    return this.#exchange(updateRequest(this.#location!, changes, this.#options.version), (response) => {
      updateResult(response)
      this.#lifetime = lifetime
      return 'updated'
    })
  }

  async #exchange(
    request: CoapRequest,
    settle: (response: CoapResponse) => 'registered' | 'updated',
  ): Promise<Contact> {
    try {
      const response = await this.#request(request)
      const kind = settle(response)
      this.#arm()
      return { kind }
    } catch (error) {
      if (error instanceof RefusedError) return { kind: 'refused', code: error.code, detail: error.message }
      if (error instanceof RequestError) return { kind: 'unreachable', detail: error.message }
      throw error
    }
  }

  async #request(request: CoapRequest): Promise<CoapResponse> {
    return this.#busy(() => this.#awake().request(request))
  }

  async #busy<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++
    try {
      return await work()
    } finally {
      this.#underWay--
      this.#lastActivity = this.#options.clock.now()
    }
  }

  #awake(): ClientLink {
    if (!this.#link) throw new RequestError('closed', false, false, 'the client sleeps')
    return this.#link
  }

  /** Ends the registration at the server. */
  async deregister(): Promise<void> {
    if (!this.#location) return
    const request = deregisterRequest(this.#location)
    this.forget()
    await this.#request(request).catch((error: unknown) => {
      if (!(error instanceof RequestError)) throw error
    })
  }

  /** Loses registration and observations, as a device that restarts without having kept them. */
  forget(): void {
    this.#location = undefined
    this.#observations.clear()
    this.#timer?.cancel()
  }

  /**
   * Notifies what is due by pmin, pmax, gt, lt and st, one after the other, confirmable; `within` limits it to some paths, `anyhow` takes
   * them whether due or not. Ends early when the server does not answer. Answers how many were acknowledged.
   */
  report(within?: readonly Path[], anyhow = false): Promise<number> {
    this.#reporting ??= this.#report(within, anyhow).finally(() => {
      this.#reporting = undefined
      this.#arm()
    })
    return this.#reporting
  }

  async #report(within: readonly Path[] | undefined, anyhow: boolean): Promise<number> {
    let acknowledged = 0
    for (const { observation, nodes } of this.#observations.due(this.#options.clock.now(), within, anyhow)) {
      const result = await this.#notify(observation, nodes)
      if (result === 'acknowledged') acknowledged++
      if (result === 'timeout') break
    }
    return acknowledged
  }

  async #notify(
    observation: Observation,
    nodes: readonly Node[],
  ): Promise<'acknowledged' | 'reset' | 'timeout'> {
    const { clock, store, events } = this.#options
    const { path, format, token, last, lastAt } = observation
    const sentAt = clock.now()
    const payload = encode(format, nodes, { base: path, definitions: store.definitions })
    const observe = this.#observations.reported(observation, nodes, sentAt)
    events?.reporting?.('notify')
    const result = await this.#busy(() =>
      this.#awake().notify({ code: Code.Content, contentFormat: format, observe, payload, token }),
    )
    if (result === 'acknowledged') {
      events?.delivered?.({ how: 'notify', path: formatPath(path), nodes, sentAt, at: clock.now() })
    } else {
      // A reset ends an observation (RFC 7641 §3.6); after a timeout what was to be said is still to be said.
      if (result === 'reset') this.#observations.end(token)
      else Object.assign(observation, { last, lastAt })
      events?.undelivered?.('notify', result)
    }
    return result
  }

  /** Sends values the server did not ask for, from LwM2M 1.1 on. `refused`: with 4.04 the server does not know this address. */
  async send(nodes: readonly Node[]): Promise<'acknowledged' | 'refused' | 'unreachable'> {
    const { clock, events, sendFormat } = this.#options
    const sentAt = clock.now()
    events?.reporting?.('send')
    try {
      const response = await this.#request(sendRequest(nodes, sendFormat))
      if (response.code === Code.Changed) {
        events?.delivered?.({ how: 'send', path: '/', nodes, sentAt, at: clock.now() })
        return 'acknowledged'
      }
      events?.undelivered?.('send', formatCode(response.code))
      return 'refused'
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      events?.undelivered?.('send', error.reason)
      return 'unreachable'
    }
  }

  /** Waits for the next pmin or pmax to end, in a client that is always on. */
  #arm(): void {
    const { clock, continuous } = this.#options
    if (!continuous || this.#stopped) return
    this.#timer?.cancel()
    const now = clock.now()
    const next = this.#observations.nextAt(now)
    if (next === undefined) return
    this.#timer = clock.after(next - now, () => {
      // A link that closes meanwhile ends in a timeout of the notification, told as such.
      void this.report().catch(() => undefined)
    })
  }

  /** What to keep for the next life. */
  state(): ClientState {
    return { location: this.#location, lifetime: this.#lifetime, ...this.#observations.state() }
  }

  /** Stops for good, without a word to the server. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#timer?.cancel()
    await this.#link?.close()
  }
}
