import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { useApi } from '../api.test-support.js'
import { lastReads } from './last-reads.js'

const api = useApi()
const minute = (n: number): Date => new Date(Date.UTC(2025, 10, 3, 9, n))
let deviceId = ''

interface Read {
  readonly path: string
  readonly state: string
  readonly code: string | null
  readonly at: number
  readonly kind?: string
  readonly text?: string
}

async function keep({ path, state, code, at, kind = 'read', text }: Read): Promise<void> {
  await api.database().pool.query(
    `INSERT INTO operation (id, organisation_id, device_id, kind, path, state, code, result, created_by, expires_at, finished_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'Test', now(), $9)`,
    [
      randomUUID(),
      api.organisationId,
      deviceId,
      kind,
      path,
      state,
      code,
      text === undefined ? null : { text },
      minute(at),
    ],
  )
}

beforeAll(async () => {
  expect((await api.call('POST', '/v1/devices', { endpoint: 'read-often' })).status).toBe(201)
  const { rows } = await api.database().pool.query<{
    id: string
  }>("SELECT id FROM device WHERE organisation_id = $1 AND endpoint = 'read-often'", [api.organisationId])
  deviceId = rows[0]?.id ?? ''
  const reads: Read[] = [
    { path: '/3/0/0', state: 'succeeded', code: '2.05', at: 1 },
    { path: '/3/0/0', state: 'succeeded', code: '2.05', at: 3, kind: 'observe' },
    { path: '/3/0/0', state: 'failed', code: '4.05', at: 2 },
    { path: '/3/0/1', state: 'failed', code: '4.15', at: 5, text: 'unreadable answer: truncated CBOR' },
    { path: '/3/0/1', state: 'failed', code: '4.04', at: 4 },
    { path: '/3/0/2', state: 'failed', code: '4.04', at: 1 },
    { path: '/3/0/2', state: 'failed', code: '4.00', at: 2, text: 'Not sent: no such path' },
    { path: '/3/0/3', state: 'failed', code: '4.00', at: 2, text: 'Not sent: no such path' },
    { path: '/3/0/4', state: 'expired', code: null, at: 2 },
    { path: '/3/0/14', state: 'succeeded', code: '2.04', at: 2, kind: 'write' },
  ]
  for (const read of reads) await keep(read)
})

describe('the last reads of a device', () => {
  it('are the last answer and the last refusal of each path, with what was said; what was never sent tells nothing', async () => {
    const at = (n: number) => minute(n).getTime()
    const read = { kind: 'read', text: undefined }
    expect(await lastReads(api.database(), deviceId)).toEqual([
      { ...read, path: '/3/0/0', succeeded: false, code: '4.05', at: at(2) },
      { ...read, path: '/3/0/0', succeeded: true, kind: 'observe', code: '2.05', at: at(3) },
      {
        ...read,
        path: '/3/0/1',
        succeeded: false,
        code: '4.15',
        text: 'unreadable answer: truncated CBOR',
        at: at(5),
      },
      { ...read, path: '/3/0/2', succeeded: false, code: '4.04', at: at(1) },
    ])
  })
  it('have an index in their order, so that years of reads are not sorted for one page', async () => {
    const { rows } = await api
      .database()
      .pool.query<{ indexdef: string }>(
        "SELECT indexdef FROM pg_indexes WHERE indexname = 'operation_last_read'",
      )
    expect(rows[0]?.indexdef).toMatch(/\(device_id, path, state, finished_at DESC\) WHERE/)
  })
})
