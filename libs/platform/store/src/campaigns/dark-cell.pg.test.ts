import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { explainWave } from '@fieldline/campaigns'
import type { Database } from '../database.js'
import { createTestDatabase } from '../test-database.test-support.js'
import { CampaignLab, asleep } from './campaign-lab.test-support.js'

let database: Database
let drop: () => Promise<void>
let lab: CampaignLab
beforeAll(async () => ({ database, drop } = await createTestDatabase()))
afterAll(() => drop())
beforeEach(() => (lab = new CampaignLab(database)))

const minute = 60_000
const move = (cell: string, prefix: string) =>
  database.pool.query("UPDATE device SET cell = $2 WHERE organisation_id = $1 AND endpoint LIKE $3 || '-%'", [
    lab.organisationId,
    cell,
    prefix,
  ])

describe('devices that are silent together with their cell', () => {
  /** Two members and three others in cell 7, all asleep, the campaign released; three missed contacts are silence. */
  const release = async (): Promise<string> => {
    await lab.seed(2, { prefix: 'm' })
    await lab.seed(3, { prefix: 'other' })
    await move('7', 'm')
    await move('7', 'other')
    for (const endpoint of ['m-0001', 'm-0002']) lab.scripts.set(endpoint, asleep)
    const id = await lab.draft({
      audience: 'm-',
      waves: [{ percent: 100, soakSeconds: 0 }],
      silence: { missed: 3, grace: 60 },
      error: { threshold: 50, minSample: 1 },
    })
    await lab.act(id, 'start')
    await lab.run(id)
    return id
  }
  const others = ['other-0001', 'other-0002', 'other-0003']
  /** What the timeline of the first member tells of the campaign. */
  const stories = async (): Promise<string[]> => {
    const { rows } = await database.pool.query<{ text: string }>(
      `SELECT fact->>'text' AS text FROM timeline_entry JOIN device ON device.id = device_id
       WHERE timeline_entry.organisation_id = $1 AND endpoint = 'm-0001' AND kind = 'campaign' ORDER BY timeline_entry.id`,
      [lab.organisationId],
    )
    return rows.map(({ text }) => text)
  }
  const tasks = async (id: string) => (await lab.campaign(id)).counts.total

  it('are not judged, the wave waits and says why; they go on when they are heard', async () => {
    const id = await release()
    for (let round = 0; round < 3; round++) {
      lab.now += 31 * minute
      await lab.tick(id)
      expect(await tasks(id)).toEqual({ offered: 2 })
    }
    const { counts, status } = await lab.campaign(id)
    expect(explainWave(status.waves[0]!, counts.waves[0]!, lab.now)).toMatch(
      /2 of them silent with their cells/,
    )
    expect(await stories()).toEqual([expect.stringMatching(/neither are most others/)])
    await lab.heard()
    await lab.tick(id)
    expect((await lab.campaign(id)).counts.waves[0]).not.toHaveProperty('held')
    lab.scripts.clear()
    expect((await lab.run(id)).counts.total).toEqual({ verified: 2 })
  })

  it('are not judged either when the registrations of the others have lapsed meanwhile', async () => {
    const id = await release()
    await database.pool.query(
      "UPDATE device SET registration = 'expired' WHERE organisation_id = $1 AND endpoint LIKE 'other-%'",
      [lab.organisationId],
    )
    lab.now += 31 * minute
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ offered: 2 })
  })

  it('are silent after three rounds, for no dark lasts for ever', async () => {
    const id = await release()
    for (let round = 0; round < 4; round++) {
      lab.now += 31 * minute
      await lab.tick(id)
    }
    expect(await tasks(id)).toEqual({ silent: 2 })
  })

  it('are silent once the others have been heard for as long again and they have not', async () => {
    const id = await release()
    lab.now += 31 * minute
    await lab.tick(id)
    lab.now += 15 * minute
    await lab.heard(others)
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ offered: 2 })
    lab.now += 10 * minute
    await lab.heard(others)
    lab.now += 6 * minute
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ silent: 2 })
    expect((await lab.campaign(id)).status).toMatchObject({ state: 'paused', pausedBy: 'gate' })
  })

  it('are silent where only another cell is', async () => {
    const id = await release()
    await move('8', 'other')
    lab.now += 31 * minute
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ silent: 2 })
  })

  it('are silent where the others have been dead for long', async () => {
    const id = await release()
    await database.pool.query(
      "UPDATE device SET late_at = $2 WHERE organisation_id = $1 AND endpoint LIKE 'other-%'",
      [lab.organisationId, new Date(lab.now - 300 * 86_400_000)],
    )
    lab.now += 31 * minute
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ silent: 2 })
  })

  it('are silent where those that got it are heard, and only a few that never got it are not', async () => {
    await lab.seed(10)
    await move('7', 'm')
    const dead = ['m-0001', 'm-0002', 'm-0003']
    for (const endpoint of dead) lab.scripts.set(endpoint, asleep)
    const id = await lab.draft({
      waves: [{ percent: 100, soakSeconds: 0 }],
      silence: { missed: 3, grace: 60 },
      error: { threshold: 20, minSample: 3 },
    })
    await lab.act(id, 'start')
    await lab.run(id)
    lab.now += 31 * minute
    await lab.heard(Array.from({ length: 7 }, (_none, index) => `m-${String(index + 4).padStart(4, '0')}`))
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ verified: 7, silent: 3 })
    expect((await lab.campaign(id)).status.state).toBe('paused')
  })
})
