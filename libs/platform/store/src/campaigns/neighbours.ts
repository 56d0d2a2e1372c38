import type { Neighbour } from '@fieldline/campaigns'
import type { TaskRow } from './campaign-row.js'
import type { Pass } from './task-news.js'

/** As many meters of a cell as are asked how it is there. */
const MOST_OF_A_CELL = 200

/**
 * Meters of the cells of these tasks' devices, by cell, to which no campaign that is under way has sent anything. Only who is registered says
 * something: who lapsed has been away for longer than it had promised.
 */
export async function neighboursIn(
  { client, campaign }: Pass,
  tasks: readonly TaskRow[],
): Promise<Map<string, (Neighbour & { deviceId: string })[]>> {
  const cells = new Set(tasks.flatMap(({ device }) => (device?.cell == null ? [] : [device.cell])))
  const found = new Map<string, (Neighbour & { deviceId: string })[]>()
  if (cells.size === 0) return found
  const { rows } = await client.query<{
    id: string
    cell: string
    last_contact_at: Date | null
    late_at: Date
  }>(
    `SELECT near.* FROM unnest($2::text[]) AS asked (cell) CROSS JOIN LATERAL (
       SELECT id, cell, last_contact_at, late_at FROM device
       WHERE organisation_id = $1 AND cell = asked.cell AND registration = 'registered' AND late_at IS NOT NULL
         AND NOT EXISTS (SELECT 1 FROM task JOIN campaign ON campaign.id = task.campaign_id
           WHERE task.device_id = device.id AND (task.engine->>'touched')::boolean AND campaign.state NOT IN ('finished', 'aborted'))
       LIMIT $3) AS near`,
    [campaign.organisationId, [...cells], MOST_OF_A_CELL],
  )
  for (const { id, cell, last_contact_at, late_at } of rows) {
    const known = found.get(cell) ?? []
    found.set(cell, known)
    known.push({ deviceId: id, lastContactAt: last_contact_at?.getTime() ?? null, lateAt: late_at.getTime() })
  }
  return found
}
