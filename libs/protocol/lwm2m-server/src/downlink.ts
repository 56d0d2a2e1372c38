import type { Clock } from '@fieldline/bytes'
import type { CoapEndpoint } from '@fieldline/coap'
import type { Path } from '@fieldline/object-model'
import { writeAttributesRequest } from '@fieldline/lwm2m'
import type { Conversation } from './conversation.js'
import type { LiveRegistration } from './live-registration.js'
import { fellAsleep, heard, isAwake } from './presence.js'
import type {
  AfterRegister,
  DownlinkOperation,
  DownlinkOutcome,
  Observation,
  ObservationStore,
  OperationStore,
  ReportSink,
  ServerEvents,
} from './ports.js'
import type { Registry } from './registry.js'
import type { Reporting } from './reporting.js'

/** How long a device that always listens is left alone after it gave no answer. */
const RETRY_MS = 30_000

/** What the downlink counts. */
export interface DownlinkCounters {
  sent: number
  answered: number
  unanswered: number
  planned: number
}

/** What the downlink needs. */
export interface DownlinkOptions {
  readonly clock: Clock
  readonly endpoint: CoapEndpoint
  readonly conversation: Conversation
  readonly registry: Registry
  readonly reporting: Reporting
  readonly operations: OperationStore
  readonly observations: ObservationStore
  readonly sink: ReportSink
  readonly events: ServerEvents
  /** How long a Queue Mode client listens after its last message, in milliseconds. */
  readonly awakeWindowMs: number
  readonly afterRegister: (registration: LiveRegistration) => AfterRegister
}

/**
 * Requests to devices, one at a time per device: those that people and campaigns left in the store first, then what a new registration is
 * asked. A device that sleeps is left alone until it is heard.
 */
export class Downlink {
  readonly counters: DownlinkCounters = { sent: 0, answered: 0, unanswered: 0, planned: 0 }
  /** devices for which something may be waiting in the store */
  readonly #waiting = new Set<string>()
  /** location -> what is left of the questions after its Register */
  readonly #plans = new Map<string, { reads: Path[]; observations: Observation[] }>()
  /** devices at work, with the request under way: where it goes, and what ends the waiting for its answer */
  readonly #busy = new Map<string, { readonly peerId: string; readonly abort: AbortController }>()
  /** devices heard while they were busy: their work goes on when the present request ends */
  readonly #again = new Set<string>()
  #closed = false

  constructor(private readonly options: DownlinkOptions) {}

  /** Something waits for these devices in the store. */
  queued(deviceIds: readonly string[]): void {
    for (const deviceId of deviceIds) {
      this.#waiting.add(deviceId)
      const registration = this.options.registry.byDevice(deviceId)
      if (registration) this.wake(registration)
    }
  }

  /** A device registered: what it is asked follows what waits for it. */
  registered(registration: LiveRegistration): void {
    const { reads, observations } = this.options.afterRegister(registration)
    this.#plan(registration, reads, observations)
    this.wake(registration)
  }

  /** A registration of an earlier process: what it was not asked then, or did not answer, it is asked now. */
  resumed(registration: LiveRegistration): void {
    const plan = this.options.afterRegister(registration)
    const missing = plan.observations.filter(
      ({ path }) => !this.options.reporting.find(registration.deviceId, path),
    )
    // its format is known from the first read
    const reads = registration.contentFormat === undefined ? plan.reads : []
    if (missing.length === 0 && reads.length === 0) return
    this.#plan(registration, reads, missing)
    this.wake(registration)
  }

  #plan(
    registration: LiveRegistration,
    reads: AfterRegister['reads'],
    observations: AfterRegister['observations'],
  ): void {
    const { organisationId, deviceId } = registration
    this.#plans.set(registration.location, {
      reads: [...reads],
      observations: observations.map((planned) => ({
        ...planned,
        token: this.options.endpoint.newToken(),
        organisationId,
        deviceId,
        origin: 'plan',
      })),
    })
  }

  /** A registration ended; nothing more is asked under it. */
  ended(registration: LiveRegistration): void {
    this.#plans.delete(registration.location)
  }

  /** The device may be listening: goes on with what there is for it, once the answer under way has left. */
  wake(registration: LiveRegistration): void {
    // for most nothing waits
    if (!this.#hasWork(registration)) return
    if (this.#closed || this.#busy.has(registration.deviceId)) return
    this.#begin(registration)
    this.options.clock.after(0, () => {
      this.#work(registration)
        .catch((error: unknown): 'failed' => {
          this.options.events.failed('downlink', error)
          return 'failed'
        })
        .then((end) => this.#worked(registration, end))
    })
  }

  #hasWork(registration: LiveRegistration): boolean {
    return (
      (this.#waiting.size > 0 && this.#waiting.has(registration.deviceId)) ||
      (this.#plans.size > 0 && this.#plans.has(registration.location))
    )
  }

  /** The work is over for now: goes on with what came meanwhile. */
  #worked({ deviceId, location }: LiveRegistration, end: 'done' | 'unanswered' | 'failed'): void {
    this.#busy.delete(deviceId)
    const heardMeanwhile = this.#again.delete(deviceId)
    const current = this.options.registry.byDevice(deviceId)
    if (!current || this.#closed) return
    const isNew = current.location !== location
    const waits = this.#hasWork(current)
    if (isNew || heardMeanwhile || (end === 'done' && waits)) {
      if (isAwake(current, this.options.clock.now())) this.wake(current)
    } else if (waits && (end === 'failed' || !current.queueMode)) this.#later(current)
  }

  /** Notes an uplink; work under way goes on after it. A request that got no answer yet is sent again now, while the device listens. */
  heard(registration: LiveRegistration): void {
    // hardly any device is busy, and to read an id takes time
    const busy = this.#busy.size === 0 ? undefined : this.#busy.get(registration.deviceId)
    if (!busy) return this.wake(registration)
    this.#again.add(registration.deviceId)
    // once the answer to the uplink has left
    this.options.clock.after(0, () => {
      // where it went nobody listens any more
      const { peer } = registration
      if (peer.id !== busy.peerId) busy.abort.abort()
      else this.options.endpoint.nudge(peer)
    })
  }

  /** A request leaves next, for where the device is now; the signal ends the waiting for its answer, and for no other. */
  #begin({ deviceId, peer }: LiveRegistration): AbortSignal {
    const abort = new AbortController()
    this.#busy.set(deviceId, { peerId: peer.id, abort })
    return abort.signal
  }

  close(): void {
    this.#closed = true
  }

  #current(registration: LiveRegistration): boolean {
    return !this.#closed && registration.isLive
  }

  async #work(registration: LiveRegistration): Promise<'done' | 'unanswered'> {
    const { clock } = this.options
    while (this.#current(registration) && isAwake(registration, clock.now())) {
      this.#again.delete(registration.deviceId)
      if (this.#waiting.has(registration.deviceId)) {
        // taken off before the store is asked: what is queued meanwhile puts it back
        this.#waiting.delete(registration.deviceId)
        const operation = await this.#next(registration)
        if (operation) {
          if (!(await this.#operate(registration, operation))) return 'unanswered'
          continue
        }
      }
      const planned = await this.#nextPlanned(registration)
      if (planned === 'failed') return 'unanswered'
      if (planned === 'none') return 'done'
    }
    return 'done'
  }

  /** After a request that brought no answer, or a store that failed: goes on after a while, if the device listens then. */
  #later(registration: LiveRegistration): void {
    this.options.clock.after(RETRY_MS, () => {
      if (this.#current(registration) && isAwake(registration, this.options.clock.now()))
        this.wake(registration)
    })
  }

  /** The next operation of the store; while there is one there may be more, and a store that fails is asked again. */
  async #next(registration: LiveRegistration): Promise<DownlinkOperation | undefined> {
    try {
      const operation = await this.options.operations.next(registration)
      if (operation) this.#waiting.add(registration.deviceId)
      return operation
    } catch (error) {
      this.#waiting.add(registration.deviceId)
      throw error
    }
  }

  /** Carries out one operation; false when the device gave no answer. */
  async #operate(registration: LiveRegistration, operation: DownlinkOperation): Promise<boolean> {
    const { operations, reporting, endpoint } = this.options
    let observation: Observation | undefined
    if (operation.kind === 'observe') {
      const { organisationId, deviceId } = registration
      observation = {
        token: endpoint.newToken(),
        organisationId,
        deviceId,
        path: operation.path,
        origin: 'operator',
      }
    } else if (operation.kind === 'cancel-observe') {
      observation = reporting.find(registration.deviceId, operation.path)
      if (!observation) {
        await operations.finish(operation, {
          type: 'answered',
          code: '4.04',
          detail: 'this path is not observed',
        })
        return true
      }
    }
    if (!(await operations.sending(operation))) return true
    this.counters.sent++
    const earlier = reporting.find(registration.deviceId, operation.path)
    // watched before the request leaves: the first notification may overtake the answer
    if (operation.kind === 'observe' && observation) reporting.watch(observation)
    const outcome = await this.options.conversation.run(registration, operation, {
      observation,
      signal: this.#begin(registration),
    })
    const kept = await this.#settle(registration, outcome, 'read')
    if (observation) await this.#conclude(registration, operation, observation, outcome, earlier)
    await operations.finish(operation, kept)
    return kept.type === 'answered'
  }

  /** Stores the values of an answer; an answer whose values could not be stored counts as none. */
  async #settle(
    registration: LiveRegistration,
    outcome: DownlinkOutcome,
    source: 'read' | 'notify',
  ): Promise<DownlinkOutcome> {
    const now = this.options.clock.now()
    if (outcome.type !== 'answered') {
      this.counters.unanswered++
      if (outcome.type === 'no-answer') this.#noteSilence(registration)
      return outcome
    }
    this.counters.answered++
    heard(registration, now, this.options.awakeWindowMs)
    if (outcome.nodes && outcome.nodes.length > 0) {
      try {
        await this.options.sink.write({ registration, nodes: outcome.nodes, source, receivedAt: now })
      } catch (error) {
        return {
          type: 'no-answer',
          detail: `answered, but not stored: ${error instanceof Error ? error.message : String(error)}`,
        }
      }
    }
    return outcome
  }

  /** The device did not answer: in Queue Mode it sleeps, unless it was heard meanwhile. */
  #noteSilence(registration: LiveRegistration): void {
    if (registration.queueMode && !this.#again.has(registration.deviceId))
      fellAsleep(registration, this.options.clock.now())
  }

  async #conclude(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    observation: Observation,
    outcome: DownlinkOutcome,
    earlier?: Observation,
  ): Promise<void> {
    const { reporting, observations, events } = this.options
    const succeeded =
      outcome.type === 'answered' && outcome.code.startsWith('2.') && outcome.detail === undefined
    if (operation.kind === 'observe' && succeeded) return this.#began(registration, observation)
    if (operation.kind === 'cancel-observe' && outcome.type !== 'answered') return // still observed, for all we know
    reporting.forget(observation)
    if (operation.kind === 'cancel-observe') {
      await observations.remove([observation])
      events.observationEnded(registration, operation.path, outcome.type === 'answered' ? outcome.code : '')
    } else if (earlier) reporting.watch(earlier) // what was observed before still is
  }

  /** Keeps an observation once the device has agreed: one that was only asked for is asked for again after a restart. */
  async #began(registration: LiveRegistration, observation: Observation): Promise<void> {
    await this.options.observations.add([observation])
    // what the plan asks of every meter is no news of this one
    if (observation.origin === 'operator')
      this.options.events.observationBegan(registration, observation.path)
  }

  /** Asks the next question after a Register. */
  async #nextPlanned(registration: LiveRegistration): Promise<'done' | 'failed' | 'none'> {
    const plan = this.#plans.get(registration.location)
    if (!plan) return 'none'
    const path = plan.reads[0]
    if (path) {
      const outcome = await this.#ask(registration, { id: '', kind: 'read', path }, undefined)
      if (outcome.type !== 'answered') return 'failed'
      plan.reads.shift()
      return 'done'
    }
    const observation = plan.observations[0]
    if (!observation) {
      this.#plans.delete(registration.location)
      return 'none'
    }
    if (!(await this.#observe(registration, observation))) return 'failed'
    plan.observations.shift()
    return 'done'
  }

  async #ask(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    observation: Observation | undefined,
  ): Promise<DownlinkOutcome> {
    this.counters.planned++
    const outcome = await this.options.conversation.run(registration, operation, {
      observation,
      signal: this.#begin(registration),
    })
    return this.#settle(registration, outcome, operation.kind === 'observe' ? 'notify' : 'read')
  }

  async #observe(registration: LiveRegistration, observation: Observation): Promise<boolean> {
    const { endpoint, events, reporting } = this.options
    const { path, pmin, pmax } = observation
    if (pmin !== undefined || pmax !== undefined) {
      const request = writeAttributesRequest(
        path,
        { pmin, pmax },
        { alternatePath: registration.objectLinks.alternatePath },
      )
      // a client without attributes still observes; one that does not answer at all sleeps
      const options = { signal: this.#begin(registration) }
      const isAnswered = await endpoint.request(registration.peer, request, options).then(
        () => true,
        () => false,
      )
      if (!isAnswered) {
        this.#noteSilence(registration)
        return false
      }
      heard(registration, this.options.clock.now(), this.options.awakeWindowMs)
    }
    reporting.watch(observation)
    const outcome = await this.#ask(registration, { id: '', kind: 'observe', path }, observation)
    if (outcome.type !== 'answered') return false
    if (outcome.code.startsWith('2.') && outcome.detail === undefined) {
      await this.#began(registration, observation)
      return true
    }
    reporting.forget(observation)
    // a client offers fewer resources than the object defines: that is no event
    if (outcome.code !== '4.04' && outcome.code !== '4.05')
      events.observationEnded(registration, path, outcome.detail ?? outcome.code)
    return true
  }
}
