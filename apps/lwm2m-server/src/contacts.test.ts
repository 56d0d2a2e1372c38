import { ManualClock } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import type { Registration } from '@fieldline/lwm2m-server'
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
    expect(contacts.stateOf('other model')?.cadenceSeconds).toBe(2_880)
  })
})
