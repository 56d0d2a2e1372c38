import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
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
  const tasks = async (id: string) => (await lab.campaign(id)).counts.total

  it('are not judged, and the wave waits; they go on when they are heard', async () => {
    const id = await release()
    for (let round = 0; round < 4; round++) {
      lab.now += 31 * minute
      await lab.tick(id)
      expect(await tasks(id)).toEqual({ offered: 2 })
      expect((await lab.campaign(id)).status.state).toBe('running')
    }
    await lab.heard()
    lab.scripts.clear()
    expect((await lab.run(id)).counts.total).toEqual({ verified: 2 })
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
    // members to which nothing was sent are neighbours, too: here both have got it
    await database.pool.query(
      `UPDATE task SET engine = engine || '{"touched": true}' WHERE organisation_id = $1`,
      [lab.organisationId],
    )
    lab.now += 31 * minute
    await lab.tick(id)
    expect(await tasks(id)).toEqual({ silent: 2 })
  })
})
