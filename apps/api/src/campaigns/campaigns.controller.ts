import { randomUUID } from 'node:crypto'
import { Controller, Inject } from '@nestjs/common'
import type { Bus } from '@fieldline/bus'
import type { CampaignVerb, RouteResponse } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import type { Queue } from '@fieldline/queue'
import { CampaignRepository } from '@fieldline/store'
import type { Author, Carried, Database } from '@fieldline/store'
import { Bind, Caller, Input } from '../http/bind.js'
import type { RouteRequest } from '../http/bind.js'
import { decodeCursor, page } from '../http/cursor.js'
import { BUS, DATABASE, LOGGER, QUEUE } from '../tokens.js'
import { toCampaign, toTask } from './campaign-view.js'
import { validateRecipe } from './recipe-check.js'

/** Campaigns: their drafts, what people do to them, and where each device stands. */
@Controller()
export class CampaignsController {
  readonly #campaigns: CampaignRepository

  constructor(
    @Inject(DATABASE) database: Database,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(QUEUE) private readonly queue: Queue,
    @Inject(LOGGER) private readonly log: Logger,
  ) {
    this.#campaigns = new CampaignRepository(database)
  }

  @Bind('listCampaigns')
  async list(
    @Input() { query }: RouteRequest<'listCampaigns'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listCampaigns'>> {
    const [beforeId] = decodeCursor(query.cursor, 'uuid')
    const rows = await this.#campaigns.list(principal.organisationId, {
      state: query.state,
      beforeId,
      limit: query.limit + 1,
    })
    const now = Date.now()
    return page(
      rows,
      query.limit,
      (row) => toCampaign(row, now),
      (last) => [last.id],
    )
  }

  @Bind('createCampaign')
  async create(
    @Input() { body }: RouteRequest<'createCampaign'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'createCampaign'>> {
    const now = Date.now()
    validateRecipe(body, now)
    const draft = { id: randomUUID(), recipe: body }
    const campaign = await this.#campaigns.create(draft, authorOf(caller), now)
    const { organisationId } = campaign
    this.bus.publish({ kind: 'campaign', organisationId, campaignId: campaign.id })
    return toCampaign(campaign, now)
  }

  @Bind('getCampaign')
  async get(
    @Input() { params }: RouteRequest<'getCampaign'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'getCampaign'>> {
    return toCampaign(await this.#campaigns.byId(principal.organisationId, params.id), Date.now())
  }

  @Bind('listTasks')
  async tasks(
    @Input() { params, query }: RouteRequest<'listTasks'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listTasks'>> {
    const [after] = decodeCursor(query.cursor, 'name')
    const { id } = await this.#campaigns.byId(principal.organisationId, params.id)
    const { state, wave, limit } = query
    const rows = await this.#campaigns.tasks(id, { state, wave, after, limit: limit + 1 })
    const now = Date.now()
    return page(
      rows,
      limit,
      (row) => toTask(row, now),
      (last) => [last.endpoint],
    )
  }

  @Bind('startCampaign')
  start(
    @Input() { params, body }: RouteRequest<'startCampaign'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'startCampaign'>> {
    return this.#act(params.id, 'start', body?.reason, caller)
  }

  @Bind('pauseCampaign')
  pause(
    @Input() { params, body }: RouteRequest<'pauseCampaign'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'pauseCampaign'>> {
    return this.#act(params.id, 'pause', body?.reason, caller)
  }

  @Bind('resumeCampaign')
  resume(
    @Input() { params, body }: RouteRequest<'resumeCampaign'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'resumeCampaign'>> {
    return this.#act(params.id, 'resume', body.reason, caller)
  }

  @Bind('abortCampaign')
  abort(
    @Input() { params, body }: RouteRequest<'abortCampaign'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'abortCampaign'>> {
    return this.#act(params.id, 'abort', body?.reason, caller)
  }

  async #act(
    id: string,
    verb: CampaignVerb,
    reason: string | undefined,
    caller: Caller,
  ): Promise<RouteResponse<'getCampaign'>> {
    const now = Date.now()
    const carried = await this.#campaigns.act(id, verb, reason, authorOf(caller), now)
    await this.#tell(carried, now)
    return toCampaign(await this.#campaigns.byId(caller.principal.organisationId, id), now)
  }

  /** What is done is done: a queue that is away costs promptness, the worker's sweep makes up for it. */
  async #tell({ campaign, events, wakeUps }: Carried, now: number): Promise<void> {
    for (const event of events) this.bus.publish(event)
    const { id: campaignId, version: v } = campaign
    try {
      for (const at of new Set([now, ...wakeUps])) {
        const options = { id: `tick-${campaignId}-${v}-${at}`, delayMs: at - now }
        await this.queue.add('campaign-tick', { campaignId, v }, options)
      }
    } catch (error) {
      this.log.warn({ err: error, campaignId }, 'campaign: nobody could be woken')
    }
  }
}

function authorOf({ principal, via, requestId, address }: Caller): Author {
  return { principal, where: { via, requestId, address } }
}
