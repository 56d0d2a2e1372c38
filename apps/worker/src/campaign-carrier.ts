import { campaignChunkSize } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { systemClock } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import type { CampaignRepository } from '@fieldline/store'

/** Wake-ups of the same campaign within this time are one. */
const GATHER_MS = 250
/** Offers put in line by one tick; the next tick goes on. */
const MAX_CHUNKS = 40
/** A wake-up further away is left to the sweep. */
const FARTHEST_MS = 3_600_000

export interface CampaignCarrierOptions {
  readonly campaigns: CampaignRepository
  readonly queue: Pick<Queue, 'add'>
  readonly clock: Pick<typeof systemClock, 'now'>
  readonly publish: (event: BusEvent) => void
}

/** What campaigns did, counted. */
export interface CampaignCounters {
  ticks: number
  chunks: number
  offered: number
}

/** Carries campaigns on: each call brings one up to date in the database, tells who listens and puts the wake-ups that follow in line. */
export class CampaignCarrier {
  readonly counters: CampaignCounters = { ticks: 0, chunks: 0, offered: 0 }

  constructor(private readonly options: CampaignCarrierOptions) {}

  /** One look at a campaign, with offers for whoever waits for one. */
  async tick(campaignId: string): Promise<void> {
    const { campaigns, clock, publish } = this.options
    const now = clock.now()
    this.counters.ticks += 1
    const carried = await campaigns.tick(campaignId, now)
    if (carried === undefined) return
    for (const event of carried.events) publish(event)
    const { id, version } = carried.campaign
    const chunks = Math.min(Math.ceil(carried.offers / campaignChunkSize), MAX_CHUNKS)
    for (let chunk = 0; chunk < chunks; chunk += 1) await this.#wakeChunk(id, chunk, version, now)
    for (const at of new Set(carried.wakeUps))
      if (at - now <= FARTHEST_MS) await this.wake({ id, version }, at)
  }

  /** One chunk of offers. Which tasks it takes is decided when it runs, so that no two take the same. */
  async chunk(campaignId: string): Promise<void> {
    const { campaigns, clock, publish } = this.options
    this.counters.chunks += 1
    const { offered, events } = await campaigns.offer(campaignId, clock.now())
    this.counters.offered += offered
    for (const event of events) publish(event)
  }

  /** As `tick` with its offers, without the queue. */
  async tickAlone(campaignId: string): Promise<void> {
    const { campaigns, clock, publish } = this.options
    const now = clock.now()
    this.counters.ticks += 1
    const carried = await campaigns.tick(campaignId, now)
    for (const event of carried?.events ?? []) publish(event)
    const chunks = Math.ceil((carried?.offers ?? 0) / campaignChunkSize)
    for (let chunk = 0; chunk < chunks; chunk += 1) await this.chunk(campaignId)
  }

  /** Puts a tick in line for the moment `at` (epoch milliseconds), once however often it is asked for. */
  async wake(
    { id, version }: { id: string; version: number },
    at: number = this.options.clock.now(),
  ): Promise<void> {
    const { queue, clock } = this.options
    const slot = Math.ceil(at / GATHER_MS)
    const delayMs = Math.max(0, slot * GATHER_MS - clock.now())
    await queue.add('campaign-tick', { campaignId: id, v: version }, { id: `tick-${id}-${slot}`, delayMs })
  }

  async #wakeChunk(id: string, chunk: number, version: number, now: number): Promise<void> {
    // the slot keeps a failed job, which stays for a while, from standing in the way of the next one
    const slot = Math.ceil(now / (4 * GATHER_MS))
    await this.options.queue.add(
      'campaign-chunk',
      { campaignId: id, chunk, v: version },
      { id: `chunk-${id}-${chunk}-${slot}` },
    )
  }
}
