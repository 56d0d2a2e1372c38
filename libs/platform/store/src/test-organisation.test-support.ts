import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll } from 'vitest'
import { openDatabase } from './database.js'
import type { Database } from './database.js'

/** The database of the test run, with an organisation of the test file's own: files may run side by side. */
export function useOrganisation(): {
  readonly database: Database
  readonly organisationId: string
  device(endpoint: string, columns?: Record<string, unknown>): Promise<string>
} {
  const url = process.env.DATABASE_URL
  if (!url) throw new Error('DATABASE_URL is not set; run these tests with npm test')
  const database = openDatabase(url, { connections: 6 })
  const organisationId = randomUUID()
  beforeAll(async () => {
    await database.pool.query('INSERT INTO organisation (id, name) VALUES ($1, $2)', [organisationId, 'Test'])
  })
  afterAll(async () => {
    await database.pool.query('DELETE FROM device WHERE organisation_id = $1', [organisationId])
    await database.close()
  })
  return {
    database,
    organisationId,
    async device(endpoint, columns = {}) {
      const names = Object.keys(columns)
      const { rows } = await database.pool.query<{ id: string }>(
        `INSERT INTO device (organisation_id, endpoint${names.map((name) => `, ${name}`).join('')})
         VALUES ($1, $2${names.map((_name, i) => `, $${i + 3}`).join('')}) RETURNING id`,
        [organisationId, endpoint, ...Object.values(columns)],
      )
      return rows[0]?.id as string
    },
  }
}
