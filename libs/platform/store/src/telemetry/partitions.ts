import type pg from 'pg'

const DAY_MS = 86_400_000

/** Makes the partitions of the days from `fromMs` to `untilMs` (epoch milliseconds, both days included) that are not there yet. */
export async function ensureDays(pool: pg.Pool, fromMs: number, untilMs: number): Promise<void> {
  for (let day = Math.floor(fromMs / DAY_MS); day <= Math.floor(untilMs / DAY_MS); day++) {
    await pool.query('SELECT telemetry.ensure_day($1)', [new Date(day * DAY_MS).toISOString().slice(0, 10)])
  }
}
