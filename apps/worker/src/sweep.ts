import { chunkIds } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { systemClock } from '@fieldline/process'
import type { CampaignRepository, OperationRepository, RegistrationRepository } from '@fieldline/store'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Rows per statement; what is left comes with the next sweep. */
const LIMIT = 2_000
/** An operation that waits longer may not have been told to the process that talks to devices. */
const UNTOLD_AFTER_MS = 5_000
/** One that waits longer than this has been told many times, and is told again with all that wait, every so many sweeps. */
const TOLD_AFTER_MS = 60_000
const ROUND_SWEEPS = 6
/** The process that ends registrations. It is given this long to do so, and is there if it said so this recently. */
const LISTENER = 'lwm2m-server'
const LAPSE_TIMES = { graceMs: 30_000, freshMs: 5_000 }

export interface SweepOptions {
  readonly organisationId: string
  readonly clock: Pick<typeof systemClock, 'now'>
  readonly publish: (event: BusEvent) => void
  readonly operations: Pick<OperationRepository, 'overdue' | 'apply'>
  readonly registrations: Pick<RegistrationRepository, 'lapsed' | 'end'>
  readonly campaigns: Pick<CampaignRepository, 'live'>
  readonly devicesWaiting: (
    from: number,
    until: number,
    page?: { after?: string; limit: number },
  ) => Promise<{ organisationId: string; deviceIds: string[] }[]>
  readonly tellAbsences: (now: number, limit: number) => Promise<string[]>
  readonly ensureDays: (fromMs: number, untilMs: number) => Promise<void>
}

/** What sweeps found, counted. */
export interface SweepCounters {
  sweeps: number
  absences: number
  overdue: number
  lapsed: number
}

/**
 * Looks at everything that time or a crash may have left behind. Truth is in the database: nothing here remembers anything that a restart
 * would lose, and two sweeps at once do no harm.
 */
export class Sweep {
  readonly counters: SweepCounters = { sweeps: 0, absences: 0, overdue: 0, lapsed: 0 }
  #daysUntil = 0
  #first = true
  /** While a round over all who wait is under way: the device it has come to. */
  #roundAfter: string | undefined

  constructor(private readonly options: SweepOptions) {}

  /** One round; `wake` is asked to look at each campaign in which something may still happen. */
  async run(wake: (campaign: { id: string; version: number }) => Promise<void>): Promise<void> {
    const { clock, campaigns } = this.options
    const now = clock.now()
    this.counters.sweeps += 1
    await this.#makeDays(now)
    await this.#tellAbsences(now)
    await this.#endOverdue(now)
    await this.#tellWaiting(now)
    // nothing is indexed by the end of a registration, because every contact moves it
    if (this.counters.sweeps % ROUND_SWEEPS === 1) await this.#endLapsed(now)
    for (const campaign of await campaigns.live()) await wake(campaign)
  }

  async #makeDays(now: number): Promise<void> {
    if (now < this.#daysUntil) return
    await this.options.ensureDays(now - DAY_MS, now + 3 * DAY_MS)
    this.#daysUntil = now + HOUR_MS
  }

  async #tellAbsences(now: number): Promise<void> {
    const { organisationId, publish } = this.options
    const told = await this.options.tellAbsences(now, LIMIT)
    this.counters.absences += told.length
    for (const deviceIds of chunkIds(told)) publish({ kind: 'device', organisationId, deviceIds })
  }

  async #endOverdue(now: number): Promise<void> {
    const { operations, publish } = this.options
    for (const id of await operations.overdue(now, LIMIT)) {
      const { operation, changed } = await operations.apply(id, { type: 'tick' }, now)
      if (!changed) continue
      this.counters.overdue += 1
      const { organisationId, deviceId } = operation
      publish({ kind: 'operation', organisationId, deviceIds: [deviceId], operationIds: [id] })
      // no answer came to something harmless: it waits again, and the process that talks to devices must know
      if (operation.state === 'queued')
        publish({ kind: 'operation-queued', organisationId, deviceIds: [deviceId] })
    }
  }

  async #endLapsed(now: number): Promise<void> {
    const { registrations, publish } = this.options
    const ended = await registrations.lapsed(LISTENER, now, LAPSE_TIMES, LIMIT)
    for (const registration of ended)
      await registrations.end(registration, 'expired', now, { validAfter: now - LAPSE_TIMES.graceMs })
    this.counters.lapsed += ended.length
    for (const { organisationId, deviceId } of ended)
      publish({ kind: 'device', organisationId, deviceIds: [deviceId] })
  }

  /**
   * Says again that something waits: a process may have died between its commit and telling. The first sweep says it of everything, later ones of
   * what is new and, page by page, of everything once more: an event may be lost however old the operation is.
   */
  async #tellWaiting(now: number): Promise<void> {
    const until = now - UNTOLD_AFTER_MS
    const since = this.#first ? 0 : now - TOLD_AFTER_MS
    this.#publishWaiting(await this.options.devicesWaiting(since, until))
    const begins = !this.#first && this.counters.sweeps % ROUND_SWEEPS === 0
    this.#first = false
    if (this.#roundAfter === undefined && !begins) return
    const page = await this.options.devicesWaiting(0, until, { after: this.#roundAfter, limit: LIMIT })
    this.#publishWaiting(page)
    const ids = page.flatMap(({ deviceIds }) => deviceIds).sort()
    this.#roundAfter = ids.length < LIMIT ? undefined : ids.at(-1)
  }

  #publishWaiting(waiting: readonly { organisationId: string; deviceIds: string[] }[]): void {
    for (const { organisationId, deviceIds } of waiting)
      for (const chunk of chunkIds(deviceIds))
        this.options.publish({ kind: 'operation-queued', organisationId, deviceIds: chunk })
  }
}
