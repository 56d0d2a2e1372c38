import { Inject, Injectable } from '@nestjs/common'
import type { Campaign, Task } from '@fieldline/contracts'
import { CampaignRepository } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { DATABASE } from '../tokens.js'
import { toCampaign, toTask } from './campaign-view.js'

/** Campaigns and tasks as screens show them, for who follows changes. `now` is epoch milliseconds. */
@Injectable()
export class CampaignViews {
  readonly #campaigns: CampaignRepository

  constructor(@Inject(DATABASE) database: Database) {
    this.#campaigns = new CampaignRepository(database)
  }

  async byId(id: string, now: number): Promise<{ organisationId: string; campaign: Campaign } | undefined> {
    const found = await this.#campaigns.find(id)
    return found && { organisationId: found.organisationId, campaign: toCampaign(found, now) }
  }

  async tasksOf(
    campaignId: string,
    deviceIds: readonly string[],
    now: number,
  ): Promise<{ organisationId: string; task: Task }[]> {
    const tasks = await this.#campaigns.tasksOf(campaignId, deviceIds)
    return tasks.map((task) => ({ organisationId: task.organisationId, task: toTask(task, now) }))
  }
}
