import { auditRecord } from '@fieldline/access'
import type { AuditValue } from '@fieldline/access'
import { draftCampaign } from '@fieldline/campaigns'
import type { ExclusionCode } from '@fieldline/campaigns'
import { DomainError } from '@fieldline/contracts'
import type { BusEvent, CampaignRecipe, CampaignState, CampaignVerb, TaskState } from '@fieldline/contracts'
import type { Audience } from '@fieldline/devices'
import type pg from 'pg'
import { appendAudit } from '../access/audit-repository.js'
import { OperationRepository } from '../conversations/operation-repository.js'
import { RegistrationRepository } from '../conversations/registration-repository.js'
import { inTransaction } from '../database.js'
import type { Database } from '../database.js'
import { storable } from '../storable.js'
import { previewExclusions } from './audience-draw.js'
import { countTasksOf, engineOf, toCampaign, toStoredTask } from './campaign-row.js'
import type { Author, Carried, CountedCampaign, Row, StoredCampaign, StoredTask } from './campaign-row.js'
import { CampaignStepper, systemAuthor } from './campaign-step.js'
import { Neighbours } from './neighbours.js'
import { TaskChanges } from './task-batch.js'
import { isUnderWay, offerTasks, tellNews, tellSilence } from './task-news.js'
import type { Pass } from './task-news.js'

/** As many periods of listening as a campaign looks back; what lies before counts as time in which nobody listened. */
const PERIODS = 1_000
const nobody: TaskChanges = new TaskChanges()
const listTask = `
  SELECT task.id, task.organisation_id, task.device_id, task.endpoint, task.wave, task.engine, task.updated_at, device.expected_at
  FROM task LEFT JOIN device ON device.id = task.device_id`

/**
 * Campaigns and their tasks. Every change goes through the pure machines of fleet/campaigns in one transaction that holds the campaign's row:
 * for update when the campaign itself is stepped, shared while chunks of its tasks are. Events and wake-ups are given back, for after the commit.
 */
export class CampaignRepository {
  readonly #operations: OperationRepository
  readonly #registrations: RegistrationRepository

  constructor(private readonly database: Database) {
    this.#operations = new OperationRepository(database)
    this.#registrations = new RegistrationRepository(database)
  }

  /** Writes down a draft, and who wrote it. */
  async create(
    draft: { id: string; recipe: CampaignRecipe },
    author: Author,
    now: number,
  ): Promise<CountedCampaign> {
    const { id, recipe } = draft
    const { principal: actor, where } = author
    const status = draftCampaign(recipe)
    await inTransaction(this.database.pool, async (client) => {
      await client.query(
        'INSERT INTO campaign (id, organisation_id, name, kind, recipe, state, engine, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
        [
          id,
          actor.organisationId,
          recipe.name,
          recipe.kind,
          storable(recipe),
          status.state,
          JSON.stringify(engineOf(status)),
          actor.name,
          new Date(now),
        ],
      )
      const subject = { kind: 'campaign', id, name: recipe.name }
      const after = { recipe: recipe as unknown as AuditValue }
      await appendAudit(client, [
        auditRecord({ actor, action: 'campaign.create', subject, where, after }, now),
      ])
    })
    return this.byId(actor.organisationId, id)
  }

  /** @throws DomainError not-found */
  async byId(organisationId: string, id: string): Promise<CountedCampaign> {
    const campaign = await this.find(id)
    if (campaign?.organisationId !== organisationId)
      throw new DomainError('not-found', `There is no campaign ${id}.`)
    return campaign
  }

  /** A campaign of any organisation, for processes of ours. */
  async find(id: string): Promise<CountedCampaign | undefined> {
    const { rows } = await this.database.pool.query<Row>('SELECT * FROM campaign WHERE id = $1', [id])
    return (await this.#counted(rows))[0]
  }

  /** Campaigns, newest first, older than the campaign `beforeId`. */
  async list(
    organisationId: string,
    query: { state?: CampaignState; beforeId?: string; limit: number },
  ): Promise<CountedCampaign[]> {
    const { rows } = await this.database.pool.query<Row>(
      `SELECT * FROM campaign WHERE organisation_id = $1 AND ($2::text IS NULL OR state = $2)
         AND ($3::uuid IS NULL OR (created_at, id) < (SELECT created_at, id FROM campaign WHERE id = $3))
       ORDER BY created_at DESC, id DESC LIMIT $4`,
      [organisationId, query.state ?? null, query.beforeId ?? null, query.limit],
    )
    return this.#counted(rows)
  }

  async #counted(rows: readonly Row[]): Promise<CountedCampaign[]> {
    const campaigns = rows.map(toCampaign)
    const counts = await countTasksOf(this.database.pool, campaigns)
    return campaigns.flatMap((campaign) => {
      const of = counts.get(campaign.id)
      return of === undefined ? [] : [{ ...campaign, counts: of }]
    })
  }

  /** Tasks of a campaign in the order of their endpoint names, after `after`. */
  async tasks(
    campaignId: string,
    query: { state?: TaskState; wave?: number; after?: string; limit: number },
  ): Promise<StoredTask[]> {
    const { rows } = await this.database.pool.query<Row>(
      `${listTask} WHERE task.campaign_id = $1 AND ($2::text IS NULL OR task.state = $2) AND ($3::int IS NULL OR task.wave = $3)
         AND ($4::text IS NULL OR task.endpoint COLLATE "C" > $4)
       ORDER BY task.endpoint COLLATE "C" LIMIT $5`,
      [campaignId, query.state ?? null, query.wave ?? null, query.after ?? null, query.limit],
    )
    return rows.map(toStoredTask)
  }

  /** The tasks of these devices in a campaign. */
  async tasksOf(campaignId: string, deviceIds: readonly string[]): Promise<StoredTask[]> {
    const { rows } = await this.database.pool.query<Row>(
      `${listTask} WHERE task.campaign_id = $1 AND task.device_id = ANY($2)`,
      [campaignId, deviceIds],
    )
    return rows.map(toStoredTask)
  }

  /** Who of an audience a campaign that writes `paths` would leave out now. */
  async exclusions(
    organisationId: string,
    audience: Audience,
    paths: readonly string[],
    now: number,
  ): Promise<{ code: ExclusionCode; count: number }[]> {
    return previewExclusions(this.database.pool, organisationId, audience, paths, now)
  }

  /**
   * What a person does to a campaign. A start leaves it `validating`: the next tick draws its audience.
   * @throws DomainError not-found, conflict where its state forbids it, invalid-request for a resume without a reason
   */
  async act(
    id: string,
    verb: CampaignVerb,
    reason: string | undefined,
    author: Author,
    now: number,
  ): Promise<Carried> {
    const { name: by, organisationId } = author.principal
    const carried = await this.#locked(id, 'UPDATE', now, async (pass) => {
      if (pass.campaign.organisationId !== organisationId) return undefined
      return new CampaignStepper(pass, author).run((counts) =>
        verb === 'resume'
          ? { type: verb, by, reason: reason ?? '', counts }
          : { type: verb, by, ...(reason === undefined ? {} : { reason }) },
      )
    })
    if (carried === undefined) throw new DomainError('not-found', `There is no campaign ${id}.`)
    return carried
  }

  /**
   * Brings a campaign up to date: its tasks hear what they do not know yet, silence is judged, then the campaign itself is stepped. Safe to call
   * at any time, from any number of processes. Undefined when there is nothing to bring up to date.
   * @param options `silence: false` leaves silence to a later look
   */
  async tick(
    id: string,
    now: number,
    { silence = true }: { silence?: boolean } = {},
  ): Promise<Carried | undefined> {
    const changes = new TaskChanges()
    for (let more = true; more;) {
      const told = await this.#onTasks(id, now, tellNews)
      changes.add(told?.changes ?? nobody)
      more = told?.more ?? false
    }
    if (silence) changes.add(await this.#tellSilence(id, now))
    const carried = await this.#locked(id, 'UPDATE', now, async (pass) => {
      if (!isUnderWay(pass.campaign) && pass.campaign.status.state !== 'validating') return undefined
      const author = systemAuthor(pass.campaign.organisationId)
      return new CampaignStepper(pass, author).run((counts) => ({ type: 'tick', counts }))
    })
    if (carried === undefined) return undefined
    const events = [...changes.events(carried.campaign), ...carried.events]
    const told = carried.events.some((event) => event.kind === 'campaign')
    if (changes.devices.size > 0 && !told) events.push(campaignEvent(carried.campaign))
    return { ...carried, events }
  }

  async #tellSilence(id: string, now: number): Promise<TaskChanges> {
    const changes = new TaskChanges()
    let periods: { from: number; until: number }[] | undefined
    const neighbours = new Neighbours()
    let afterId: string | undefined
    do {
      const told = await this.#onTasks(id, now, async (pass) => {
        periods ??= await this.#registrations.listeningPeriods(pass.campaign.organisationId, PERIODS)
        return tellSilence(pass, periods, neighbours, afterId)
      })
      changes.add(told?.changes ?? nobody)
      afterId = told?.lastId
    } while (afterId !== undefined)
    return changes
  }

  /** Offers one chunk of the tasks that wait for their turn; `offered` 0 when there is none. */
  async offer(id: string, now: number): Promise<{ offered: number; events: BusEvent[] }> {
    const done = await this.#onTasks(id, now, async (pass) => ({
      ...(await offerTasks(pass)),
      campaign: pass.campaign,
    }))
    if (done === undefined || done.offered === 0) return { offered: 0, events: [] }
    return {
      offered: done.offered,
      events: [...done.changes.events(done.campaign), campaignEvent(done.campaign)],
    }
  }

  /** Campaigns in which something may still happen. */
  async live(): Promise<{ id: string; version: number }[]> {
    const { rows } = await this.database.pool.query<{ id: string; version: number }>(
      "SELECT id, version FROM campaign WHERE state IN ('validating', 'running', 'paused', 'completing') ORDER BY created_at",
    )
    return rows
  }

  /** Live campaigns to which these operations belong. */
  async ofOperations(operationIds: readonly string[]): Promise<{ id: string; version: number }[]> {
    const { rows } = await this.database.pool.query<{ id: string; version: number }>(
      `SELECT DISTINCT campaign.id, campaign.version FROM operation JOIN campaign ON campaign.id = operation.campaign_id
       WHERE operation.id = ANY($1) AND campaign.state IN ('running', 'paused', 'completing')`,
      [operationIds],
    )
    return rows
  }

  /** A pass over tasks: the campaign's state cannot change under it. Undefined when its tasks cannot change any more. */
  #onTasks<T>(id: string, now: number, work: (pass: Pass) => Promise<T>): Promise<T | undefined> {
    return this.#locked(id, 'SHARE', now, async (pass) =>
      isUnderWay(pass.campaign) ? work(pass) : undefined,
    )
  }

  #locked<T>(
    id: string,
    lock: 'UPDATE' | 'SHARE',
    now: number,
    work: (pass: Pass) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    return inTransaction(this.database.pool, async (client: pg.PoolClient) => {
      const { rows } = await client.query<Row>(`SELECT * FROM campaign WHERE id = $1 FOR ${lock}`, [id])
      if (rows[0] === undefined) return undefined
      return work({ client, operations: this.#operations, campaign: toCampaign(rows[0]), now })
    })
  }
}

function campaignEvent({ id, organisationId }: StoredCampaign): BusEvent {
  return { kind: 'campaign', organisationId, campaignId: id }
}
