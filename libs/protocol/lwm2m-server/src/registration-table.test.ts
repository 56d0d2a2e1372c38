import { seededRandom } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { describe, expect, it } from 'vitest'
import { RegistrationTable } from './registration-table.js'
import { memoryInUse, registrationOf } from './registrations.test-support.js'

describe('the table of registrations', () => {
  it('finds each of many by every name, and none that has gone', () => {
    const table = new RegistrationTable(seededRandom(7))
    const named = (i: number): Parameters<typeof registrationOf>[0] => ({
      deviceId: `device-${i}`,
      endpoint: `urn:imei:${String(i).padStart(15, '0')}`,
      location: `location-${i}`,
      peer: { id: `192.0.2.1:${i}`, address: '192.0.2.1', port: i },
    })
    const all = Array.from({ length: 5_000 }, (_, i) => registrationOf(named(i)))
    const rows = all.map((registration) => table.add(registration))
    for (const row of rows.filter((_, i) => i % 3 === 0)) table.remove(row)
    const expected = rows.map((row, i) => (i % 3 === 0 ? -1 : row))
    expect(all.map(({ location }) => table.findLocation(location))).toEqual(expected)
    expect(all.map(({ endpoint }) => table.findEndpoint(endpoint))).toEqual(expected)
    expect(all.map(({ deviceId }) => table.findDevice(deviceId))).toEqual(expected)
    expect(all.map(({ peer }) => table.findClient(peer))).toEqual(expected)
  })

  it('looks through no page of rows in which nothing has ended, and finds who ends earlier than before', () => {
    const table = new RegistrationTable(seededRandom(7))
    const add = (i: number, expiresAt: number): number =>
      table.add(registrationOf({ endpoint: `e${i}`, deviceId: `d${i}`, location: `l${i}`, expiresAt }))
    const [first, second] = [add(1, 5_000), add(2, 9_000)]
    expect(table.due(4_999)).toEqual([])
    expect(table.due(5_000)).toEqual([first])
    table.remove(first)
    const third = add(3, 7_000)
    expect(table.due(6_999)).toEqual([])
    expect(table.due(7_000)).toEqual([third])
    table.remove(third)
    expect(table.due(8_999)).toEqual([])
    expect(table.due(9_000)).toEqual([second])
  })

  it('keeps nothing of what has changed, moved or gone', () => {
    const table = new RegistrationTable(seededRandom(7))
    const odd = (i: number): string => `${i}`.padEnd(60, '-')
    const long = (i: number): string => odd(i).repeat(20)
    const peer = (i: number): Peer => ({ id: odd(i), address: '192.0.2.1', port: 1, identity: odd(-i) })
    const churn = (i: number): void => {
      const fields = { endpoint: odd(i), deviceId: odd(i), location: odd(i), binding: long(i), peer: peer(i) }
      const row = table.add(registrationOf(fields))
      table.change(row, { binding: long(i + 0.5) })
      for (let session = 1; session <= 60; session++) table.move(row, peer(i + session / 64))
      table.move(row, peerOf(`fe80::1%${odd(i).repeat(10)}`, 5683))
      if (i % 2 === 0) table.move(row, { ...peer(i), identity: long(i) })
      table.remove(row)
    }
    for (let i = 0; i < 200; i++) churn(i)
    const before = memoryInUse()
    for (let i = 0; i < 2_000; i++) churn(i)
    expect(memoryInUse() - before).toBeLessThan(2 ** 19)
  })

  it('keeps nothing of a registration that it does not take', () => {
    const table = new RegistrationTable(seededRandom(7))
    expect(() => table.add(registrationOf({ endpoint: 'x'.repeat(1_001) }))).toThrow(RangeError)
    expect([table.size, table.findDevice('device-1')]).toEqual([0, -1])
  })
})
