import { randomBytes } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import pg from 'pg'
import { openDatabase } from './database.js'
import type { Database } from './database.js'

const migrations = new URL('../prisma/migrations/', import.meta.url)

/** A database of its own on the server of DATABASE_URL, migrated and empty; `drop` removes it. */
export async function createTestDatabase(): Promise<{ database: Database; drop: () => Promise<void> }> {
  const url = new URL(process.env.DATABASE_URL ?? '')
  const admin = new pg.Client({ connectionString: url.href })
  const name = `test_${randomBytes(6).toString('hex')}`
  await admin.connect()
  await admin.query(`CREATE DATABASE ${name}`)
  url.pathname = `/${name}`
  const database = openDatabase(url.href)
  for (const folder of readdirSync(migrations).sort())
    if (/^\d/.test(folder))
      await database.pool.query(readFileSync(new URL(`${folder}/migration.sql`, migrations), 'utf8'))
  return {
    database,
    async drop() {
      await database.close()
      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`)
      await admin.end()
    },
  }
}
