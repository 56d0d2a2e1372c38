import { LwM2mClient } from '@fieldline/lwm2m-client'
import type { ClientLink, Contact } from '@fieldline/lwm2m-client'
import { parsePath } from '@fieldline/object-model'
import type { Node, ResourceValue } from '@fieldline/object-model'
import type { Clock } from '@fieldline/bytes'
import { chance } from './chance.js'
import type { Faults } from './faults.js'
import type { Tally } from './figures.js'
import { nextTrueReport } from './history.js'
import { keepable } from './identities.js'
import type { MeterState } from './identities.js'
import type { MeterIdentity } from './identity.js'
import type { Journal } from './journal.js'
import type { MeterModel } from './models/model.js'
import { models } from './models/models.js'
import { createObjects } from './objects.js'

/** When a meter speaks, and how much. Milliseconds. */
export interface Pace {
  readonly startAfterMs: number
  readonly periodMs: number
  /** Seconds, as it registers. */
  readonly lifetime: number
  /** Wakes at the times of its real cadence, whatever the period. */
  readonly realTimes: boolean
  /** `planned`: all that is observed and due, and the Sends of its model. `one`: one report of the register each period, for load. */
  readonly reports: 'planned' | 'one'
}

/** What one meter of a run is made of. */
export interface MeterSetup {
  /** Names it among the meters of the run; two of them may claim one endpoint. */
  readonly key: string
  readonly identity: MeterIdentity
  readonly pace: Pace
  readonly faults: Faults
  readonly clock: Clock
  readonly open: () => Promise<ClientLink>
  /** Runs the first contact when there is room for it. */
  readonly admit: <T>(work: () => Promise<T>) => Promise<T>
  readonly tally: Tally
  readonly journal?: Journal
  readonly state?: MeterState
}

const rebootMs = 2_000
const soonMs = 1_000
const retryMs = 10_000
/** Timestamps in one Send. */
const sentTimestamps = 3
/** Milliseconds it takes to find the network, spread over the meters that wake at one time of day. */
const networkSearchMs = 25_000

/** A virtual meter: its objects, its client, and its life of waking, reporting and sleeping. */
export class Meter {
  readonly #setup: MeterSetup
  readonly #model: MeterModel
  readonly #client: LwM2mClient
  readonly #settings: Map<string, ResourceValue>
  #contacts: number
  #dead: boolean
  #stopped = false
  #rebooting = false
  #mustContact = true
  #failed = false
  #contactedAt = 0
  #sentAt: number
  #endPause: (() => void) | undefined

  constructor(setup: MeterSetup) {
    const { identity, clock, state, pace, tally, journal } = setup
    this.#setup = setup
    this.#model = models[identity.model]
    this.#settings = new Map(Object.entries(state?.settings ?? {}))
    this.#contacts = state?.contacts ?? 0
    this.#dead = state?.dead ?? false
    // What was measured before the first Send goes with it.
    this.#sentAt = clock.now() - pace.periodMs
    const store = createObjects({
      identity,
      faults: setup.faults,
      defaultLifetime: pace.lifetime,
      now: () => clock.now(),
      kept: (path) => this.#settings.get(path),
      keep: (path, value) => void this.#settings.set(path, value),
      actions: {
        reboot: () => this.#interrupt(() => (this.#rebooting = true)),
        update: () => this.#interrupt(() => (this.#mustContact = true)),
      },
    })
    this.#client = new LwM2mClient({
      clock,
      open: setup.open,
      endpoint: identity.endpoint,
      version: this.#model.version,
      queueMode: this.#model.queueMode,
      lifetime: () => Number(this.#settings.get('/1/0/1') ?? pace.lifetime),
      store,
      objectVersions: this.#model.objectVersions,
      formats: this.#model.formats,
      continuous: !this.#model.queueMode && pace.reports === 'planned',
      state: state?.client,
      events: {
        handled: (request) => journal?.executed(identity.endpoint, request),
        reporting: () => void tally.reports++,
        delivered: (report) => {
          tally.delivered(report.at - report.sentAt)
          journal?.acknowledged(identity.endpoint, report)
        },
        undelivered: () => void tally.errors++,
      },
    })
  }

  get key(): string {
    return this.#setup.key
  }

  /** What to keep for the next start. */
  state(): MeterState {
    return {
      client: this.#client.state(),
      settings: keepable(this.#settings),
      contacts: this.#contacts,
      ...(this.#dead && { dead: true }),
    }
  }

  /** Lives until it is stopped or falls silent for good. Rejects when the machine has no socket left. */
  async live(): Promise<void> {
    const { pace, clock } = this.#setup
    try {
      if (this.#dead) return
      if (this.#client.registered) this.#setup.tally.registered(this.key, clock.now())
      await this.#pause(pace.startAfterMs)
      // A meter that keeps its real cadence registers once, so that it is known; afterwards it comes when its time has come.
      if (pace.realTimes && this.#client.registered) await this.#pause(this.#untilTrueReport())
      while (!this.#stopped) {
        const from = clock.now()
        await this.#wake()
        if (this.#isSilencedNow()) return
        await this.#pause(this.#untilNext(from))
      }
    } finally {
      await this.#client.stop()
    }
  }

  /** Ends its life soon, without a word to the server. */
  stop(): void {
    this.#stopped = true
    this.#endPause?.()
  }

  #isSilencedNow(): boolean {
    const { silentAfter } = this.#setup.faults
    if (silentAfter !== undefined && this.#contacts >= silentAfter) this.#dead = true
    return this.#dead
  }

  /** What a server's Execute leads to happens after its answer has left. */
  #interrupt(then: () => void): void {
    this.#setup.clock.after(200, () => {
      then()
      this.#endPause?.()
    })
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#stopped || milliseconds <= 0) return Promise.resolve()
    return new Promise((resolve) => {
      const end = (): void => {
        timer.cancel()
        this.#endPause = undefined
        resolve()
      }
      const timer = this.#setup.clock.after(milliseconds, end)
      this.#endPause = end
    })
  }

  #untilTrueReport(): number {
    const { identity, clock } = this.#setup
    const now = clock.now()
    return nextTrueReport(identity, now) - now + networkSearchMs * chance(identity.seed, 'search', now)
  }

  #untilNext(from: number): number {
    const { pace, clock, identity } = this.#setup
    if (this.#rebooting) return rebootMs
    if (this.#mustContact && !this.#failed) return soonMs
    if (this.#failed && pace.reports === 'one') return retryMs
    if (pace.realTimes && this.#client.registered) return this.#untilTrueReport()
    const jitter = 0.95 + 0.1 * chance(identity.seed, 'jitter', this.#contacts)
    // Under load the first reports are spread over a period, as those of a real fleet are.
    const share = pace.reports === 'one' && this.#contacts === 1 ? chance(identity.seed, 'phase') : jitter
    return Math.max(pace.reports === 'one' ? 0 : 1_000, from + pace.periodMs * share - clock.now())
  }

  async #wake(): Promise<void> {
    const { admit, faults } = this.#setup
    const { rebootEvery } = faults
    if (rebootEvery !== undefined && this.#contacts > 0 && this.#contacts % rebootEvery === 0)
      this.#rebooting = true
    const rebooted = this.#rebooting
    if (rebooted) this.#client.forget()
    this.#rebooting = false
    const rebinds = this.#setup.pace.reports === 'planned' && this.#model.rebinds
    const first = this.#contacts === 0
    const contacted = await (first ? admit : immediately)(async () => {
      await this.#client.wake(rebooted || rebinds)
      return this.#contactIfNeeded()
    })
    if (contacted) {
      this.#contacts++
      await this.#report(first)
    }
    if (!this.#model.queueMode) return
    if (contacted) await this.#client.quietFor(this.#model.awakeSeconds * 1_000)
    this.#client.sleep()
  }

  /** Whether the server knows where the meter is, after telling it if it must be told. */
  async #contactIfNeeded(): Promise<boolean> {
    const { clock, pace, tally } = this.#setup
    const now = clock.now()
    // A sleeper tells at each wake, for nobody knows what a NAT has done meanwhile; under load and on the mains half a lifetime is enough.
    const eachWake = this.#model.queueMode && pace.reports === 'planned'
    const due = now - this.#contactedAt >= (pace.lifetime / 2) * 1_000
    if (!eachWake && !due && !this.#mustContact && this.#client.registered) return true
    const outcome = await this.#contact()
    this.#failed = outcome.kind === 'refused' || outcome.kind === 'unreachable'
    if (this.#failed) {
      tally.errors++
      return false
    }
    this.#mustContact = false
    this.#contactedAt = now
    tally.contacts++
    tally.registered(this.key, clock.now())
    return true
  }

  async #contact(): Promise<Contact> {
    const { clock, identity, journal } = this.#setup
    const sentAt = clock.now()
    const outcome = await this.#client.contact()
    if (outcome.kind === 'registered' || outcome.kind === 'updated') {
      const path = `/${this.#client.state().location?.join('/') ?? ''}`
      journal?.contacted(identity.endpoint, {
        how: outcome.kind === 'registered' ? 'register' : 'update',
        path,
        sentAt,
      })
    }
    return outcome
  }

  async #report(first: boolean): Promise<void> {
    if (this.#setup.pace.reports === 'one') {
      if (!first) await this.#reportOne()
      return
    }
    await this.#client.report()
    if (this.#model.sends) await this.#sendTimestamps()
  }

  /** One report of the register: a Send, or from a 1.0 meter a notification; an Update while nothing is observed. */
  async #reportOne(): Promise<void> {
    const { identity, clock } = this.#setup
    if (this.#model.version !== '1.0') {
      const register = parsePath(this.#model.registerPath)
      const reading = this.#model
        .readings(identity, clock.now())
        .filter(({ path }) => path.objectId === register.objectId && path.resourceId === register.resourceId)
      if ((await this.#client.send(reading)) === 'refused') this.#mustContact = true
      return
    }
    const acknowledged = await this.#client.report([parsePath(this.#model.registerPath)], true)
    if (acknowledged === 0) await this.#contact()
  }

  /** A Send of what was measured since the last one, at several moments. */
  async #sendTimestamps(): Promise<void> {
    const { identity, clock } = this.#setup
    const now = clock.now()
    const span = now - this.#sentAt
    // A meter woken again at once has nothing new: one value has one time, in whole seconds.
    if (span < sentTimestamps * 1_000) return
    const nodes: Node[] = []
    for (let step = 1; step <= sentTimestamps; step++) {
      const time = Math.floor((this.#sentAt + (span * step) / sentTimestamps) / 1_000) * 1_000
      for (const node of this.#model.readings(identity, time)) nodes.push({ ...node, time })
    }
    const result = await this.#client.send(nodes)
    if (result === 'acknowledged') this.#sentAt = now
    if (result === 'refused') this.#mustContact = true
  }
}

function immediately<T>(work: () => Promise<T>): Promise<T> {
  return work()
}
