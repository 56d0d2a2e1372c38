import { CampaignRecipe } from '@fieldline/contracts'
import type { BusEvent, CampaignVerb, OperationResult, WriteValue } from '@fieldline/contracts'
import { randomUUID } from 'node:crypto'
import { OperationRepository } from '../conversations/operation-repository.js'
import type { StoredOperation } from '../conversations/operation-repository.js'
import type { Database } from '../database.js'
import { CampaignRepository } from './campaign-repository.js'
import type { Author, Carried, CountedCampaign } from './campaign-row.js'

const minute = 60_000
/** What a scripted device does with a request: an answer, or silence. */
export type Script = (
  operation: StoredOperation,
  held: Map<string, WriteValue>,
) => { code: string; result?: OperationResult } | 'no-answer' | 'asleep'

/** A device that keeps what is written and reads it back. */
export const honest: Script = ({ kind, path, value }, held) => {
  if (kind === 'write') {
    held.set(path, value ?? '')
    return { code: '2.04' }
  }
  const found = held.get(path)
  const time = new Date(0).toISOString()
  const values =
    found === undefined || typeof found === 'object'
      ? []
      : [{ path, type: 'integer' as const, value: found, time, receivedAt: time, source: 'read' as const }]
  return { code: '2.05', result: { values } }
}
/** A device that accepts a write and keeps what it had. */
export const diverging: Script = (operation, held) =>
  operation.kind === 'write' ? { code: '2.04' } : honest(operation, new Map([...held, ['/1/0/3', 60]]))
export const asleep: Script = () => 'asleep'

/** A small fleet of one organisation with scripted devices; time only moves when it is told to. */
export class CampaignLab {
  readonly organisationId = randomUUID()
  readonly campaigns: CampaignRepository
  readonly operations: OperationRepository
  readonly events: BusEvent[] = []
  readonly scripts = new Map<string, Script>()
  readonly #held = new Map<string, Map<string, WriteValue>>()
  now = Date.UTC(2030, 0, 1)
  readonly author: Author

  constructor(readonly database: Database) {
    this.campaigns = new CampaignRepository(database)
    this.operations = new OperationRepository(database)
    const { organisationId } = this
    this.author = {
      principal: { kind: 'person', id: 'u1', name: 'Ada', organisationId, role: 'operator' },
      where: { via: 'console', requestId: 'r1' },
    }
  }

  /** Registered devices `m-0001`, `m-0002`, … that are heard every ten minutes and do not sleep. */
  async seed(
    count: number,
    change: { prefix?: string; links?: string; registration?: string } = {},
  ): Promise<void> {
    const { prefix = 'm', links = '</1/0>,</3/0>', registration = 'registered' } = change
    const now = new Date(this.now)
    const later = (minutes: number) => new Date(this.now + minutes * minute)
    const { pool } = this.database
    await pool.query(
      'INSERT INTO listening (organisation_id, started_at, last_seen_at) VALUES ($1, $2, $3)',
      [this.organisationId, later(-60), later(7 * 24 * 60)],
    )
    await pool.query(
      `INSERT INTO device (organisation_id, endpoint, model, registration, last_contact_at, contact, expected_at, late_at, silent_at)
       SELECT $1, $2 || '-' || lpad(n::text, 4, '0'), 'E3', $3, $4, '{"cadenceSeconds": 600, "graceSeconds": 60}', $5, $6, $7 FROM generate_series(1, $8) AS n`,
      [this.organisationId, prefix, registration, now, later(10), later(11), later(31), count],
    )
    await pool.query(
      `INSERT INTO registration (organisation_id, device_id, location, lwm2m_version, lifetime, binding, queue_mode, address, port, object_links, registered_at, updated_at, expires_at)
       SELECT organisation_id, id, id::text, '1.1', 86400, 'U', false, '192.0.2.1', 5683, $2, $3, $3, $4 FROM device
       WHERE organisation_id = $1 AND endpoint LIKE $5 || '-%'`,
      [this.organisationId, links, now, later(24 * 60), prefix],
    )
  }

  /** The devices are heard at this moment. */
  async heard(endpoints?: readonly string[]): Promise<void> {
    await this.database.pool.query(
      `UPDATE device SET last_contact_at = $2, expected_at = $3, late_at = $4, silent_at = $5
       WHERE organisation_id = $1 AND ($6::text[] IS NULL OR endpoint = ANY($6))`,
      [
        this.organisationId,
        ...[0, 10, 11, 31].map((minutes) => new Date(this.now + minutes * minute)),
        endpoints ?? null,
      ],
    )
  }

  async draft(change: Partial<Record<keyof CampaignRecipe, unknown>> = {}): Promise<string> {
    const id = randomUUID()
    const recipe = CampaignRecipe.parse({
      name: 'Report hourly',
      kind: 'config',
      audience: 'model:E3',
      write: [{ path: '/1/0/3', value: 3_600 }],
      waves: [
        { size: 4, soakSeconds: 60 },
        { percent: 100, soakSeconds: 0 },
      ],
      error: { threshold: 20, minSample: 3 },
      ...change,
    })
    await this.campaigns.create({ id, recipe }, this.author, this.now)
    return id
  }

  async act(id: string, verb: CampaignVerb, reason?: string): Promise<Carried> {
    const carried = await this.campaigns.act(id, verb, reason, this.author, this.now)
    this.events.push(...carried.events)
    return carried
  }

  /** One look at the campaign with the offers that follow, as the worker does. */
  async tick(id: string): Promise<void> {
    const carried = await this.campaigns.tick(id, this.now)
    this.events.push(...(carried?.events ?? []))
    for (let more = (carried?.offers ?? 0) > 0; more;) {
      const { offered, events } = await this.campaigns.offer(id, this.now)
      this.events.push(...events)
      more = offered > 0
    }
  }

  /** Every waiting operation reaches its device, which answers by its script. Gives how many were sent. */
  async deliver(): Promise<number> {
    const { rows } = await this.database.pool.query<{ id: string }>(
      "SELECT id FROM operation WHERE organisation_id = $1 AND state = 'queued' ORDER BY created_at, id",
      [this.organisationId],
    )
    let sent = 0
    for (const operation of await this.operations.byIds(rows.map((row) => row.id))) {
      const held = this.#held.get(operation.endpoint) ?? new Map<string, WriteValue>()
      this.#held.set(operation.endpoint, held)
      const answer = (this.scripts.get(operation.endpoint) ?? honest)(operation, held)
      if (answer === 'asleep') continue
      sent += 1
      await this.operations.apply(operation.id, { type: 'dispatch', answerBy: this.now + minute }, this.now)
      if (answer === 'no-answer') await this.operations.apply(operation.id, { type: 'no-answer' }, this.now)
      else
        await this.operations.apply(
          operation.id,
          { type: 'answered', code: answer.code },
          this.now,
          answer.result,
        )
    }
    return sent
  }

  /** Ticks and delivers until nothing moves any more, `stepMs` of time before each turn. */
  async run(id: string, stepMs = 1_000): Promise<CountedCampaign> {
    for (let quiet = 0, turn = 0; quiet < 2 && turn < 60; turn += 1) {
      this.now += stepMs
      const before = JSON.stringify(await this.campaign(id))
      await this.tick(id)
      const sent = await this.deliver()
      quiet = sent === 0 && JSON.stringify(await this.campaign(id)) === before ? quiet + 1 : 0
    }
    return this.campaign(id)
  }

  campaign(id: string): Promise<CountedCampaign> {
    return this.campaigns.byId(this.organisationId, id)
  }

  /** Operations of the organisation by kind and state, such as `write succeeded`. */
  async operationCounts(): Promise<Record<string, number>> {
    const { rows } = await this.database.pool.query<{ what: string; count: number }>(
      "SELECT kind || ' ' || state AS what, count(*)::int AS count FROM operation WHERE organisation_id = $1 GROUP BY 1",
      [this.organisationId],
    )
    return Object.fromEntries(rows.map(({ what, count }) => [what, count]))
  }

  async audit(id: string): Promise<{ action: string; actor: string; via: string; reason: string | null }[]> {
    const { rows } = await this.database.pool.query(
      `SELECT action, actor->>'name' AS actor, "where"->>'via' AS via, reason FROM audit_record WHERE subject_id = $1 ORDER BY id`,
      [id],
    )
    return rows
  }
}
