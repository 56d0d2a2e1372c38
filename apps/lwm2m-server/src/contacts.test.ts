import { ManualClock } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import type { Registration } from '@fieldline/lwm2m-server'
import type { ContactUpdate } from '@fieldline/store'
import { Contacts } from './contacts.js'

const device = (deviceId: string, lifetime = 86_400): Registration =>
  ({
    deviceId,
    queueMode: true,
    lifetime,
    binding: 'UQ',
    version: '1.0',
    objectLinks: { text: '</3/0>,</3424/0>' },
  }) as Registration

describe('the contact expected of a newcomer', () => {
  it('is that of its model once most of its model is known, and a share of the lifetime before', () => {
    const clock = new ManualClock(0)
    const ignore = (): void => {}
    const contacts = new Contacts({
      clock,
      assumedCadenceSeconds: 86_400,
      flush: async () => [],
      onRemoved: ignore,
      onFlushed: ignore,
      onFailed: ignore,
    })
    const peers = ['a', 'b', 'c', 'd', 'e'].map((id) => device(id))
    for (let contact = 0; contact < 6; contact++)
      for (const peer of peers) contacts.heard(peer, contact * 600_000)
    expect(contacts.stateOf('a')?.cadenceSeconds).toBe(600)
    contacts.heard(device('newcomer'), 3_600_000)
    expect(contacts.stateOf('newcomer')?.cadenceSeconds).toBe(600)
    contacts.heard(device('other model', 7_200), 3_600_000)
    const other = contacts.stateOf('other model')!
    expect(other.cadenceSeconds).toBe(2_880)
    // late, then silent, then lapsed
    expect(other.lateAt).toBeLessThan(other.silentAt)
    expect(other.silentAt).toBeLessThan(3_600_000 + 7_200_000)
  })
})

describe('contacts that the database does not take', () => {
  it('are written when it is back, the newest of each device', async () => {
    const clock = new ManualClock(0)
    const failures: unknown[] = []
    const written: ContactUpdate[] = []
    let isAway = true
    const contacts = new Contacts({
      clock,
      assumedCadenceSeconds: 3_600,
      flush: async (updates) => {
        if (isAway) throw new Error('away')
        written.push(...updates)
        return []
      },
      onRemoved: () => {},
      onFlushed: () => {},
      onFailed: (error) => failures.push(error),
    })
    const [a, b] = ['a', 'b'].map((id) => ({ ...device(id), peer: { id, address: '192.0.2.1', port: 1 } }))
    contacts.heard(a as Registration, 1_000)
    contacts.heard(b as Registration, 2_000)
    expect(await contacts.drain()).toBe(false)
    expect(failures).toHaveLength(1)
    contacts.heard(a as Registration, 3_000)
    isAway = false
    expect(await contacts.drain()).toBe(true)
    const heard = written.map(({ deviceId, contact }) => [deviceId, contact.lastContactAt])
    expect(Object.fromEntries(heard)).toEqual({ a: 3_000, b: 2_000 })
  })
})
