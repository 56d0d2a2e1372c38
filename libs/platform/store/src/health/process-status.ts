import type pg from 'pg'

/** What a process last said of itself. Times are epoch milliseconds. */
export interface ProcessStatus {
  readonly name: string
  readonly startedAt: number
  readonly seenAt: number
  readonly counters: Readonly<Record<string, number>>
}

/** Says that a process lives, and what it counted. */
export async function writeProcessStatus(pool: pg.Pool, status: ProcessStatus): Promise<void> {
  await pool.query(
    `INSERT INTO process_status (name, started_at, seen_at, counters) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET started_at = excluded.started_at, seen_at = excluded.seen_at, counters = excluded.counters`,
    [status.name, new Date(status.startedAt), new Date(status.seenAt), JSON.stringify(status.counters)],
  )
}

export async function readProcessStatus(pool: pg.Pool): Promise<ProcessStatus[]> {
  const { rows } = await pool.query(
    'SELECT name, started_at, seen_at, counters FROM process_status ORDER BY name',
  )
  return rows.map((row) => ({
    name: row.name,
    startedAt: row.started_at.getTime(),
    seenAt: row.seen_at.getTime(),
    counters: row.counters,
  }))
}
