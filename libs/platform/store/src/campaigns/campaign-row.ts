import type { Principal, AuditWhere } from '@fieldline/access'
import type { CampaignStatus, TaskStatus, WaveCounts } from '@fieldline/campaigns'
import { taskStates } from '@fieldline/contracts'
import type {
  BusEvent,
  CampaignRecipe,
  CampaignState,
  OperationResult,
  OperationState,
  RegistrationState,
  TaskCounts,
  TaskState,
} from '@fieldline/contracts'
import type { ContactState } from '@fieldline/devices'
import { isTaskOver } from '@fieldline/campaigns'
import type pg from 'pg'

/** A campaign as a row. Times are epoch milliseconds. */
export interface StoredCampaign {
  readonly id: string
  readonly organisationId: string
  readonly name: string
  readonly recipe: CampaignRecipe
  readonly status: CampaignStatus
  readonly version: number
  readonly createdBy: string
  readonly createdAt: number
}

/** Members of a campaign by wave, and those left out by reason. */
export interface CampaignCounts {
  /** One entry per wave of the campaign, in order. */
  readonly waves: WaveCounts[]
  /** Everybody who was drawn, those left out included. */
  readonly total: TaskCounts
  readonly excluded: { code: string; count: number }[]
}

export interface CountedCampaign extends StoredCampaign {
  readonly counts: CampaignCounts
}

/** One device in one campaign, as a list shows it. */
export interface StoredTask {
  readonly id: string
  readonly organisationId: string
  readonly deviceId: string
  readonly endpoint: string
  readonly wave: number | null
  readonly status: TaskStatus
  readonly expectedAt: number | null
  readonly updatedAt: number
}

/** Who does something to a campaign, and through which door. */
export interface Author {
  readonly principal: Principal
  readonly where: AuditWhere
}

/** What a step leaves to be done once it is committed: none of it is needed for the truth, all of it for promptness. */
export interface Carried {
  readonly campaign: StoredCampaign
  readonly events: BusEvent[]
  /** Moments (epoch milliseconds) at which the campaign wants to be looked at. */
  readonly wakeUps: number[]
  /** Tasks that wait for an offer. */
  readonly offers: number
}

/** What the engine and the forecast need of the device behind a task. */
export interface TaskDevice {
  /** The radio cell it was last in; null where it did not say. */
  readonly cell: string | null
  readonly registration: RegistrationState
  readonly queueMode: boolean
  readonly awakeUntil: number | null
  readonly lateAt: number | null
  readonly silentAt: number | null
  readonly expectedAt: number | null
  readonly lastContactAt: number | null
  readonly cadenceSeconds?: number
  readonly graceSeconds?: number
}

/** A task with all that a step of it can ask for. */
export interface TaskRow {
  readonly id: string
  readonly deviceId: string
  readonly endpoint: string
  readonly wave: number | null
  readonly status: TaskStatus
  readonly operationState: OperationState | null
  readonly heardAt: number | null
  /** Null: the device has left the fleet. */
  readonly device: TaskDevice | null
  /** The operation whose outcome is awaited. */
  readonly operation: { state: OperationState; code?: string; result?: OperationResult } | null
}

/** States in which a task can still change, for use in a statement. */
export const openTaskStates: readonly TaskState[] = taskStates.filter((state) => !isTaskOver(state))

export type Row = Record<string, unknown>
const moment = (value: unknown): number | null => (value instanceof Date ? value.getTime() : null)

/** The engine's state without what is kept beside it. */
export function engineOf({ recipe: _recipe, ...engine }: CampaignStatus): Omit<CampaignStatus, 'recipe'> {
  return engine
}

export function toCampaign(row: Row): StoredCampaign {
  const recipe = row.recipe as CampaignRecipe
  return {
    id: row.id as string,
    organisationId: row.organisation_id as string,
    name: row.name as string,
    recipe,
    status: { ...(row.engine as Omit<CampaignStatus, 'recipe'>), recipe, state: row.state as CampaignState },
    version: row.version as number,
    createdBy: row.created_by as string,
    createdAt: moment(row.created_at) ?? 0,
  }
}

export function toStoredTask(row: Row): StoredTask {
  return {
    id: row.id as string,
    organisationId: row.organisation_id as string,
    deviceId: row.device_id as string,
    endpoint: row.endpoint as string,
    wave: row.wave as number | null,
    status: row.engine as TaskStatus,
    expectedAt: moment(row.expected_at),
    updatedAt: moment(row.updated_at) ?? 0,
  }
}

/** `selectTask` is followed by its conditions, an order and `FOR UPDATE OF task`. */
export const selectTask = `
  SELECT task.id, task.device_id, task.endpoint, task.wave, task.engine, task.operation_state, task.heard_at,
    device.id AS known_device, device.cell, device.registration, device.expected_at, device.late_at, device.silent_at, device.awake_until,
    device.last_contact_at, device.contact, registration.queue_mode,
    operation.state AS awaited_state, operation.code AS awaited_code, operation.result AS awaited_result
  FROM task
  LEFT JOIN device ON device.id = task.device_id
  LEFT JOIN registration ON registration.device_id = task.device_id
  LEFT JOIN operation ON operation.id = task.operation_id`

export function toTaskRow(row: Row): TaskRow {
  const contact = row.contact as ContactState | null
  return {
    id: row.id as string,
    deviceId: row.device_id as string,
    endpoint: row.endpoint as string,
    wave: row.wave as number | null,
    status: row.engine as TaskStatus,
    operationState: row.operation_state as OperationState | null,
    heardAt: moment(row.heard_at),
    device:
      row.known_device === null
        ? null
        : {
            cell: row.cell as string | null,
            registration: row.registration as RegistrationState,
            queueMode: (row.queue_mode as boolean | null) ?? false,
            awakeUntil: moment(row.awake_until),
            lateAt: moment(row.late_at),
            silentAt: moment(row.silent_at),
            expectedAt: moment(row.expected_at),
            lastContactAt: moment(row.last_contact_at),
            cadenceSeconds: contact?.cadenceSeconds,
            graceSeconds: contact?.graceSeconds,
          },
    operation:
      row.awaited_state === null
        ? null
        : {
            state: row.awaited_state as OperationState,
            code: (row.awaited_code as string | null) ?? undefined,
            result: (row.awaited_result as OperationResult | null) ?? undefined,
          },
  }
}

/** Members of campaigns by wave and state, counted by the database. */
export async function countTasksOf(
  client: pg.Pool | pg.PoolClient,
  campaigns: readonly StoredCampaign[],
): Promise<Map<string, CampaignCounts>> {
  const { rows } = await client.query<{
    campaign_id: string
    wave: number | null
    state: TaskState
    code: string | null
    count: number
    held: number
  }>(
    "SELECT campaign_id, wave, state, code, count(*)::int AS count, count(engine->'held')::int AS held FROM task WHERE campaign_id = ANY($1) GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 4",
    [campaigns.map((campaign) => campaign.id)],
  )
  const counts = new Map<string, CampaignCounts>()
  for (const { id, status } of campaigns)
    counts.set(id, { waves: status.waves.map(() => ({ tasks: {}, failures: {} })), total: {}, excluded: [] })
  for (const { campaign_id, wave, state, code, count, held } of rows) {
    const of = counts.get(campaign_id)
    if (of === undefined) continue
    of.total[state] = (of.total[state] ?? 0) + count
    if (state === 'excluded') {
      const known = of.excluded.find((one) => one.code === code)
      if (known === undefined) of.excluded.push({ code: code ?? '', count })
      else known.count += count
    }
    const inWave = wave === null ? undefined : of.waves[wave]
    if (inWave === undefined) continue
    inWave.tasks[state] = (inWave.tasks[state] ?? 0) + count
    if (held > 0) inWave.held = (inWave.held ?? 0) + held
    const failures = inWave.failures as Record<string, number>
    if (state === 'failed' && code !== null) failures[code] = (failures[code] ?? 0) + count
  }
  return counts
}
