import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { ManualClock } from '@fieldline/bytes'
import type { Registration } from '@fieldline/lwm2m-server'
import { NameConflicts } from './name-conflicts.js'

it('the mark of a name conflict goes when one of the two was heard alone for two contacts', async () => {
  const clock = new ManualClock(0)
  const done: string[] = []
  const conflicts = new NameConflicts({
    clock,
    devices: {
      setMark: async (_id, { since }) => void done.push(`marked since ${since}`),
      clearMark: async (_id, code) => void done.push(`cleared ${code}`),
    },
    appendTimeline: async (entries) => void done.push(`told ${entries.length}`),
    cadenceMs: () => 600_000,
    onChanged: () => void done.push('shown'),
    onFailed: (error) => void done.push(String(error)),
  })
  const device = { deviceId: 'd', organisationId: 'o' } as Registration
  const both = ['192.0.2.1:1', '192.0.2.2:1'] as const
  conflicts.noticed(device, both)
  await setImmediate()
  expect(done.splice(0)).toEqual(['marked since 0', 'told 1', 'shown'])
  clock.advance(600_000)
  conflicts.noticed(device, [both[1], both[0]]) // the same two, and no news
  clock.advance(1_199_999)
  conflicts.heard(device, clock.now())
  await setImmediate()
  expect(done).toEqual([])
  clock.advance(1)
  conflicts.heard(device, clock.now())
  await setImmediate()
  expect(done.splice(0)).toEqual(['cleared name-conflict', 'shown'])
  conflicts.noticed(device, both)
  await setImmediate()
  expect(done).toEqual(['marked since 1800000', 'told 1', 'shown'])
})
