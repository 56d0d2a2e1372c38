import { activeWave, isCampaignOver, isCellDark, silenceDeadline } from '@fieldline/campaigns'
import { campaignChunkSize } from '@fieldline/contracts'
import { presence } from '@fieldline/devices'
import { defaultExpiry } from '@fieldline/operations'
import type pg from 'pg'
import type { OperationRepository } from '../conversations/operation-repository.js'
import { openTaskStates, selectTask, toTaskRow } from './campaign-row.js'
import type { Row, StoredCampaign, TaskRow } from './campaign-row.js'
import { downtimeBetween } from './listening-gaps.js'
import type { Neighbours } from './neighbours.js'
import { TaskBatch } from './task-batch.js'
import type { TaskChanges } from './task-batch.js'

/** Seconds assumed between contacts of a device of which nothing was learned yet. */
const ASSUMED_CADENCE_SECONDS = 86_400

/** What a pass over tasks works with: the campaign's row is locked, at least against change. */
export interface Pass {
  readonly client: pg.PoolClient
  readonly operations: OperationRepository
  readonly campaign: StoredCampaign
  readonly now: number
}

async function select(
  client: pg.PoolClient,
  condition: string,
  values: readonly unknown[],
): Promise<TaskRow[]> {
  const { rows } = await client.query<Row>(`${selectTask} WHERE ${condition}`, [...values])
  return rows.map(toTaskRow)
}

function batchOf({ client, operations, campaign, now }: Pass): TaskBatch {
  return new TaskBatch(client, operations, campaign, now)
}

/**
 * Tells up to one chunk of tasks what they do not know yet: outcomes of their operations, contacts, and that a device has left. What is told is
 * remembered with the task, so that nothing is told twice and nothing is lost with a process.
 */
export async function tellNews(pass: Pass): Promise<{ changes: TaskChanges; more: boolean }> {
  const { client, campaign, now } = pass
  const rows = await select(
    client,
    `task.campaign_id = $1 AND task.state = ANY($2) AND (device.id IS NULL OR operation.state <> task.operation_state
       OR ((task.state IN ('waiting_wake', 'silent') OR task.engine ? 'held') AND device.last_contact_at > coalesce(task.heard_at, '-infinity')))
     ORDER BY task.id LIMIT $3 FOR UPDATE OF task SKIP LOCKED`,
    [campaign.id, openTaskStates, campaignChunkSize],
  )
  const wave = activeWave(campaign.status)
  const batch = batchOf(pass)
  for (const row of rows) {
    const { device, operation, operationState, heardAt } = row
    if (device === null) {
      batch.step(row, { type: 'decommissioned' })
      continue
    }
    if (operation !== null && operation.state !== operationState) batch.stepOperation(row)
    if ((device.lastContactAt ?? 0) > (heardAt ?? 0))
      batch.step(row, {
        type: 'contact',
        campaign: campaign.status.state,
        waveActive: row.wave === wave,
        expiresAt: defaultExpiry(device, now),
      })
  }
  return { changes: await batch.flush(), more: rows.length === campaignChunkSize }
}

/**
 * Looks through one chunk of tasks after `afterId` for devices that are silent. Time in which nobody of ours listened never counts, and while
 * most of its cell is missing, a device is not judged.
 * @param periods when somebody listened, see `listeningPeriods`
 * @param neighbours those met so far in this look through the campaign
 */
export async function tellSilence(
  pass: Pass,
  periods: readonly { from: number; until: number }[],
  neighbours: Neighbours,
  afterId: string | undefined,
): Promise<{ changes: TaskChanges; lastId: string | undefined }> {
  const { client, campaign, now } = pass
  const { silence } = campaign.recipe
  // the earliest moment that silence could begin; our own absences are judged one by one below
  const rows = await select(
    client,
    `task.campaign_id = $1 AND task.state = ANY($2) AND task.state NOT IN ('eligible', 'silent') AND ($3::uuid IS NULL OR task.id > $3)
       AND greatest(device.last_contact_at, to_timestamp((task.engine->>'releasedAt')::float8 / 1000),
           to_timestamp((task.engine->'held'->>'at')::float8 / 1000))
         + make_interval(secs => $4 * greatest(1, coalesce((device.contact->>'cadenceSeconds')::float8, $5)) + $6) <= $7
     ORDER BY task.id LIMIT $8 FOR UPDATE OF task SKIP LOCKED`,
    [
      campaign.id,
      openTaskStates,
      afterId ?? null,
      silence.missed,
      ASSUMED_CADENCE_SECONDS,
      silence.grace,
      new Date(now),
      campaignChunkSize,
    ],
  )
  const due = rows.filter((row) => {
    if (row.device === null) return false
    const { lastContactAt, cadenceSeconds = ASSUMED_CADENCE_SECONDS } = row.device
    const since = Math.max(row.status.releasedAt ?? now, row.status.held?.at ?? 0)
    const downtimeMs = downtimeBetween(periods, Math.max(lastContactAt ?? since, since), now)
    return now >= silenceDeadline({ lastContactAt, cadenceSeconds, downtimeMs }, silence, since)
  })
  await neighbours.meet(pass, due)
  const batch = batchOf(pass)
  for (const row of due) {
    const since = row.device?.lastContactAt ?? row.status.releasedAt ?? now
    const isDark = isCellDark(neighbours.of(row), since, now)
    batch.step(row, isDark ? { type: 'hold' } : { type: 'tick', silentAt: now })
  }
  const full = rows.length === campaignChunkSize
  return { changes: await batch.flush(), lastId: full ? rows.at(-1)?.id : undefined }
}

/** Offers up to one chunk of waiting tasks of the active wave, those first that are heard first. Nothing is offered unless the campaign runs. */
export async function offerTasks(pass: Pass): Promise<{ changes: TaskChanges; offered: number }> {
  const { client, campaign, now } = pass
  const { state } = campaign.status
  const rows =
    state === 'running'
      ? await select(
          client,
          `task.campaign_id = $1 AND task.wave = $2 AND task.state = 'queued' ORDER BY device.expected_at NULLS LAST, task.id LIMIT $3
           FOR UPDATE OF task SKIP LOCKED`,
          [campaign.id, activeWave(campaign.status), campaignChunkSize],
        )
      : []
  const batch = batchOf(pass)
  for (const row of rows) {
    const { device } = row
    if (device === null) batch.step(row, { type: 'decommissioned' })
    else
      batch.step(row, {
        type: 'offer',
        campaign: state,
        awake: presence(device, now) === 'awake',
        expiresAt: defaultExpiry(device, now),
      })
  }
  return { changes: await batch.flush(), offered: rows.length }
}

/** Steps every task that fits `condition` over `task`, chunk by chunk; `$1` is the campaign. Gives what changed. */
export async function stepAll(
  pass: Pass,
  condition: string,
  values: readonly unknown[],
  step: (batch: TaskBatch, rows: readonly TaskRow[]) => Promise<void> | void,
  changes: TaskChanges,
): Promise<void> {
  let afterId: string | undefined
  do {
    const rows = await select(
      pass.client,
      `task.campaign_id = $1 AND ($2::uuid IS NULL OR task.id > $2) AND ${condition} ORDER BY task.id LIMIT $3 FOR UPDATE OF task`,
      [pass.campaign.id, afterId ?? null, campaignChunkSize, ...values],
    )
    const batch = batchOf(pass)
    await step(batch, rows)
    changes.add(await batch.flush())
    afterId = rows.length === campaignChunkSize ? rows.at(-1)?.id : undefined
  } while (afterId !== undefined)
}

/** Whether the tasks of this campaign may change: they have been drawn for good, and it is not over. */
export function isUnderWay({ status }: StoredCampaign): boolean {
  return !isCampaignOver(status.state) && status.state !== 'draft' && status.state !== 'validating'
}
