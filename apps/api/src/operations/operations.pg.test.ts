import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import type { ObjectTree } from '@fieldline/contracts'
import { useApi } from '../api.test-support.js'

const api = useApi()
const operations = '/v1/devices/sleeper/operations'
let deviceId: string

/** A read of the device that has ended. */
async function ended(path: string, state: string, code: string | null, minutesAgo: number, text?: string) {
  const at = new Date(Date.now() - minutesAgo * 60_000)
  await api.database().pool.query(
    `INSERT INTO operation (id, organisation_id, device_id, kind, path, state, code, result, created_by, created_at, finished_at, expires_at)
     VALUES ($1, $2, $3, 'read', $4, $5, $6, $7, 'Test', $8, $8, $8)`,
    [
      randomUUID(),
      api.organisationId,
      deviceId,
      path,
      state,
      code,
      text ? JSON.stringify({ text }) : null,
      at,
    ],
  )
}

beforeAll(async () => {
  const { body } = await api.call('POST', '/v1/devices', { endpoint: 'sleeper' })
  deviceId = body.id as string
  const now = Date.now()
  const contact = {
    lastContactAt: now - 600_000,
    windowStartedAt: now - 600_000,
    intervals: [],
    outlier: null,
    cadenceSeconds: 3_600,
    graceSeconds: 360,
  }
  await api
    .database()
    .pool.query(
      `UPDATE device SET registration = 'registered', contact = $2, expected_at = $3, late_at = $4, silent_at = $5, awake_until = $6 WHERE id = $1`,
      [
        deviceId,
        JSON.stringify(contact),
        new Date(now + 3e6),
        new Date(now + 4e6),
        new Date(now + 9e6),
        new Date(now),
      ],
    )
  await api.database().pool.query(
    `INSERT INTO registration (device_id, organisation_id, location, lwm2m_version, lifetime, binding, queue_mode, address, port, object_links, registered_at, updated_at, expires_at)
     VALUES ($1, $2, $3, '1.1', 86400, 'UQ', true, '192.0.2.1', 5683, '</3/0>,</3306/0>,</33042/0>', $4, $4, $5)`,
    [deviceId, api.organisationId, randomUUID().slice(0, 8), new Date(now), new Date(now + 9e7)],
  )
})

describe('an operation that waits', () => {
  it('tells when its device is expected and how far that may be off, also while it is listed', async () => {
    const { status, body } = await api.call('POST', operations, { kind: 'read', path: '/3/0/0' })
    expect(status).toBe(202)
    expect(body).toMatchObject({ state: 'queued', expectedGraceSeconds: 360 })
    expect(Date.parse(body.expectedAt as string)).toBeGreaterThan(Date.now())
    const { body: list } = await api.call('GET', `${operations}?state=queued`)
    expect(list.items).toMatchObject([{ expectedAt: body.expectedAt, expectedGraceSeconds: 360 }])
    const { body: taken } = await api.call('POST', `/v1/operations/${body.id as string}/cancel`)
    expect(taken).not.toHaveProperty('expectedGraceSeconds')
  })
})

describe('a supply', () => {
  it('is not switched: relays and valves are refused before anything is stored', async () => {
    for (const [path, value] of [
      ['/3306/0/5850', true],
      ['/3306/0/5851', 50],
      ['/3312/0/5850', false],
    ] as const)
      expect(
        await api.call('POST', operations, { kind: 'write', path, value, confirm: 'sleeper' }),
        path,
      ).toMatchObject({ status: 403, body: { code: 'hazard-refused', field: 'path' } })
    expect((await api.call('GET', `${operations}?state=queued`)).body.items).toEqual([])
  })
  it('behind a vendor object without a definition is not switched either: nobody knows what it does', async () => {
    expect(await api.call('POST', operations, { kind: 'execute', path: '/33042/0/1' })).toMatchObject({
      status: 422,
      body: { code: 'unsupported', field: 'path' },
    })
  })
})

describe('the object tree', () => {
  it('says why a resource has no value: what the device answered when it was last read', async () => {
    await ended('/3/0/9', 'succeeded', '2.05', 30)
    await ended('/3/0/9', 'failed', '4.05', 20)
    await ended('/3/0/16', 'expired', null, 20)
    await ended('/3/0/11', 'failed', '4.00', 20, 'Not sent: it fits no more')
    const { body } = await api.call('GET', '/v1/devices/sleeper/objects')
    const tree = body as unknown as ObjectTree
    const reasons = new Map(
      tree.objects.flatMap(({ instances }) =>
        instances.flatMap(({ resources }) => resources.map(({ path, absent }) => [path, absent] as const)),
      ),
    )
    expect(reasons.get('/3/0/9')?.code).toBe('refused')
    expect(reasons.get('/3/0/9')?.text).toMatch(
      /^It refused to be read: 4\.05 Method Not Allowed, .*\d\d:\d\d/,
    )
    for (const path of ['/3/0/16', '/3/0/11']) expect(reasons.get(path)?.code, path).toBe('not-read-yet')
  })
})
