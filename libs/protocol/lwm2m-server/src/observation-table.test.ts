import { parsePath } from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ObservationTable } from './observation-table.js'
import type { ObservedDevices } from './observation-table.js'
import type { Observation } from './ports.js'
import { memoryInUse } from './registrations.test-support.js'

const token = (number: number): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setUint32(4, number)
  return bytes
}
const observation = (number: number, device: number, path: string): Observation => ({
  token: token(number),
  organisationId: 'o',
  deviceId: `d${device}`,
  path: parsePath(path),
  origin: 'plan',
  pmax: 60,
})

/** Devices `d0` to `d{count - 1}` in rows of the same numbers. */
function devices(count: number): ObservedDevices {
  const first = Array.from({ length: count }, () => 0)
  return {
    findDevice: (deviceId) => (Number(deviceId.slice(1)) < count ? Number(deviceId.slice(1)) : -1),
    deviceId: (row) => `d${row}`,
    firstObservation: (row) => first[row],
    setFirstObservation: (row, observation) => void (first[row] = observation),
  }
}

describe('the table of observations', () => {
  it('gives back what it was given, by token and by path', () => {
    const table = new ObservationTable(devices(3))
    const given = observation(1, 1, '/3/0/9')
    table.add(given)
    expect(table.byToken(token(1))).toEqual(given)
    expect(table.find('d1', parsePath('/3/0/9'))).toEqual(given)
    expect(table.find('d1', parsePath('/3/0'))).toBeUndefined()
    expect(table.find('d2', parsePath('/3/0/9'))).toBeUndefined()
    expect(table.byToken(new Uint8Array(3))).toBeUndefined()
    expect(() => table.add({ ...given, token: new Uint8Array(3) })).toThrow(RangeError)
  })

  it('holds what a map of maps would, whatever comes and goes', () => {
    const paths = ['/3/0/9', '/3/0/13', '/4/0/2', '/3424/0/1', '/3424']
    const step = fc.record({
      kind: fc.constantFrom('add', 'add', 'add', 'delete', 'deleteRow'),
      token: fc.integer({ min: 0, max: 40 }),
      device: fc.integer({ min: 0, max: 5 }),
      path: fc.constantFrom(...paths),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300, size: 'max' }), (steps) => {
        const table = new ObservationTable(devices(6))
        let model: Observation[] = []
        for (const { kind, token: number, device, path } of steps) {
          if (kind === 'add') {
            const added = observation(number, device, path)
            const isSame = (other: Observation): boolean =>
              String(other.token) === String(added.token) ||
              (other.deviceId === added.deviceId && JSON.stringify(other.path) === JSON.stringify(added.path))
            model = [...model.filter((other) => !isSame(other)), added]
            table.add(added)
          } else if (kind === 'delete') {
            model = model.filter((other) => String(other.token) !== String(token(number)))
            table.delete(token(number))
          } else {
            model = model.filter(({ deviceId }) => deviceId !== `d${device}`)
            table.deleteRow(device)
          }
        }
        expect(table.size).toBe(model.length)
        for (const expected of model) {
          expect(table.byToken(expected.token)).toEqual(expected)
          expect(table.find(expected.deviceId, expected.path)).toEqual(expected)
        }
        for (let number = 0; number <= 40; number++)
          if (!model.some((other) => String(other.token) === String(token(number))))
            expect(table.byToken(token(number))).toBeUndefined()
      }),
    )
  })

  it('grows', () => {
    const table = new ObservationTable(devices(2_000))
    for (let i = 0; i < 10_000; i++) table.add(observation(i * 2_654_435, i % 2_000, `/3/0/${i % 7}`))
    for (let i = 9_000; i < 10_000; i++) expect(table.byToken(token(i * 2_654_435))?.deviceId).toBeDefined()
  })
})

describe('what observations have in common', () => {
  it('is kept no longer than one of them has it', () => {
    const table = new ObservationTable(devices(1))
    const churn = (from: number, to: number): void => {
      for (let i = from; i < to; i++) table.add(observation(1, 0, `/3424/${i}/1`))
    }
    churn(0, 1_000)
    const before = memoryInUse()
    churn(1_000, 20_000)
    expect(memoryInUse() - before).toBeLessThan(2 ** 19)
    expect(table.byToken(token(1))?.path).toEqual(parsePath('/3424/19999/1'))
  })
})

describe('the order of notifications in the table of observations', () => {
  it('is kept for observations, to a tenth of a second, until they are over', () => {
    const table = new ObservationTable(devices(1))
    table.add(observation(1, 0, '/3/0/9'))
    expect(table.latest(token(1))).toBeUndefined()
    table.remember(token(1), 0, 1_700_000_000_050)
    expect(table.latest(token(1))).toEqual({ observe: 0, atMs: 1_700_000_000_000 })
    table.remember(token(1), 0xffffff, 1_700_000_128_100)
    expect(table.latest(token(1))).toEqual({ observe: 0xffffff, atMs: 1_700_000_128_100 })
    table.forget(token(1))
    expect(table.latest(token(1))).toBeUndefined()
    table.remember(token(1), 5, 1_700_000_128_100)
    table.delete(token(1))
    table.add(observation(1, 0, '/3/0/9'))
    expect(table.latest(token(1))).toBeUndefined()
  })

  it('is not kept for tokens that nobody gave out', () => {
    const table = new ObservationTable(devices(1))
    table.remember(token(1), 5, 0)
    expect(table.latest(token(1))).toBeUndefined()
    expect(table.size).toBe(0)
  })
})

describe('an observation of a device that is not registered', () => {
  it('is over already', () => {
    const table = new ObservationTable(devices(1))
    table.add(observation(1, 1, '/3/0/9'))
    expect(table.byToken(token(1))).toBeUndefined()
    expect(table.find('d1', parsePath('/3/0/9'))).toBeUndefined()
  })
})
