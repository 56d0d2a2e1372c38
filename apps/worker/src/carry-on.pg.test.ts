import { randomUUID } from 'node:crypto'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { CampaignRecipe } from '@fieldline/contracts'
import type { BusEvent, QueueJobName } from '@fieldline/contracts'
import {
  CampaignRepository,
  OperationRepository,
  RegistrationRepository,
  devicesWaitingBetween,
  writeProcessStatus,
} from '@fieldline/store'
import { CampaignCarrier } from './campaign-carrier.js'
import { OperationNews } from './operation-news.js'
import { Sweep } from './sweep.js'
import { createTestDatabase } from './test-database.test-support.js'

const { database, drop } = await createTestDatabase()
const { pool } = database
afterAll(() => drop())

interface Job {
  name: QueueJobName
  id?: string
  campaignId: string
}
let organisationId: string
let now: number
let jobs: Map<string, Job>
let events: BusEvent[]
const clock = {
  now: () => now,
  // whoever waits is called by the test
  after: () => ({ cancel: () => undefined }),
}
const campaigns = new CampaignRepository(database)
const operations = new OperationRepository(database)
const publish = (event: BusEvent) => void events.push(event)
/** A queue in memory: an id is taken once, as long as it waits. */
const queue = {
  add: async (name: QueueJobName, payload: object, options: { id?: string } = {}) =>
    void jobs.set(options.id ?? randomUUID(), { name, ...options, ...(payload as { campaignId: string }) }),
}

function newWorker() {
  const carrier = new CampaignCarrier({ campaigns, queue, clock, publish })
  const sweep = new Sweep({
    organisationId,
    clock,
    publish,
    operations,
    registrations: new RegistrationRepository(database),
    campaigns,
    devicesWaiting: (from, until, page) => devicesWaitingBetween(pool, from, until, page),
    tellAbsences: async () => [],
    ensureDays: async () => undefined,
  })
  return { carrier, sweep }
}

async function runJobs(carrier: CampaignCarrier): Promise<void> {
  while (jobs.size > 0) {
    const [id, job] = [...jobs][0] as [string, Job]
    jobs.delete(id)
    await (job.name === 'campaign-tick' ? carrier.tick(job.campaignId) : carrier.chunk(job.campaignId))
  }
}

beforeEach(async () => {
  organisationId = randomUUID()
  now = Date.UTC(2031, 0, 1)
  jobs = new Map()
  events = []
  const at = new Date(now)
  const soon = new Date(now + 600_000)
  await pool.query(
    `WITH member AS (
       INSERT INTO device (organisation_id, endpoint, registration, last_contact_at, contact, expected_at, late_at, silent_at)
       SELECT $1, 'w-' || n, 'registered', $2, '{"cadenceSeconds": 600, "graceSeconds": 60}', $3, $3, $3 FROM generate_series(1, 3) AS n RETURNING id)
     INSERT INTO registration (organisation_id, device_id, location, lwm2m_version, lifetime, binding, queue_mode, address, port, object_links, registered_at, updated_at, expires_at)
     SELECT $1, id, id::text, '1.1', 86400, 'U', false, '192.0.2.1', 5683, '</1/0>', $2, $2, $3 FROM member`,
    [organisationId, at, soon],
  )
})

async function start(): Promise<string> {
  const id = randomUUID()
  const recipe = CampaignRecipe.parse({
    name: 'Report hourly',
    kind: 'config',
    audience: 'w-',
    write: [{ path: '/1/0/3', value: 60 }],
    waves: [{ percent: 100, soakSeconds: 0 }],
  })
  const principal = { kind: 'person', id: 'u', name: 'Ada', organisationId, role: 'admin' } as const
  const author = { principal, where: { via: 'console' } } as const
  await campaigns.create({ id, recipe }, author, now)
  await campaigns.act(id, 'start', undefined, author, now)
  return id
}

async function answerAll(): Promise<string[]> {
  const { rows } = await pool.query<{ id: string; kind: string }>(
    "SELECT id, kind FROM operation WHERE organisation_id = $1 AND state = 'queued'",
    [organisationId],
  )
  const time = new Date(now).toISOString()
  const value = {
    path: '/1/0/3',
    type: 'integer',
    value: 60,
    time,
    receivedAt: time,
    source: 'read',
  } as const
  for (const { id, kind } of rows) {
    await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)
    const [code, result] = kind === 'read' ? ['2.05', { values: [value] }] : ['2.04', undefined]
    await operations.apply(id, { type: 'answered', code }, now, result)
  }
  return rows.map((row) => row.id)
}

const stateOf = async (id: string) => (await campaigns.byId(organisationId, id)).status.state
const own = (kind: BusEvent['kind']) =>
  events.filter(
    (event) => event.kind === kind && 'organisationId' in event && event.organisationId === organisationId,
  )

describe('the worker', () => {
  it('finds a campaign that was started and never told, and carries it to its end by sweeps alone', async () => {
    const id = await start()
    for (let round = 0; round < 4; round += 1) {
      // each sweep is that of a worker which knows nothing of the one before
      const { carrier, sweep } = newWorker()
      await sweep.run((campaign) => carrier.wake(campaign))
      await runJobs(carrier)
      await answerAll()
      now += 5_000
    }
    expect(await stateOf(id)).toBe('finished')
  })

  it('does the same without a queue', async () => {
    const id = await start()
    const { carrier } = newWorker()
    for (let round = 0; round < 3; round += 1) {
      await carrier.tickAlone(id)
      await answerAll()
    }
    await carrier.tickAlone(id)
    expect(await stateOf(id)).toBe('finished')
    expect(jobs.size).toBe(0)
  })

  it('tells the process that talks to devices again of what a crash left untold', async () => {
    await start()
    const [campaign] = (await campaigns.live()).slice(-1)
    await campaigns.tick(campaign?.id ?? '', now)
    await campaigns.offer(campaign?.id ?? '', now)
    now += 6_000
    const { sweep } = newWorker()
    await sweep.run(async () => undefined)
    expect(
      own('operation-queued').flatMap((event) => ('deviceIds' in event ? event.deviceIds : [])),
    ).toHaveLength(3)
  })

  it('tells it again of what waits, however long it has waited', async () => {
    const id = await start()
    await newWorker().carrier.tickAlone(id)
    const { sweep } = newWorker()
    now += 5 * 60_000
    await sweep.run(async () => undefined)
    events = []
    for (let round = 0; round < 6; round += 1) await sweep.run(async () => undefined)
    expect(
      own('operation-queued').flatMap((event) => ('deviceIds' in event ? event.deviceIds : [])),
    ).toHaveLength(3)
  })

  it('tells it of a read that got no answer and waits again', async () => {
    const { rows } = await pool.query<{ id: string }>(
      'SELECT id FROM device WHERE organisation_id = $1 LIMIT 1',
      [organisationId],
    )
    const deviceId = rows[0]?.id ?? ''
    const [id, createdAt] = [randomUUID(), now]
    const read = { id, organisationId, deviceId, kind: 'read', path: '/3/0/9', createdBy: 'test' } as const
    await operations.create([{ ...read, value: undefined, createdAt, expiresAt: now + 600_000 }])
    const { sweep } = newWorker()
    await sweep.run(async () => undefined)
    await operations.apply(id, { type: 'dispatch', answerBy: now + 1_000 }, now)
    now += 120_000
    await sweep.run(async () => undefined)
    expect((await operations.byId(organisationId, id))?.state).toBe('queued')
    expect(own('operation-queued')).toEqual([
      { kind: 'operation-queued', organisationId, deviceIds: [deviceId] },
    ])
  })

  it('ends operations whose time is up, and the campaign hears of it', async () => {
    const id = await start()
    const { carrier, sweep } = newWorker()
    await carrier.tickAlone(id)
    now += 21 * 60_000
    await sweep.run((campaign) => carrier.wake(campaign))
    expect(own('operation').length).toBeGreaterThanOrEqual(3)
    await carrier.tick(id)
    expect((await campaigns.byId(organisationId, id)).counts.total).toEqual({ queued: 3 })
  })

  it('ends registrations that lapsed and were not ended, but only while somebody could have heard an Update', async () => {
    const registered = async () => {
      const { rows } = await pool.query<{ registration: string }>(
        'SELECT registration FROM device WHERE organisation_id = $1 ORDER BY endpoint',
        [organisationId],
      )
      return rows.map(({ registration }) => registration)
    }
    const all = ['registered', 'registered', 'registered']
    const sweep = () => newWorker().sweep.run(async () => undefined)
    const seen = (startedAt: number, seenAt: number) =>
      writeProcessStatus(pool, { name: 'lwm2m-server', startedAt, seenAt, counters: {} })
    const startedAt = now
    now += 600_000 + 20_000 // within the grace
    await seen(startedAt, now)
    await sweep()
    expect(await registered()).toEqual(all)
    now += 20_000
    await sweep() // nobody was seen for 20 s
    expect(await registered()).toEqual(all)
    await seen(now - 300_000, now) // who just came back gives a cadence
    await sweep()
    expect(await registered()).toEqual(all)
    await seen(startedAt, now)
    await pool.query(
      "UPDATE registration SET expires_at = $2 FROM device WHERE device.id = device_id AND endpoint = 'w-2' AND device.organisation_id = $1",
      [organisationId, new Date(now)],
    )
    await sweep()
    expect(await registered()).toEqual(['expired', 'registered', 'expired'])
    expect(own('device')).toHaveLength(2)
  })

  it('wakes a campaign once for many outcomes', async () => {
    const id = await start()
    const { carrier } = newWorker()
    await carrier.tickAlone(id)
    const operationIds = await answerAll()
    const woken: string[] = []
    const wake = async (campaign: { id: string }) => void woken.push(campaign.id)
    const news = new OperationNews({
      campaigns,
      clock,
      wake,
      onFailed: (error) => expect(error).toBeUndefined(),
    })
    for (const operationId of operationIds)
      news.heard({
        kind: 'operation',
        organisationId,
        deviceIds: [randomUUID()],
        operationIds: [operationId],
      })
    await news.flush()
    await news.flush()
    expect(woken).toEqual([id])
  })

  it('looks at a campaign once at a time, and again when somebody asked meanwhile', async () => {
    const id = await start()
    const { carrier } = newWorker()
    await Promise.all([carrier.tick(id), carrier.tick(id), carrier.tick(id)])
    expect(carrier.counters.ticks).toBe(1)
    expect([...jobs.values()].map((job) => job.name).sort()).toEqual(['campaign-chunk', 'campaign-tick'])
  })
})
