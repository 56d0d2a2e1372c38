import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Campaign, Device, Operation, Task } from '@fieldline/contracts'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

const simulator = fileURLToPath(new URL('../../simulator/dist/main.js', import.meta.url))
const METERS = 40
const over = new Set(['succeeded', 'failed', 'expired', 'cancelled', 'unknown'])
const taskOver = new Set(['verified', 'failed', 'silent', 'excluded', 'cancelled', 'skipped'])

let system: System
let meters: ChildProcess
let journalPath: string

interface JournalEntry {
  readonly event: 'request' | 'acknowledged'
  readonly endpoint: string
  readonly method?: string
  readonly path?: string
  readonly values?: readonly { readonly path: string; readonly value: unknown; readonly time?: string }[]
}
const journal = (): JournalEntry[] =>
  existsSync(journalPath)
    ? readFileSync(journalPath, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as JournalEntry)
    : []

beforeAll(async () => {
  system = await startSystem()
  journalPath = join(system.dataDir, 'journal.jsonl')
  const args = [
    '--meters',
    String(METERS),
    '--seed',
    '11',
    '--server',
    `coap://127.0.0.1:${system.coapPort}`,
    '--report-every',
    '3',
    '--journal',
    journalPath,
  ]
  meters = spawn(process.execPath, [simulator, ...args], { stdio: 'ignore' })
  await until(
    'every meter',
    60_000,
    async () =>
      (await devices()).filter(({ registration }) => registration === 'registered').length === METERS,
  )
})
afterAll(async () => {
  meters.kill('SIGTERM')
  await system.stop()
})

async function devices(): Promise<Device[]> {
  return (await system.call<{ items: Device[] }>('GET', '/v1/devices?limit=1000')).body.items
}

it('loses nothing that was acknowledged and repeats nothing that was done when each process is killed under load', async () => {
  const recipe = {
    name: 'Shorter minimum period',
    kind: 'config',
    audience: 'endpoint:*',
    write: [{ path: '/1/0/2', value: 7 }],
    waves: [
      { size: 5, soakSeconds: 2 },
      { percent: 100, soakSeconds: 2 },
    ],
    success: { threshold: 50 },
    error: { threshold: 90, minSample: 30, action: 'pause' },
  }
  const created = await system.call<Campaign>('POST', '/v1/campaigns', recipe)
  expect(created.status, JSON.stringify(created.body)).toBe(201)
  expect((await system.call('POST', `/v1/campaigns/${created.body.id}/start`)).status).toBe(200)

  const fleet = await devices()
  const executes: string[] = []
  const execute = async (): Promise<void> => {
    for (const { endpoint } of fleet) {
      const path = `/v1/devices/${encodeURIComponent(endpoint)}/operations`
      const answer = await system
        .call<Operation>('POST', path, { kind: 'execute', path: '/3/0/12' })
        .catch(() => undefined)
      if (answer?.status === 202) executes.push(answer.body.id)
    }
  }
  for (const name of ['lwm2m-server', 'worker', 'postgres', 'api', 'lwm2m-server']) {
    const pid = system.pids()[name]
    const loading = execute()
    await new Promise((resolve) => setTimeout(resolve, 700))
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    await loading
    await until(
      `health after ${name} was killed`,
      60_000,
      async () =>
        (await system.call<{ status: string }>('GET', '/v1/health').catch(() => undefined))?.body.status ===
        'ok',
    )
  }

  // every operation and task comes to an end that is true
  await until('the end of every operation', 180_000, async () => {
    const { rows } = await system.database.query(
      "SELECT count(*)::int AS n FROM operation WHERE state IN ('queued', 'sent')",
    )
    return rows[0].n === 0
  })
  const done = await until('the end of every task', 180_000, async () => {
    const { body } = await system.call<{ items: Task[] }>(
      'GET',
      `/v1/campaigns/${created.body.id}/tasks?limit=1000`,
    )
    return body.items.length === METERS && body.items.every(({ state }) => taskOver.has(state)) && body.items
  })
  const verified = new Set(done.filter(({ state }) => state === 'verified').map(({ endpoint }) => endpoint))
  expect(verified.size).toBeGreaterThan(METERS / 2)

  // what was executed: never more often than it was asked for, and never twice for one operation
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const entries = journal()
  const { rows } = await system.database.query<{ endpoint: string; state: string; n: number }>(
    `SELECT device.endpoint, operation.state, count(*)::int AS n FROM operation JOIN device ON device.id = device_id WHERE kind = 'execute' GROUP BY 1, 2`,
  )
  for (const { endpoint } of fleet) {
    const executed = entries.filter(
      (entry) =>
        entry.event === 'request' &&
        entry.endpoint === endpoint &&
        entry.path === '/3/0/12' &&
        entry.method === 'execute',
    ).length
    const of = (...states: string[]): number =>
      rows
        .filter((row) => row.endpoint === endpoint && states.includes(row.state))
        .reduce((sum, row) => sum + row.n, 0)
    expect(executed, endpoint).toBeLessThanOrEqual(of('succeeded', 'unknown', 'failed'))
    expect(executed, endpoint).toBeGreaterThanOrEqual(of('succeeded'))
    expect(of('queued', 'sent')).toBe(0)
  }
  expect(executes.length).toBeGreaterThan(METERS)
  expect(rows.every(({ state }) => over.has(state))).toBe(true)

  // what was acknowledged: every value is in the database
  const acknowledged = entries
    .filter((entry) => entry.event === 'acknowledged')
    .flatMap(({ endpoint, values = [] }) => values.map((value) => ({ endpoint, ...value })))
  expect(acknowledged.length).toBeGreaterThan(METERS)
  for (const { endpoint, path, value } of acknowledged) {
    const [object, instance, resource] = path.split('/').slice(1).map(Number)
    const { rows: found } = await system.database.query(
      `SELECT 1 FROM telemetry.value JOIN device ON device.id = device_id
       WHERE device.endpoint = $1 AND object_id = $2 AND instance_id = $3 AND resource_id = $4 AND (number = $5 OR text = $6) LIMIT 1`,
      [endpoint, object, instance, resource, typeof value === 'number' ? value : null, String(value)],
    )
    expect(found.length, `${endpoint} ${path} = ${String(value)}`).toBe(1)
  }
}, 600_000)
