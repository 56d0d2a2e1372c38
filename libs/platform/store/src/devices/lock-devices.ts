import type pg from 'pg'

/**
 * Takes the rows of many devices in one order. Two transactions that update the same devices in orders of their own would wait for each other.
 */
export async function lockDevices(client: pg.PoolClient, ids: readonly string[]): Promise<void> {
  await client.query('SELECT 1 FROM device WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', [ids])
}
