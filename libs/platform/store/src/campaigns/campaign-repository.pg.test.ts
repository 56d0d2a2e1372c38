import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explainCampaign } from '@fieldline/campaigns'
import type { Database } from '../database.js'
import { createTestDatabase } from '../test-database.test-support.js'
import { CampaignLab, asleep, diverging } from './campaign-lab.test-support.js'

let database: Database
let drop: () => Promise<void>
let lab: CampaignLab
beforeAll(async () => ({ database, drop } = await createTestDatabase()))
afterAll(() => drop())
beforeEach(() => (lab = new CampaignLab(database)))

const name = (n: number) => `m-${String(n).padStart(4, '0')}`
const all = (n: number) => Array.from({ length: n }, (_none, index) => name(index + 1))

describe('a campaign', () => {
  it('goes wave by wave to its end, each device confirmed by read-back', async () => {
    await lab.seed(12)
    const id = await lab.draft()
    const started = await lab.act(id, 'start')
    expect(started.campaign.status.state).toBe('validating')
    await lab.tick(id)
    const running = await lab.campaign(id)
    expect(running.status).toMatchObject({ state: 'running', members: 12 })
    expect(running.counts.waves.map(({ tasks }) => tasks)).toEqual([{ offered: 4 }, { eligible: 8 }])
    expect(await lab.operationCounts()).toEqual({ 'write queued': 4 })
    await lab.run(id)
    expect((await lab.campaign(id)).status.waves.map((wave) => wave.state)).toEqual(['soaking', 'pending'])
    lab.now += 60_000
    await lab.heard()
    const finished = await lab.run(id)
    expect(finished.status).toMatchObject({ state: 'finished', cause: { code: 'done' } })
    expect(finished.counts.total).toEqual({ verified: 12 })
    expect(await lab.operationCounts()).toEqual({ 'write succeeded': 12, 'read succeeded': 12 })
    expect((await lab.audit(id)).map(({ action, actor, via }) => `${action} ${actor} ${via}`)).toEqual([
      'campaign.create Ada console',
      'campaign.start Ada console',
      'campaign.run Fieldline worker',
      'wave.releasing Fieldline worker',
      'wave.soaking Fieldline worker',
      'wave.evaluating Fieldline worker',
      'wave.passed Fieldline worker',
      'wave.releasing Fieldline worker',
      'wave.soaking Fieldline worker',
      'wave.evaluating Fieldline worker',
      'wave.passed Fieldline worker',
      'campaign.complete Fieldline worker',
      'campaign.finished Fieldline worker',
    ])
    const kinds = new Set(lab.events.map((event) => event.kind))
    expect([...kinds].sort()).toEqual(['campaign', 'operation', 'operation-queued', 'task'])
  })

  it('pauses itself when devices read back another value, and leaves the rest untouched', async () => {
    await lab.seed(12)
    const id = await lab.draft({
      waves: [
        { size: 6, soakSeconds: 0 },
        { percent: 100, soakSeconds: 0 },
      ],
    })
    for (const endpoint of all(12)) lab.scripts.set(endpoint, diverging)
    await lab.act(id, 'start')
    await lab.tick(id)
    const wave = await lab.campaigns.tasks(id, { wave: 0, limit: 10 })
    expect(wave).toHaveLength(6)
    // two of the wave sleep: what waits for them is taken back by the pause
    for (const { endpoint } of wave.slice(0, 2)) lab.scripts.set(endpoint, asleep)
    const paused = await lab.run(id)
    expect(paused.status).toMatchObject({ state: 'paused', pausedBy: 'gate' })
    expect(explainCampaign(paused.status, lab.now)).toBe(
      'Paused by its error gate: 4 of 4 read back another value (100 % ≥ 20 %)',
    )
    expect(paused.counts.waves.map(({ tasks }) => tasks)).toEqual([{ failed: 4, queued: 2 }, { eligible: 6 }])
    expect(await lab.operationCounts()).toEqual({
      'write succeeded': 4,
      'read succeeded': 4,
      'write cancelled': 2,
    })
    const task = (await lab.campaigns.tasks(id, { state: 'failed', limit: 1 }))[0]
    expect(task?.status).toMatchObject({
      code: 'read-back-differs',
      differences: [{ path: '/1/0/3', expected: 3_600, found: 60 }],
    })
    const { rows } = await database.pool.query(
      `SELECT count(*)::int AS count FROM device WHERE organisation_id = $1 AND marks @> '[{"code":"diverged","paths":["/1/0/3"]}]'`,
      [lab.organisationId],
    )
    expect(rows[0].count).toBe(4)
  })

  it('goes on after a pause by a person who gives a reason, and offers what it had taken back', async () => {
    await lab.seed(4)
    const id = await lab.draft()
    for (const endpoint of all(4)) lab.scripts.set(endpoint, asleep)
    await lab.act(id, 'start')
    await lab.run(id)
    await lab.act(id, 'pause', 'storm')
    expect((await lab.campaign(id)).counts.total).toEqual({ queued: 4 })
    expect(await lab.operationCounts()).toEqual({ 'write cancelled': 4 })
    await expect(lab.act(id, 'resume', ' ')).rejects.toMatchObject({ code: 'invalid-request' })
    lab.scripts.clear()
    await lab.act(id, 'resume', 'storm is over')
    const soaking = await lab.run(id)
    expect(soaking.counts.total).toEqual({ verified: 4 })
    expect(await lab.operationCounts()).toEqual({
      'write cancelled': 4,
      'write succeeded': 4,
      'read succeeded': 4,
    })
    expect(await lab.audit(id)).toContainEqual({
      action: 'campaign.resume',
      actor: 'Ada',
      via: 'console',
      reason: 'storm is over',
    })
  })

  it('that is aborted offers nothing more, takes back what waits and follows what was sent', async () => {
    await lab.seed(12)
    const id = await lab.draft()
    await lab.act(id, 'start')
    await lab.tick(id)
    const [first, second] = await lab.campaigns.tasks(id, { wave: 0, limit: 10 })
    // one write has left already
    const sent = first?.status.operationId ?? ''
    await lab.operations.apply(sent, { type: 'dispatch', answerBy: lab.now + 60_000 }, lab.now)
    const aborted = await lab.act(id, 'abort', 'wrong value')
    expect(aborted.campaign.status.state).toBe('completing')
    expect((await lab.campaign(id)).counts.total).toEqual({ applying: 1, cancelled: 3, skipped: 8 })
    expect(second?.status.state).toBe('offered')
    await lab.operations.apply(sent, { type: 'answered', code: '2.04' }, lab.now)
    const over = await lab.run(id)
    expect(over.status.state).toBe('aborted')
    expect(over.counts.total).toEqual({ failed: 1, cancelled: 3, skipped: 8 })
    await expect(lab.act(id, 'abort')).rejects.toMatchObject({ code: 'conflict' })
    await expect(lab.act(id, 'start')).rejects.toMatchObject({ code: 'conflict' })
  })

  it('of another organisation does not exist', async () => {
    const id = await lab.draft()
    const other = new CampaignLab(database)
    await expect(other.act(id, 'start')).rejects.toMatchObject({ code: 'not-found' })
    await expect(other.campaign(id)).rejects.toMatchObject({ code: 'not-found' })
  })
})

describe('silence', () => {
  const waves = [{ percent: 100, soakSeconds: 0 }]
  it('is failure once the agreed contacts are missed, and a device that is heard again goes on', async () => {
    await lab.seed(4)
    const id = await lab.draft({
      waves,
      silence: { missed: 3, grace: 60 },
      error: { threshold: 90, minSample: 4 },
    })
    for (const endpoint of all(4)) lab.scripts.set(endpoint, asleep)
    await lab.act(id, 'start')
    await lab.run(id)
    // 3 contacts of 10 minutes and a minute, less a second
    lab.now += 31 * 60_000 - 10_000
    await lab.heard(all(3))
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).toEqual({ offered: 4 })
    lab.now += 10_000
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).toEqual({ offered: 3, silent: 1 })
    expect(await lab.operationCounts()).toEqual({ 'write queued': 3, 'write cancelled': 1 })
    await lab.heard()
    lab.scripts.clear()
    const over = await lab.run(id)
    expect(over.counts.total).toEqual({ verified: 4 })
    expect(over.status.state).toBe('finished')
  })

  it('is not counted while nobody of ours listened', async () => {
    await lab.seed(4)
    const id = await lab.draft({ waves })
    for (const endpoint of all(4)) lab.scripts.set(endpoint, asleep)
    await lab.act(id, 'start')
    await lab.run(id)
    const from = lab.now
    const moment = (minutes: number) => new Date(from + minutes * 60_000)
    await database.pool.query('UPDATE listening SET last_seen_at = $2 WHERE organisation_id = $1', [
      lab.organisationId,
      moment(1),
    ])
    lab.now = from + 48 * 3_600_000
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).not.toHaveProperty('silent')
    await database.pool.query(
      'INSERT INTO listening (organisation_id, started_at, last_seen_at) VALUES ($1, $2, $3)',
      [lab.organisationId, moment(48 * 60), moment(49 * 60)],
    )
    lab.now = from + 48 * 3_600_000 + 36 * 60_000
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).toHaveProperty('silent', 4)
  })
})

describe('an audience', () => {
  it('is drawn with everybody who is left out and why, and is frozen', async () => {
    await lab.seed(5)
    await lab.seed(2, { prefix: 'gone', registration: 'deregistered' })
    await lab.seed(3, { prefix: 'bare', links: '</3/0>' })
    const id = await lab.draft({ waves: [{ size: 4, soakSeconds: 0 }] })
    await lab.act(id, 'start')
    await lab.tick(id)
    await lab.seed(4, { prefix: 'late' })
    const { counts, status } = await lab.campaign(id)
    expect(status.members).toBe(4)
    expect(counts.excluded).toEqual([
      { code: 'not-offered', count: 3 },
      { code: 'deregistered', count: 2 },
      { code: 'beyond-waves', count: 1 },
    ])
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).toEqual({ offered: 4, excluded: 6 })
  })

  it('leaves out devices of another campaign under way that writes the same, also when both start at once', async () => {
    await lab.seed(6)
    const waves = [{ percent: 100, soakSeconds: 0 }]
    const ids = [
      await lab.draft({ waves }),
      await lab.draft({ waves }),
      await lab.draft({ waves, write: [{ path: '/1/0/2', value: 5 }] }),
    ]
    for (const id of ids) await lab.act(id, 'start')
    await Promise.all(ids.slice(0, 2).map((id) => lab.tick(id)))
    await lab.tick(ids[2] ?? '')
    const drawn = await Promise.all(ids.map((id) => lab.campaign(id)))
    expect(drawn.map(({ status }) => status.state).sort()).toEqual(['draft', 'running', 'running'])
    const empty = drawn.find(({ status }) => status.state === 'draft')
    expect(empty?.counts.excluded).toEqual([{ code: 'in-another-campaign', count: 6 }])
    expect(drawn[2]?.counts.total).toEqual({ offered: 6 })
    const preview = await lab.campaigns.exclusions(lab.organisationId, { terms: [] }, ['/1/0/3'], lab.now)
    expect(preview).toEqual([{ code: 'in-another-campaign', count: 6 }])
  })

  it('that cannot be read or selects nobody brings the campaign back to draft', async () => {
    const id = await lab.draft({ audience: 'battery:full' })
    await lab.act(id, 'start')
    await lab.tick(id)
    expect((await lab.campaign(id)).status).toMatchObject({ state: 'draft', cause: { code: 'audience' } })
    const empty = await lab.draft({ audience: 'model:none' })
    await lab.act(empty, 'start')
    await lab.tick(empty)
    expect((await lab.campaign(empty)).status).toMatchObject({ state: 'draft', cause: { code: 'nobody' } })
  })

  it('of thousands of devices is drawn, released and offered in chunks', async () => {
    await lab.seed(5_000)
    const id = await lab.draft({ waves: [{ percent: 100, soakSeconds: 0 }] })
    await lab.act(id, 'start')
    const began = performance.now()
    const carried = await lab.campaigns.tick(id, lab.now)
    const drawn = performance.now()
    expect(carried?.offers).toBe(5_000)
    let chunks = 0
    for (; (await lab.campaigns.offer(id, lab.now)).offered > 0; chunks += 1);
    const offered = performance.now()
    expect(chunks).toBe(10)
    expect(await lab.operationCounts()).toEqual({ 'write queued': 5_000 })
    process.stdout.write(
      `${JSON.stringify({ devices: 5_000, drawMs: Math.round(drawn - began), offerMs: Math.round(offered - drawn) })}\n`,
    )
  })
})

describe('a crash', () => {
  it('between commit and telling anybody is made good by the next look', async () => {
    await lab.seed(4)
    const id = await lab.draft()
    await lab.act(id, 'start')
    // what follows is done by processes that die right after their commit: nothing of theirs is published
    await lab.campaigns.tick(id, lab.now)
    await lab.campaigns.offer(id, lab.now)
    await lab.deliver()
    await new CampaignLab(database).campaigns.tick(id, lab.now)
    await lab.deliver()
    expect((await lab.campaign(id)).counts.total).toEqual({ verifying: 4 })
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.total).toEqual({ verified: 4 })
    expect(await lab.operationCounts()).toEqual({ 'write succeeded': 4, 'read succeeded': 4 })
  })

  it('in the middle of a chunk of offers leaves neither operations nor tasks that believe in them', async () => {
    await lab.seed(4)
    const id = await lab.draft()
    await lab.act(id, 'start')
    await lab.campaigns.tick(id, lab.now)
    // the database fails after the operations are written and before the tasks are
    await database.pool.query(
      `CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''power cut''; END';
       CREATE TRIGGER fail BEFORE UPDATE ON task FOR EACH ROW WHEN (new.state = 'offered') EXECUTE FUNCTION fail()`,
    )
    await expect(lab.campaigns.offer(id, lab.now)).rejects.toThrow('power cut')
    await database.pool.query('DROP TRIGGER fail ON task; DROP FUNCTION fail()')
    expect(await lab.operationCounts()).toEqual({})
    expect((await lab.campaign(id)).counts.waves[0]?.tasks).toEqual({ queued: 4 })
    await lab.tick(id)
    expect(await lab.operationCounts()).toEqual({ 'write queued': 4 })
  })

  it('of the process that had sent a write ends in a read-back, not in a second write', async () => {
    await lab.seed(1)
    const id = await lab.draft({ waves: [{ percent: 100, soakSeconds: 0 }] })
    await lab.act(id, 'start')
    await lab.tick(id)
    const [task] = await lab.campaigns.tasks(id, { limit: 1 })
    const operationId = task?.status.operationId ?? ''
    await lab.operations.apply(operationId, { type: 'dispatch', answerBy: lab.now + 60_000 }, lab.now)
    await lab.operations.apply(operationId, { type: 'recovered' }, lab.now)
    const over = await lab.run(id)
    expect(over.counts.total).toEqual({ failed: 1 })
    expect(await lab.operationCounts()).toEqual({ 'write unknown': 1, 'read succeeded': 1 })
  })
})

describe('two workers at once', () => {
  it('never make an operation twice', async () => {
    await lab.seed(1_200)
    const id = await lab.draft({ waves: [{ percent: 100, soakSeconds: 0 }] })
    await lab.act(id, 'start')
    const one = () => lab.campaigns.tick(id, lab.now)
    await Promise.all([one(), one(), one()])
    const offers = () => lab.campaigns.offer(id, lab.now)
    const offered = await Promise.all([offers(), offers(), offers(), offers(), offers(), offers()])
    expect(offered.reduce((sum, chunk) => sum + chunk.offered, 0)).toBe(1_200)
    expect(await lab.operationCounts()).toEqual({ 'write queued': 1_200 })
    await database.pool.query(
      "UPDATE operation SET state = 'succeeded', code = '2.04', finished_at = $2 WHERE organisation_id = $1",
      [lab.organisationId, new Date(lab.now)],
    )
    await Promise.all([one(), one(), one()])
    expect(await lab.operationCounts()).toEqual({ 'write succeeded': 1_200, 'read queued': 1_200 })
  })
})

describe('a device that leaves the fleet', () => {
  it('is skipped and moves no denominator', async () => {
    await lab.seed(6)
    const id = await lab.draft()
    await lab.act(id, 'start')
    await lab.tick(id)
    const [first] = await lab.campaigns.tasks(id, { wave: 0, limit: 1 })
    const [last] = await lab.campaigns.tasks(id, { wave: 1, limit: 1 })
    await database.pool.query('DELETE FROM device WHERE id = ANY($1)', [[first?.deviceId, last?.deviceId]])
    await lab.run(id)
    lab.now += 60_000
    const over = await lab.run(id)
    expect(over.status.state).toBe('finished')
    expect(over.counts.total).toEqual({ verified: 4, skipped: 2 })
  })
})
