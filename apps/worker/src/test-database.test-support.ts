import { randomUUID } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { openDatabase } from '@fieldline/store'
import type { Database } from '@fieldline/store'

const migrations = new URL('../../../libs/platform/store/prisma/migrations/', import.meta.url)

/** A migrated database of its own on the server of DATABASE_URL: a sweep looks at everything, so nobody else's may be there. */
export async function createTestDatabase(): Promise<{ database: Database; drop: () => Promise<void> }> {
  const url = new URL(process.env.DATABASE_URL ?? '')
  const admin = openDatabase(url.href)
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await admin.pool.query(`CREATE DATABASE ${name}`)
  url.pathname = `/${name}`
  const database = openDatabase(url.href)
  for (const folder of readdirSync(migrations).sort())
    if (/^\d/.test(folder))
      await database.pool.query(readFileSync(new URL(`${folder}/migration.sql`, migrations), 'utf8'))
  return {
    database,
    async drop() {
      await database.close()
      await admin.pool.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.close()
    },
  }
}
