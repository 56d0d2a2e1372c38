import type pg from 'pg'

/** Ids of devices for which operations wait that were requested between `from` and `until` (epoch milliseconds), by organisation. */
export async function devicesWaitingBetween(
  pool: pg.Pool,
  from: number,
  until: number,
): Promise<{ organisationId: string; deviceIds: string[] }[]> {
  const { rows } = await pool.query<{ organisation_id: string; ids: string[] }>(
    `SELECT organisation_id, array_agg(DISTINCT device_id) AS ids FROM operation
     WHERE state = 'queued' AND created_at BETWEEN $1 AND $2 GROUP BY organisation_id`,
    [new Date(from), new Date(until)],
  )
  return rows.map((row) => ({ organisationId: row.organisation_id, deviceIds: row.ids }))
}
