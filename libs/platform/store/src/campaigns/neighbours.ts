import type { Neighbour } from '@fieldline/campaigns'
import type { TaskRow } from './campaign-row.js'
import type { Pass } from './task-news.js'

/** As many meters of a cell as are asked how it is there. */
const MOST_OF_A_CELL = 200

/** Meters of the cells in which a campaign's devices are silent; each cell is asked for once. A device that never named its cell has none. */
export class Neighbours {
  readonly #ofCell = new Map<string, (Neighbour & { deviceId: string })[]>()

  /** Reads the cells of these tasks' devices that are not known yet. */
  async meet({ client, campaign }: Pass, tasks: readonly TaskRow[]): Promise<void> {
    const cells = new Set(tasks.flatMap(({ device }) => (device?.cell == null ? [] : [device.cell])))
    const unknown = [...cells].filter((cell) => !this.#ofCell.has(cell))
    if (unknown.length === 0) return
    for (const cell of unknown) this.#ofCell.set(cell, [])
    const { rows } = await client.query<{
      id: string
      cell: string
      last_contact_at: Date | null
      late_at: Date
      touched: boolean
    }>(
      `SELECT near.*, EXISTS (SELECT 1 FROM task JOIN campaign ON campaign.id = task.campaign_id
           WHERE task.device_id = near.id AND (task.engine->>'touched')::boolean AND campaign.state NOT IN ('finished', 'aborted')) AS touched
       FROM unnest($2::text[]) AS asked (cell) CROSS JOIN LATERAL (
         SELECT id, cell, last_contact_at, late_at FROM device
         WHERE organisation_id = $1 AND cell = asked.cell AND registration IN ('registered', 'expired') AND late_at IS NOT NULL
         LIMIT $3) AS near`,
      [campaign.organisationId, unknown, MOST_OF_A_CELL],
    )
    for (const { id, cell, last_contact_at, late_at, touched } of rows) {
      const lastContactAt = last_contact_at?.getTime() ?? null
      this.#ofCell.get(cell)?.push({ deviceId: id, lastContactAt, lateAt: late_at.getTime(), touched })
    }
  }

  /** The others in the cell of a task's device. */
  of({ deviceId, device }: TaskRow): Neighbour[] {
    const all = this.#ofCell.get(device?.cell ?? '') ?? []
    return all.filter((one) => one.deviceId !== deviceId)
  }
}
