import type { Operation } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { operationInWords } from './operation-words'

const now = Date.UTC(2030, 0, 1, 12)
const waiting: Operation = {
  id: '3a6f8f0e-0c52-4d0b-9b8e-1b7a6f6b8a10',
  endpoint: 'm',
  kind: 'read',
  path: '/3/0/0',
  state: 'queued',
  createdAt: new Date(now).toISOString(),
  expiresAt: new Date(now + 86_400_000).toISOString(),
}

describe('a request that waits', () => {
  it('tells when the device is expected, and how far that may be off', () => {
    const expected = { ...waiting, expectedAt: new Date(now + 3_600_000).toISOString() }
    expect(operationInWords(expected, now)).toMatch(/^Waiting, expected \d\d:\d\d \S+$/)
    expect(operationInWords({ ...expected, expectedGraceSeconds: 3_000 }, now)).toMatch(/ ± 50 min$/)
  })

  it('says so where nobody knows', () => {
    expect(operationInWords(waiting, now)).toBe('Waiting for its next contact')
  })
})
