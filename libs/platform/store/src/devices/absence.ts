import type pg from 'pg'
import { inTransaction } from '../database.js'
import { appendTimeline } from './timeline-repository.js'

/**
 * Tells once, in the timeline, of devices that have become late or silent by `now` (epoch milliseconds). Gives the ids of those told about.
 */
export async function tellAbsences(pool: pg.Pool, now: number, limit: number): Promise<string[]> {
  return inTransaction(pool, async (client) => {
    const { rows } = await client.query<{
      id: string
      organisation_id: string
      told: 'late' | 'silent'
      expected_at: Date
      last_contact_at: Date
      cadence: number
    }>(
      `WITH absent AS (
         SELECT id, CASE WHEN silent_at <= $1 THEN 'silent' ELSE 'late' END AS told FROM device
         WHERE registration = 'registered' AND late_at <= $1 AND expected_at IS NOT NULL AND last_contact_at IS NOT NULL
           AND absence_told IS DISTINCT FROM CASE WHEN silent_at <= $1 THEN 'silent' ELSE 'late' END
         ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
       UPDATE device SET absence_told = absent.told FROM absent WHERE device.id = absent.id
       RETURNING device.id, device.organisation_id, absent.told, device.expected_at, device.last_contact_at,
         coalesce((device.contact->>'cadenceSeconds')::float8, 1) AS cadence`,
      [new Date(now), limit],
    )
    await appendTimeline(
      client,
      rows.map((row) => ({
        organisationId: row.organisation_id,
        deviceId: row.id,
        at: now,
        fact:
          row.told === 'late'
            ? { kind: 'late', expectedAt: row.expected_at.getTime() }
            : {
                kind: 'silent',
                lastContactAt: row.last_contact_at.getTime(),
                missed: Math.max(1, Math.floor((now - row.last_contact_at.getTime()) / 1_000 / row.cadence)),
              },
      })),
    )
    return rows.map((row) => row.id)
  })
}
