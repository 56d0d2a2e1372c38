import type { BusEvent } from '@fieldline/contracts'
import type { systemClock } from '@fieldline/process'
import type { CampaignRepository } from '@fieldline/store'

/** Operations are looked up together; with the queue's own gathering a campaign is told four times a second at most. */
const GATHER_MS = 100

export interface OperationNewsOptions {
  readonly campaigns: Pick<CampaignRepository, 'ofOperations'>
  readonly clock: typeof systemClock
  readonly wake: (campaign: { id: string; version: number }) => Promise<void>
  readonly onFailed: (error: unknown) => void
}

/** Turns what the bus tells of operations into prompt wake-ups of the campaigns they belong to. */
export class OperationNews {
  readonly #ids = new Set<string>()
  #timer: ReturnType<(typeof systemClock)['after']> | undefined

  constructor(private readonly options: OperationNewsOptions) {}

  heard(event: BusEvent): void {
    if (event.kind !== 'operation') return
    for (const id of event.operationIds) this.#ids.add(id)
    this.#timer ??= this.options.clock.after(GATHER_MS, () => void this.flush())
  }

  /** Wakes the campaigns of what was heard. What fails here is made good by the sweep. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = undefined
    const ids = [...this.#ids]
    this.#ids.clear()
    if (ids.length === 0) return
    try {
      for (const campaign of await this.options.campaigns.ofOperations(ids)) await this.options.wake(campaign)
    } catch (error) {
      this.options.onFailed(error)
    }
  }
}
