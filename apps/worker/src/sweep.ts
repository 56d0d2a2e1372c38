import { chunkIds } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { systemClock } from '@fieldline/process'
import type { CampaignRepository, OperationRepository } from '@fieldline/store'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Rows per statement; what is left comes with the next sweep. */
const LIMIT = 2_000
/** An operation that waits longer may not have been told to the process that talks to devices. */
const UNTOLD_AFTER_MS = 5_000
/** One that waits longer than this has been told many times. */
const TOLD_AFTER_MS = 60_000

export interface SweepOptions {
  readonly organisationId: string
  readonly clock: Pick<typeof systemClock, 'now'>
  readonly publish: (event: BusEvent) => void
  readonly operations: Pick<OperationRepository, 'overdue' | 'apply'>
  readonly campaigns: Pick<CampaignRepository, 'live'>
  readonly devicesWaiting: (
    from: number,
    until: number,
  ) => Promise<{ organisationId: string; deviceIds: string[] }[]>
  readonly tellAbsences: (now: number, limit: number) => Promise<string[]>
  readonly ensureDays: (fromMs: number, untilMs: number) => Promise<void>
}

/** What sweeps found, counted. */
export interface SweepCounters {
  sweeps: number
  absences: number
  overdue: number
}

/**
 * Looks at everything that time or a crash may have left behind. Truth is in the database: nothing here remembers anything that a restart
 * would lose, and two sweeps at once do no harm.
 */
export class Sweep {
  readonly counters: SweepCounters = { sweeps: 0, absences: 0, overdue: 0 }
  #daysUntil = 0
  #first = true

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
    }
  }

  /** Says again that something waits: a process may have died between its commit and telling. The first sweep says it of everything. */
  async #tellWaiting(now: number): Promise<void> {
    const since = this.#first ? 0 : now - TOLD_AFTER_MS
    const waiting = await this.options.devicesWaiting(since, now - UNTOLD_AFTER_MS)
    this.#first = false
    for (const { organisationId, deviceIds } of waiting)
      for (const chunk of chunkIds(deviceIds))
        this.options.publish({ kind: 'operation-queued', organisationId, deviceIds: chunk })
  }
}
