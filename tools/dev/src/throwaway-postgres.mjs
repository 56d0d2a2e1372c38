// @ts-check
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createDatabase, preparePostgres, waitForPostgres } from './postgres.mjs'

/**
 * Starts a PostgreSQL of its own in a temporary folder, for tests.
 * @returns {Promise<{ url: (database: string) => string, pid: number, stop: () => Promise<void> }>}
 */
export async function startThrowawayPostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-pg-'))
  const prepared = await preparePostgres({
    folder: join(folder, 'pg'),
    password: randomBytes(12).toString('hex'),
  })
  const child = spawn(prepared.command, prepared.args, {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  })
  await waitForPostgres(prepared.url('postgres'))
  await createDatabase(prepared.url('fieldline'))
  return {
    url: prepared.url,
    pid: child.pid ?? 0,
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGTERM')
      await gone
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
