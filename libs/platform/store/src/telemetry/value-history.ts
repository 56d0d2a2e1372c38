import type pg from 'pg'
import type { Path } from '@fieldline/object-model'
import { fromRow, rowPath, valueSources } from './value-row.js'
import type { ValueSource } from './value-row.js'
import type { ResourceType, ResourceValue } from '@fieldline/object-model'

/** A stored value. Times are epoch milliseconds; `cursor` continues a list after it. */
export interface StoredValue {
  readonly deviceId: string
  readonly path: Path
  readonly type: ResourceType
  readonly value: ResourceValue
  readonly time: number
  readonly receivedAt: number
  readonly source: ValueSource
}

interface Row {
  device_id: string
  object_id: number
  instance_id: number
  resource_id: number
  resource_instance_id: number
  time: Date
  received_at: Date
  type: number
  source: number
  number: number | null
  text: string | null
  bytes: Buffer | null
}

const selected =
  'device_id, object_id, instance_id, resource_id, resource_instance_id, "time", received_at, type, source, number, text, bytes'

function stored(row: Row): StoredValue {
  return {
    deviceId: row.device_id,
    path: rowPath({
      objectId: row.object_id,
      instanceId: row.instance_id,
      resourceId: row.resource_id,
      resourceInstanceId: row.resource_instance_id,
    }),
    ...fromRow(row),
    time: row.time.getTime(),
    receivedAt: row.received_at.getTime(),
    source: valueSources[row.source] ?? 'read',
  }
}

function levels(path: Path | undefined): (number | null)[] {
  return [
    path?.objectId ?? null,
    path?.instanceId ?? null,
    path?.resourceId ?? null,
    path?.resourceInstanceId ?? null,
  ]
}

const withinPath = `($2::int IS NULL OR object_id = $2) AND ($3::int IS NULL OR instance_id = $3)
  AND ($4::int IS NULL OR resource_id = $4) AND ($5::int IS NULL OR resource_instance_id = $5)`

/** The latest value of every resource of the devices, or of those at or below `path`. */
export async function latestValues(
  pool: pg.Pool,
  deviceIds: readonly string[],
  path?: Path,
): Promise<StoredValue[]> {
  const { rows } = await pool.query<Row>(
    `SELECT ${selected} FROM telemetry.latest WHERE device_id = ANY($1) AND ${withinPath}
     ORDER BY device_id, object_id, instance_id, resource_id, resource_instance_id`,
    [deviceIds, ...levels(path)],
  )
  return rows.map(stored)
}

export interface HistoryQuery {
  readonly path?: Path
  /** Epoch milliseconds, `from` included, `to` not. */
  readonly from?: number
  readonly to?: number
  readonly limit: number
  readonly newestFirst: boolean
  /** Rows to skip among those that share the time given in `from` (or `to`, newest first): what a cursor needs. */
  readonly skip?: number
}

/** Values over time, at or below `path`. */
export async function valueHistory(
  pool: pg.Pool,
  deviceId: string,
  query: HistoryQuery,
): Promise<StoredValue[]> {
  const direction = query.newestFirst ? 'DESC' : 'ASC'
  const { rows } = await pool.query<Row>(
    `SELECT ${selected} FROM telemetry.value
     WHERE device_id = $1 AND ${withinPath} AND ($6::timestamptz IS NULL OR "time" >= $6) AND ($7::timestamptz IS NULL OR "time" < $7)
     ORDER BY "time" ${direction}, object_id, instance_id, resource_id, resource_instance_id, received_at
     LIMIT $8 OFFSET $9`,
    [
      deviceId,
      ...levels(query.path),
      query.from === undefined ? null : new Date(query.from),
      query.to === undefined ? null : new Date(query.to),
      query.limit,
      query.skip ?? 0,
    ],
  )
  return rows.map(stored)
}
