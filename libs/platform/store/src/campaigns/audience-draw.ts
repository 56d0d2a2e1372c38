import { newTask, preflight, stepTask } from '@fieldline/campaigns'
import type { ExclusionCode, TaskContext } from '@fieldline/campaigns'
import type { CampaignRecipe, RegistrationState } from '@fieldline/contracts'
import type { Audience } from '@fieldline/devices'
import { parseObjectLinks } from '@fieldline/lwm2m'
import { formatPath } from '@fieldline/object-model'
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { Parameters, audienceSql } from '../devices/audience-sql.js'
import { openTaskStates } from './campaign-row.js'
import type { StoredCampaign } from './campaign-row.js'

type Client = pg.Pool | pg.PoolClient
type Write = CampaignRecipe['write']
const PAGE = 2_000
/** Campaigns that may still send something. */
const underWay = ['running', 'paused', 'completing']

// The moment is named in every statement: PostgreSQL refuses a parameter that an audience happens not to use.
function atMoment(audience: Audience, parameters: Parameters, now: number): string {
  const moment = `${parameters.add(new Date(now))}::timestamptz`
  return `${moment} IS NOT NULL AND ${audienceSql(audience, parameters, moment)}`
}

/** What a preflight needs of a device, as columns; `busy` are the campaigns under way that still work on it, other than `$campaign`. */
function factColumns(parameters: Parameters, campaignId: string | null): string {
  return `device.registration, registration.object_links,
    (SELECT array_agg(DISTINCT task.campaign_id ORDER BY task.campaign_id) FROM task JOIN campaign ON campaign.id = task.campaign_id
     WHERE task.device_id = device.id AND task.state = ANY(${parameters.add(openTaskStates)}) AND campaign.state = ANY(${parameters.add(underWay)})
       AND campaign.id IS DISTINCT FROM ${parameters.add(campaignId)}::uuid) AS busy`
}

interface FactRow {
  registration: RegistrationState
  object_links: string | null
  busy: string[] | null
}

/** Judges devices against what would be written to them; equal object lists are read once. */
class Preflight {
  readonly #links = new Map<string, string[]>()
  readonly #paths = new Map<string, string[]>()

  constructor(
    private readonly client: Client,
    private readonly write: Write,
  ) {}

  async judge(rows: readonly FactRow[]): Promise<(ExclusionCode | undefined)[]> {
    const unknown = [...new Set(rows.flatMap(({ busy }) => busy ?? []))].filter((id) => !this.#paths.has(id))
    if (unknown.length > 0) {
      const { rows: campaigns } = await this.client.query<{ id: string; recipe: CampaignRecipe }>(
        'SELECT id, recipe FROM campaign WHERE id = ANY($1)',
        [unknown],
      )
      for (const { id, recipe } of campaigns)
        this.#paths.set(
          id,
          recipe.write.map(({ path }) => path),
        )
    }
    return rows.map(({ registration, object_links, busy }) =>
      preflight(this.write, {
        registration,
        links: this.#linksOf(object_links ?? ''),
        busyPaths: (busy ?? []).flatMap((id) => this.#paths.get(id) ?? []),
      }),
    )
  }

  #linksOf(text: string): string[] {
    const known = this.#links.get(text)
    if (known !== undefined) return known
    const links = parseObjectLinks(new TextEncoder().encode(text)).instances.map(formatPath)
    this.#links.set(text, links)
    return links
  }
}

/** The state of a task that never takes part. */
function excludedTask(code: ExclusionCode, context: TaskContext): string {
  return JSON.stringify(stepTask(newTask(), { type: 'release', exclude: code }, context, 0).task)
}

/**
 * Writes a task for every device that the audience selects at `now` (epoch milliseconds), in place of an earlier draw: eligible, or excluded with
 * its reason. Draws of one organisation follow each other, so that two campaigns never both take a device.
 */
export async function drawAudience(
  client: pg.PoolClient,
  campaign: StoredCampaign,
  audience: Audience,
  context: TaskContext,
  now: number,
): Promise<{ members: number; excluded: number }> {
  const { id, organisationId, recipe } = campaign
  await client.query("SELECT pg_advisory_xact_lock(hashtext('fieldline.draw ' || $1))", [organisationId])
  await client.query('DELETE FROM task WHERE campaign_id = $1', [id])
  const check = new Preflight(client, recipe.write)
  const eligible = JSON.stringify(newTask())
  let [members, excluded, after] = [0, 0, '']
  for (;;) {
    const parameters = new Parameters()
    const { rows } = await client.query<FactRow & { id: string; endpoint: string }>(
      `SELECT device.id, device.endpoint, ${factColumns(parameters, id)}
       FROM device LEFT JOIN registration ON registration.device_id = device.id
       WHERE device.organisation_id = ${parameters.add(organisationId)} AND device.endpoint COLLATE "C" > ${parameters.add(after)}
         AND ${atMoment(audience, parameters, now)}
       ORDER BY device.endpoint COLLATE "C" LIMIT ${parameters.add(PAGE)}`,
      parameters.values,
    )
    const codes = await check.judge(rows)
    const left = codes.filter((code) => code !== undefined).length
    members += rows.length - left
    excluded += left
    await client.query(
      `INSERT INTO task (id, organisation_id, campaign_id, device_id, endpoint, state, code, engine, updated_at)
       SELECT drawn.id, $5, $6, drawn.device_id, drawn.endpoint, drawn.engine->>'state', drawn.engine->>'code', drawn.engine, $7
       FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::jsonb[]) AS drawn (id, device_id, endpoint, engine)`,
      [
        rows.map(() => randomUUID()),
        rows.map((row) => row.id),
        rows.map((row) => row.endpoint),
        codes.map((code) => (code === undefined ? eligible : excludedTask(code, context))),
        organisationId,
        id,
        new Date(now),
      ],
    )
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return { members, excluded }
    after = last.endpoint
  }
}

/**
 * Fixes who is in which wave, by lot: the ids of tasks are random, and the first names of a list would make a poor sample. Members beyond the
 * last wave are excluded.
 */
export async function assignWaves(
  client: pg.PoolClient,
  campaignId: string,
  sizes: readonly number[],
  context: TaskContext,
  now: number,
): Promise<void> {
  let sum = 0
  const bounds = sizes.map((size) => (sum += size))
  await client.query(
    `UPDATE task SET wave = lot.wave FROM (
       SELECT id, width_bucket((row_number() OVER (ORDER BY id) - 1)::int, $2::int[]) AS wave FROM task WHERE campaign_id = $1 AND state = 'eligible') AS lot
     WHERE task.id = lot.id AND lot.wave < $3`,
    [campaignId, bounds, sizes.length],
  )
  await client.query(
    `UPDATE task SET engine = $2, state = $2::jsonb->>'state', code = $2::jsonb->>'code', updated_at = $3
     WHERE campaign_id = $1 AND state = 'eligible' AND wave IS NULL`,
    [campaignId, excludedTask('beyond-waves', context), new Date(now)],
  )
}

/** Repeats the preflight for devices whose wave begins; a device that has left the fleet is not in the answer. */
export async function judgeDevices(
  client: pg.PoolClient,
  campaign: StoredCampaign,
  deviceIds: readonly string[],
): Promise<Map<string, ExclusionCode | undefined>> {
  const parameters = new Parameters()
  const { rows } = await client.query<FactRow & { id: string }>(
    `SELECT device.id, ${factColumns(parameters, campaign.id)}
     FROM device LEFT JOIN registration ON registration.device_id = device.id WHERE device.id = ANY(${parameters.add(deviceIds)})`,
    parameters.values,
  )
  const codes = await new Preflight(client, campaign.recipe.write).judge(rows)
  return new Map(rows.map(({ id }, index) => [id, codes[index]]))
}

/** Who of an audience would be left out of a campaign that writes `paths`, and why; the most frequent reason first. */
export async function previewExclusions(
  client: Client,
  organisationId: string,
  audience: Audience,
  paths: readonly string[],
  now: number,
): Promise<{ code: ExclusionCode; count: number }[]> {
  const parameters = new Parameters()
  // devices that do not differ in what the preflight looks at are judged together
  const { rows } = await client.query<FactRow & { count: number }>(
    `SELECT registration, object_links, busy, count(*)::int AS count FROM (
       SELECT ${factColumns(parameters, null)} FROM device LEFT JOIN registration ON registration.device_id = device.id
       WHERE device.organisation_id = ${parameters.add(organisationId)} AND ${atMoment(audience, parameters, now)}) AS member
     GROUP BY 1, 2, 3`,
    parameters.values,
  )
  const write = paths.map((path) => ({ path, value: '' }))
  const codes = await new Preflight(client, write).judge(rows)
  const counts = new Map<ExclusionCode, number>()
  rows.forEach(({ count }, index) => {
    const code = codes[index]
    if (code !== undefined) counts.set(code, (counts.get(code) ?? 0) + count)
  })
  return [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count)
}
