import type { TimelineFact } from '@fieldline/devices'
import type { TimelineKind } from '@fieldline/contracts'
import type pg from 'pg'
import { storable } from '../storable.js'

/** One entry of a device's story as it is stored: a fact, worded when it is shown. `at` is epoch milliseconds. */
export interface StoredTimelineEntry {
  readonly id: string
  readonly at: number
  readonly fact: TimelineFact
  readonly operationId?: string
  readonly campaignId?: string
}

export interface NewTimelineEntry {
  readonly organisationId: string
  readonly deviceId: string
  readonly fact: TimelineFact
  readonly at: number
  readonly operationId?: string
  readonly campaignId?: string
}

/** Appends entries, within the transaction of what they tell about where `client` is one. */
export async function appendTimeline(
  client: pg.Pool | pg.PoolClient,
  entries: readonly NewTimelineEntry[],
): Promise<void> {
  if (entries.length === 0) return
  await client.query(
    `INSERT INTO timeline_entry (organisation_id, device_id, at, kind, fact, operation_id, campaign_id)
     SELECT entry.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::jsonb[], $6::uuid[], $7::uuid[])
       AS entry (organisation_id, device_id, at, kind, fact, operation_id, campaign_id)
     JOIN device ON device.id = entry.device_id`,
    [
      entries.map((entry) => entry.organisationId),
      entries.map((entry) => entry.deviceId),
      entries.map((entry) => new Date(entry.at)),
      entries.map((entry) => entry.fact.kind),
      entries.map((entry) => storable(entry.fact)),
      entries.map((entry) => entry.operationId ?? null),
      entries.map((entry) => entry.campaignId ?? null),
    ],
  )
}

/** Entries of a device, newest first, older than the entry `beforeId`. */
export async function readTimeline(
  pool: pg.Pool,
  deviceId: string,
  query: { kind?: TimelineKind; beforeId?: string; limit: number },
): Promise<StoredTimelineEntry[]> {
  const { rows } = await pool.query<{
    id: string
    at: Date
    fact: TimelineFact
    operation_id: string | null
    campaign_id: string | null
  }>(
    `SELECT id::text, at, fact, operation_id, campaign_id FROM timeline_entry
     WHERE device_id = $1 AND ($2::text IS NULL OR kind = $2) AND ($3::bigint IS NULL OR (at, id) < (SELECT at, id FROM timeline_entry WHERE id = $3))
     ORDER BY at DESC, id DESC LIMIT $4`,
    [deviceId, query.kind ?? null, query.beforeId ?? null, query.limit],
  )
  return rows.map((row) => ({
    id: row.id,
    at: row.at.getTime(),
    fact: row.fact,
    operationId: row.operation_id ?? undefined,
    campaignId: row.campaign_id ?? undefined,
  }))
}
