import { campaignChunkSize } from '@fieldline/contracts'
import type { BusEvent } from '@fieldline/contracts'
import type { systemClock } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import type { CampaignRepository, Carried } from '@fieldline/store'

/** Wake-ups of the same campaign within this time are one; a campaign whose looks take long is looked at less often. */
const GATHER_MS = 250
const LONGEST_GATHER_MS = 16_000
/** A campaign takes at most this share of one connection's time. */
const SHARE = 1 / 4
/** How often silence is judged; it is measured in contacts, not in seconds. */
const SILENCE_MS = 5_000
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

/** How this process goes about one campaign. */
interface Pace {
  running: boolean
  again: boolean
  tookMs: number
  version: number
  silenceAt: number
}

function newPace(): Pace {
  return { running: false, again: false, tookMs: 0, version: -1, silenceAt: 0 }
}

/** What campaigns did, counted. */
export interface CampaignCounters {
  ticks: number
  chunks: number
  offered: number
}

/** Carries campaigns on: each call brings one up to date in the database, tells who listens and puts the wake-ups that follow in line. */
export class CampaignCarrier {
  readonly #paces = new Map<string, Pace>()
  readonly counters: CampaignCounters = { ticks: 0, chunks: 0, offered: 0 }

  constructor(private readonly options: CampaignCarrierOptions) {}

  /** One look at a campaign, with offers for whoever waits for one. Never two at once here: who comes meanwhile has it looked at again. */
  async tick(campaignId: string): Promise<void> {
    const pace = this.#paces.get(campaignId) ?? newPace()
    this.#paces.set(campaignId, pace)
    if (pace.running) {
      pace.again = true
      return
    }
    pace.running = true
    pace.again = false
    try {
      const carried = await this.#look(campaignId, pace)
      if (carried === undefined) {
        this.#paces.delete(campaignId)
        return
      }
      await this.#wakeFor(carried)
      if (pace.again) await this.wake(carried.campaign)
    } finally {
      pace.running = false
    }
  }

  async #look(campaignId: string, pace: Pace): Promise<Carried | undefined> {
    const { campaigns, clock, publish } = this.options
    const now = clock.now()
    const silence = now - pace.silenceAt >= SILENCE_MS
    this.counters.ticks += 1
    const carried = await campaigns.tick(campaignId, now, { silence })
    if (silence) pace.silenceAt = now
    // a look that drew an audience or released a wave says nothing of the next one
    const usual = carried === undefined || carried.campaign.version === pace.version
    pace.tookMs = usual ? clock.now() - now : 0
    pace.version = carried?.campaign.version ?? pace.version
    for (const event of carried?.events ?? []) publish(event)
    return carried
  }

  async #wakeFor({ campaign, offers, wakeUps }: Carried): Promise<void> {
    const { id, version } = campaign
    const now = this.options.clock.now()
    const chunks = Math.min(Math.ceil(offers / campaignChunkSize), MAX_CHUNKS)
    for (let chunk = 0; chunk < chunks; chunk += 1) await this.#wakeChunk(id, chunk, version, now)
    for (const at of new Set(wakeUps)) if (at - now <= FARTHEST_MS) await this.wake({ id, version }, at)
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
    const carried = await this.#look(campaignId, newPace())
    const chunks = Math.ceil((carried?.offers ?? 0) / campaignChunkSize)
    for (let chunk = 0; chunk < chunks; chunk += 1) await this.chunk(campaignId)
  }

  /** Puts a tick in line for the moment `at` (epoch milliseconds), once however often it is asked for. */
  async wake(
    { id, version }: { id: string; version: number },
    at: number = this.options.clock.now(),
  ): Promise<void> {
    const { queue, clock } = this.options
    const gatherMs = this.#gatherMs(id)
    const moment = (Math.floor(at / gatherMs) + 1) * gatherMs
    const delayMs = Math.max(0, moment - clock.now())
    await queue.add('campaign-tick', { campaignId: id, v: version }, { id: `tick-${id}-${moment}`, delayMs })
  }

  /** A power of two times the shortest, so that the moments of several workers fall together. */
  #gatherMs(campaignId: string): number {
    const wanted = (this.#paces.get(campaignId)?.tookMs ?? 0) / SHARE
    let gatherMs = GATHER_MS
    while (gatherMs < wanted && gatherMs < LONGEST_GATHER_MS) gatherMs *= 2
    return gatherMs
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
