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
const sources = ['read', 'notify', 'send', 'register'] // as a row of telemetry.value numbers them
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
  /** The way an acknowledged report was sent. */
  readonly how?: 'notify' | 'send'
  /** The arguments of an Execute. */
  readonly text?: string
  readonly values?: readonly { readonly path: string; readonly value: unknown; readonly time?: string }[]
}
interface StoredRow {
  readonly place: string
  readonly number: number | null
  readonly text: string | null
  readonly time: Date
  readonly source: number
}
/** How often each is there. */
function countOf(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
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
  let asked = 0
  const execute = async (): Promise<void> => {
    for (const { endpoint } of fleet) {
      const path = `/v1/devices/${encodeURIComponent(endpoint)}/operations`
      // an argument of its own for each, so that each can be told apart where it is executed
      const answer = await system
        .call<Operation>('POST', path, { kind: 'execute', path: '/1/0/8', value: `0='${asked++}'` })
        .catch(() => undefined)
      if (answer?.status === 202) executes.push(answer.body.id)
    }
  }
  for (const name of ['lwm2m-server', 'worker', 'postgres-guard', 'api', 'postgres', 'lwm2m-server']) {
    // one that was starting when the last kill took its database away starts again after a pause
    const pid = await until(name, 30_000, () => system.pids()[name])
    const loading = execute()
    await new Promise((resolve) => setTimeout(resolve, 700))
    process.kill(pid, 'SIGKILL')
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
  let underWay: unknown[] = []
  await until('the end of every operation', 180_000, async () => {
    const { rows } = await system.database.query(
      `SELECT endpoint, kind, path, state, attempts, sent_at, answer_by, registration, last_contact_at, awake_until, now()
       FROM operation JOIN device ON device.id = device_id WHERE state IN ('queued', 'sent') LIMIT 3`,
    )
    underWay = rows
    return rows.length === 0
  }).catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(underWay)}`)
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

  // what was executed: exactly once where we say that it succeeded, at most once where we do not know, never where it was not sent
  await new Promise((resolve) => setTimeout(resolve, 1_500))
  const entries = journal()
  const executed = countOf(
    entries
      .filter(({ event, method, path }) => event === 'request' && method === 'execute' && path === '/1/0/8')
      .map(({ endpoint, text }) => `${endpoint} ${text}`),
  )
  const { rows: operations } = await system.database.query<{ key: string; state: string }>(
    `SELECT device.endpoint || ' ' || (operation.value #>> '{}') AS key, operation.state
     FROM operation JOIN device ON device.id = device_id WHERE kind = 'execute'`,
  )
  expect(operations.length).toBeGreaterThanOrEqual(executes.length)
  expect(operations.filter(({ state }) => state === 'succeeded').length).toBeGreaterThan(METERS)
  for (const { key, state } of operations) {
    const times = executed.get(key) ?? 0
    expect(over.has(state), `${key} ${state}`).toBe(true)
    if (state === 'succeeded') expect(times, `${key} ${state}`).toBe(1)
    else
      expect(times, `${key} ${state}`).toBeLessThanOrEqual(state === 'unknown' || state === 'failed' ? 1 : 0)
  }
  const keys = new Set(operations.map(({ key }) => key))
  expect([...executed.keys()].filter((key) => !keys.has(key))).toEqual([])

  // what was acknowledged: every value with the time it was measured at, and every one without a time as often as it was acknowledged
  const acknowledged = entries
    .filter(({ event }) => event === 'acknowledged')
    .flatMap(({ endpoint, how, values = [] }) =>
      values.map(({ path, value, time }) => ({ key: `${how} ${endpoint} ${path} ${String(value)}`, time })),
    )
  const timed = acknowledged.filter(({ time }) => time !== undefined)
  const untimed = countOf(acknowledged.filter(({ time }) => time === undefined).map(({ key }) => key))
  expect(acknowledged.length).toBeGreaterThan(METERS)
  const { rows: values } = await system.database.query<StoredRow>(
    `SELECT device.endpoint || ' /' || concat_ws('/', object_id, instance_id, resource_id, nullif(resource_instance_id, -1)) AS place,
            number, text, "time" AS time, source FROM telemetry.value JOIN device ON device.id = device_id`,
  )
  const stored = values.flatMap(({ place, number, text, time, source }) =>
    [number, text]
      .filter((value) => value !== null)
      .map((value) => ({ key: `${sources[source]} ${place} ${value}`, time: time.toISOString() })),
  )
  const storedAt = new Set(stored.map(({ key, time }) => `${key} at ${time}`))
  expect(timed.map(({ key, time }) => `${key} at ${time}`).filter((fact) => !storedAt.has(fact))).toEqual([])
  const storedTimes = countOf(stored.map(({ key }) => key))
  expect([...untimed].filter(([key, times]) => (storedTimes.get(key) ?? 0) < times)).toEqual([])
}, 600_000)
