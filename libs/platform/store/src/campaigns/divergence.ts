import type { TaskStatus } from '@fieldline/campaigns'
import type { Mark } from '@fieldline/devices'
import type pg from 'pg'
import { storable } from '../storable.js'

/**
 * Marks devices that read back another value than was written, and takes the mark from paths that were confirmed meanwhile. Rows are locked in
 * the order of their ids, as contacts are.
 * @param ended tasks whose state changed, with the device of each
 * @param written every path that the campaign writes
 */
export async function markDivergence(
  client: pg.PoolClient,
  ended: readonly { deviceId: string; task: TaskStatus }[],
  written: readonly string[],
  now: number,
): Promise<void> {
  const diverged = new Map<string, string[]>()
  const confirmed: string[] = []
  for (const { deviceId, task } of ended) {
    if (task.state === 'verified') confirmed.push(deviceId)
    else if (task.state === 'failed' && task.differences.length > 0)
      diverged.set(
        deviceId,
        task.differences.map(({ path }) => path),
      )
  }
  if (diverged.size === 0 && confirmed.length === 0) return
  const { rows } = await client.query<{ id: string; marks: Mark[] }>(
    `SELECT id, marks FROM device WHERE id = ANY($1) OR (id = ANY($2) AND marks @> '[{"code":"diverged"}]') ORDER BY id FOR NO KEY UPDATE`,
    [[...diverged.keys()], confirmed],
  )
  if (rows.length === 0) return
  const marks = rows.map(({ id, marks: known }) => {
    const before = known.find((mark) => mark.code === 'diverged')
    const paths = new Set((before?.paths ?? []).filter((path) => !written.includes(path)))
    for (const path of diverged.get(id) ?? []) paths.add(path)
    const others = known.filter((mark) => mark.code !== 'diverged')
    const mark: Mark = { code: 'diverged', since: before?.since ?? now, paths: [...paths] }
    return storable(paths.size === 0 ? others : [...others, mark])
  })
  await client.query(
    'UPDATE device SET marks = news.marks FROM unnest($1::uuid[], $2::jsonb[]) AS news (id, marks) WHERE device.id = news.id',
    [rows.map(({ id }) => id), marks],
  )
}
