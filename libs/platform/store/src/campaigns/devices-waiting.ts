import type pg from 'pg'

/**
 * Ids of devices for which operations wait that were requested between `from` and `until` (epoch milliseconds), by organisation; with `page`
 * that many of them at most, in the order of their ids, after the one named.
 */
export async function devicesWaitingBetween(
  pool: pg.Pool,
  from: number,
  until: number,
  page?: { readonly after?: string; readonly limit: number },
): Promise<{ organisationId: string; deviceIds: string[] }[]> {
  const { rows } = await pool.query<{ organisation_id: string; ids: string[] }>(
    `SELECT organisation_id, array_agg(device_id ORDER BY device_id) AS ids FROM (
       SELECT DISTINCT device_id, organisation_id FROM operation
       WHERE state = 'queued' AND created_at BETWEEN $1 AND $2 AND ($3::uuid IS NULL OR device_id > $3)
       ORDER BY device_id LIMIT $4) AS waiting
     GROUP BY organisation_id`,
    [new Date(from), new Date(until), page?.after ?? null, page?.limit ?? null],
  )
  return rows.map((row) => ({ organisationId: row.organisation_id, deviceIds: row.ids }))
}
