import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readIdentities, writeIdentities } from './identities.js'
import { openJournal } from './journal.js'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'identities-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const states = new Map([
  [
    'urn:imei:1',
    { client: { location: ['rd', 'x'], observations: [], attributes: {} }, contacts: 3, dead: true },
  ],
])

test('what was kept is met again, and no draft is left beside it', () => {
  const file = join(folder, 'fleet.json')
  writeIdentities(file, 4, states)
  expect(readIdentities(file, 4)).toEqual(states)
  expect(readdirSync(folder)).toEqual(['fleet.json'])
})

test('another fleet, a cut file and no file are met as strangers', () => {
  const file = join(folder, 'fleet.json')
  writeIdentities(file, 4, states)
  expect(readIdentities(file, 5).size).toBe(0)
  writeFileSync(file, '{"format":1,"seed":4,"me')
  expect(readIdentities(file, 4).size).toBe(0)
  expect(readIdentities(join(folder, 'none.json'), 4).size).toBe(0)
})

test('the journal has a line for each request and each acknowledgement, and is appended to', () => {
  const file = join(folder, 'journal.jsonl')
  const node = { path: { objectId: 1, instanceId: 0, resourceId: 3 }, type: 'integer', value: 60 } as const
  for (let run = 0; run < 2; run++) {
    const journal = openJournal(file)
    const token = Uint8Array.of(0xab, 1)
    journal.executed('urn:imei:1', { kind: 'write', path: '/1/0/3', code: '2.04', token, nodes: [node] })
    const report = { how: 'notify', path: '/1/0/3', nodes: [node], sentAt: 5, at: 6 } as const
    journal.acknowledged('urn:imei:1', report)
    journal.contacted('urn:imei:1', { how: 'register', path: '/rd/x', sentAt: 5 })
    journal.close()
  }
  const lines = readFileSync(file, 'utf8').trim().split('\n')
  expect(lines).toHaveLength(6)
  expect(lines.map((line) => JSON.parse(line)).slice(3)).toMatchObject([
    { event: 'request', method: 'write', token: 'ab01', values: [{ path: '/1/0/3', value: 60 }] },
    { event: 'acknowledged', how: 'notify', path: '/1/0/3', values: [{ path: '/1/0/3', value: 60 }] },
    { event: 'acknowledged', how: 'register', path: '/rd/x', sentAt: '1970-01-01T00:00:00.005Z' },
  ])
})
