import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'

const start = fileURLToPath(new URL('../../dev/start.mjs', import.meta.url))

/** A whole Fieldline of a test's own: on free ports, in a temporary folder, started as a person would start it. */
export interface System {
  readonly console: string
  readonly api: string
  readonly coapPort: number
  readonly coapsPort: number
  readonly credentials: { readonly email: string; readonly password: string; readonly apiKey: string }
  readonly dataDir: string
  readonly database: pg.Pool
  readonly supervisor: ChildProcess
  /** Everything the supervisor has printed. */
  printed(): string
  /** Process ids by name, as they are now: `postgres` is PostgreSQL's first process, `postgres-guard` the one of ours above it. */
  pids(): Record<string, number>
  /** Calls the API with the first key. */
  call<T = Record<string, never>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: T }>
  stop(): Promise<number | null>
}

/** What a run needs beside its own ports and folder. */
export interface SystemOptions {
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly dataDir?: string
}

/** A start that has to build first, on a busy machine. */
const READY_MS = 175_000
/** What a start of a test's own is told unless the test says otherwise: free ports, and no database or Redis of somebody else. */
export const ownEnvironment = {
  NODE_OPTIONS: '',
  CONSOLE_PORT: '0',
  API_PORT: '0',
  COAP_PORT: '0',
  COAPS_PORT: '0',
  DATABASE_URL: '',
  REDIS_URL: '',
}

/** Starts Fieldline and waits for READY. */
export async function startSystem({
  args = ['--no-demo'],
  env = {},
  dataDir = mkdtempSync(join(tmpdir(), 'fieldline-e2e-')),
}: SystemOptions = {}): Promise<System> {
  const supervisor = spawn(process.execPath, [start, '--data-dir', dataDir, ...args], {
    env: { ...process.env, ...ownEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let printed = ''
  supervisor.stdout.on('data', (chunk) => (printed += chunk))
  supervisor.stderr.on('data', (chunk) => (printed += chunk))
  await until('READY', READY_MS, () => {
    if (supervisor.exitCode !== null) throw new Error(`the system did not start:\n${printed}`)
    return /^READY /m.test(printed)
  }).catch((error: unknown) => {
    supervisor.kill('SIGTERM')
    throw new Error(`${String(error)}\n${printed}`)
  })
  const read = <T>(file: string): T => JSON.parse(readFileSync(join(dataDir, file), 'utf8')) as T
  const run = read<{
    databaseUrl: string
    console: string
    api: string
    coap: string
    coaps: string
    pids: Record<string, number>
  }>('run.json')
  const credentials = read<System['credentials']>('credentials.json')
  const database = new pg.Pool({ connectionString: run.databaseUrl, max: 3 })
  database.on('error', () => {}) // tests kill the database
  return {
    console: run.console,
    api: run.api,
    coapPort: Number(new URL(run.coap).port),
    coapsPort: Number(new URL(run.coaps).port),
    credentials,
    dataDir,
    database,
    supervisor,
    printed: () => printed,
    pids: () => childrenOf(supervisor.pid ?? 0),
    async call(method, path, body, headers = {}) {
      const response = await fetch(`${run.api}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${credentials.apiKey}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      })
      const text = await response.text()
      return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
    },
    async stop() {
      await database.end().catch(() => {})
      if (supervisor.exitCode === null && supervisor.signalCode === null) {
        const gone = new Promise((resolve) => supervisor.once('exit', resolve))
        supervisor.kill('SIGTERM')
        await gone
      }
      if (dataDir.includes('fieldline-e2e-')) rmSync(dataDir, { recursive: true, force: true })
      return supervisor.exitCode
    },
  }
}

/** Our processes by the name of their app, from the process table. */
function childrenOf(parent: number): Record<string, number> {
  const found: Record<string, number> = {}
  for (const pid of readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .filter(Boolean)) {
    const command = commandOf(Number(pid))
    const name =
      /apps\/([\w-]+)\/dist\/main\.js/.exec(command)?.[1] ??
      (command.includes('guard.mjs SIGINT')
        ? 'postgres-guard'
        : command.includes('simulator')
          ? 'simulator'
          : command.includes('serve-console')
            ? 'console'
            : undefined)
    if (name) found[name] = Number(pid)
    const postmaster = name === 'postgres-guard' ? treeOf(Number(pid))[1] : undefined
    if (postmaster !== undefined) found.postgres = postmaster
  }
  return found
}

/** Process ids below a process, itself included. */
export function treeOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
      .trim()
      .split(' ')
      .filter(Boolean)
      .map(Number)
    return [pid, ...children.flatMap(treeOf)]
  } catch {
    return []
  }
}

/** The command line of a process; empty where it is gone. */
export function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/** Asks again and again until `check` gives something that is not false or undefined; fails with `what` after `milliseconds`. */
export async function until<T>(
  what: string,
  milliseconds: number,
  check: () => T | Promise<T>,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + milliseconds
  let last: unknown
  for (;;) {
    const result = await check()
    if (result !== undefined && result !== null && result !== false)
      return result as Exclude<T, false | null | undefined>
    last = result
    if (Date.now() > end)
      throw new Error(`waited ${milliseconds / 1000} s for ${what} (last: ${JSON.stringify(last)})`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
