import { Inject, Injectable } from '@nestjs/common'
import type { OnApplicationShutdown } from '@nestjs/common'
import type { Bus } from '@fieldline/bus'
import { systemClock } from '@fieldline/process'
import type { Logger } from '@fieldline/process'
import { startProcessors } from '@fieldline/queue'
import type { Queue } from '@fieldline/queue'
import {
  CampaignRepository,
  OperationRepository,
  RegistrationRepository,
  defaultOrganisationId,
  devicesWaitingBetween,
  ensureDays,
  tellAbsences,
  writeProcessStatus,
} from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { CampaignCarrier } from './campaign-carrier.js'
import type { Configuration } from './configuration.js'
import { OperationNews } from './operation-news.js'
import { Sweep } from './sweep.js'
import { BUS, CONFIGURATION, DATABASE, LOGGER, QUEUE } from './tokens.js'

const HEARTBEAT_MS = 1_000
const SWEEP_MS = 5_000
/** A queue that brings no sweep for this long is in trouble: the process sweeps by itself until it recovers. */
const QUIET_MS = 30_000

/** Takes jobs, sweeps, and says that it lives. */
@Injectable()
export class WorkerService implements OnApplicationShutdown {
  readonly #startedAt = Date.now()
  readonly #carrier: CampaignCarrier
  readonly #sweep: Sweep
  readonly #news: OperationNews
  #stopProcessors: (() => Promise<void>) | undefined
  #heartbeat: NodeJS.Timeout | undefined
  #sweptAt = Date.now()
  #sweeping = false
  #stopping = false

  constructor(
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(QUEUE) private readonly queue: Queue,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    const campaigns = new CampaignRepository(database)
    const publish = bus.publish.bind(bus)
    this.#carrier = new CampaignCarrier({ campaigns, queue, clock: systemClock, publish })
    this.#sweep = new Sweep({
      organisationId: defaultOrganisationId,
      clock: systemClock,
      publish,
      operations: new OperationRepository(database),
      registrations: new RegistrationRepository(database),
      campaigns,
      devicesWaiting: (from, until, page) => devicesWaitingBetween(database.pool, from, until, page),
      tellAbsences: (now, limit) => tellAbsences(database.pool, now, limit),
      ensureDays: (fromMs, untilMs) => ensureDays(database.pool, fromMs, untilMs),
    })
    this.#news = new OperationNews({
      campaigns,
      clock: systemClock,
      wake: (campaign) => this.#carrier.wake(campaign),
      onFailed: (error) => log.warn({ err: error }, 'campaigns: not woken; the sweep will'),
    })
  }

  /** Begins to take jobs. */
  async start(): Promise<void> {
    this.bus.subscribe((event) => this.#news.heard(event))
    this.#stopProcessors = await startProcessors(
      this.configuration,
      {
        'campaign-tick': ({ campaignId }) => this.#carrier.tick(campaignId),
        'campaign-chunk': ({ campaignId }) => this.#carrier.chunk(campaignId),
        sweep: () => this.#sweepOnce((campaign) => this.#carrier.wake(campaign)),
      },
      this.log,
    )
    await this.queue.repeat('sweep', { v: 1 }, SWEEP_MS)
    this.#heartbeat = setInterval(() => void this.#beat(), HEARTBEAT_MS)
    await this.#beat()
    // what a predecessor left behind is not kept waiting for the queue
    await this.#sweepOnce((campaign) => this.#carrier.wake(campaign))
    this.log.info('worker takes jobs')
  }

  async onApplicationShutdown(): Promise<void> {
    this.#stopping = true
    clearInterval(this.#heartbeat)
    await this.#stopProcessors?.()
    await this.#news.flush()
  }

  async #sweepOnce(wake: (campaign: { id: string; version: number }) => Promise<void>): Promise<void> {
    // one at a time in this process; a second one would find the same
    if (this.#sweeping) return
    this.#sweeping = true
    try {
      await this.#sweep.run(wake)
    } finally {
      this.#sweeping = false
      this.#sweptAt = Date.now()
    }
  }

  async #beat(): Promise<void> {
    try {
      await writeProcessStatus(this.database.pool, {
        name: 'worker',
        startedAt: this.#startedAt,
        seenAt: Date.now(),
        counters: { ...this.#carrier.counters, ...this.#sweep.counters },
      })
      // the database answers, so a missing sweep is the queue's doing
      if (this.#stopping || Date.now() - this.#sweptAt < QUIET_MS) return
      this.log.warn('the queue brings no jobs; sweeping without it')
      this.#sweptAt = Date.now() - QUIET_MS + SWEEP_MS
      await this.#sweepOnce(({ id }) => this.#carrier.tickAlone(id))
    } catch (error) {
      this.log.error({ err: error }, 'heartbeat failed')
    }
  }
}
