import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Bus } from '@fieldline/bus'
import type { Value } from '@fieldline/contracts'
import type { Principal } from '@fieldline/access'
import { parsePath } from '@fieldline/object-model'
import { systemClock } from '@fieldline/process'
import { ValueWriter, defaultOrganisationId, ensureDays, openDatabase, toRow } from '@fieldline/store'
import type { Database, ValueRow } from '@fieldline/store'
import type { Configuration } from '../configuration.js'
import { DevicesController } from './devices.controller.js'

const organisationId = defaultOrganisationId
const endpoint = `paged-${process.pid}-${Date.now()}`
const principal: Principal = { kind: 'key', id: 'k', name: 'Key', organisationId, role: 'viewer' }
const at = Math.floor(Date.now() / 1_000) * 1_000 - 60_000
let database: Database

beforeAll(() => {
  database = openDatabase(process.env.DATABASE_URL ?? '')
})
afterAll(async () => {
  await database.pool.query('DELETE FROM device WHERE endpoint = $1', [endpoint])
  await database.close()
})

it('the history goes on where its page ended, each value once, also among many of one moment', async () => {
  const { rows } = await database.pool.query<{ id: string }>(
    'INSERT INTO device (organisation_id, endpoint) VALUES ($1, $2) RETURNING id',
    [organisationId, endpoint],
  )
  const owner = { organisationId, deviceId: rows[0]?.id ?? '' }
  await ensureDays(database.pool, at, at)
  // one before, seven at once, one after
  const times = [at - 1, ...Array<number>(7).fill(at), at + 1]
  await new ValueWriter(database.pool, systemClock).write(
    times.map((time, i) => {
      const node = { path: parsePath(`/3/0/7/${i}`), type: 'integer', value: i, time } as const
      return toRow(node, owner, 'notify', at) as ValueRow
    }),
  )
  const controller = new DevicesController(database, {} as Bus, { storeKey: 'k'.repeat(43) } as Configuration)
  for (const from of [undefined, new Date(at - 1_000).toISOString()]) {
    const seen: Value[] = []
    let cursor: string | undefined
    for (let pages = 0; pages < 10; pages++) {
      const { items, nextCursor } = await controller.values(
        { params: { endpoint }, query: { limit: 2, from, cursor }, headers: undefined, body: undefined },
        { principal, via: 'api', requestId: 'r', address: '192.0.2.1' },
      )
      seen.push(...items)
      if (nextCursor === null) break
      cursor = nextCursor
    }
    const numbers = seen.map(({ value }) => value)
    expect(numbers).toHaveLength(times.length)
    expect(numbers).toEqual(from === undefined ? [8, 1, 2, 3, 4, 5, 6, 7, 0] : [0, 1, 2, 3, 4, 5, 6, 7, 8])
  }
})
