import { formatPath } from '@fieldline/object-model'
import { describe, expect, test } from 'vitest'
import { batteryAt } from './condition.js'
import { registerReadingAt } from './consumption.js'
import { demoFleet } from './fleet.js'
import { history, nextTrueReport } from './history.js'
import type { MeterIdentity, ModelId } from './identity.js'
import { models } from './models/models.js'
import { nextLocalTime, offsetAt } from './places.js'

const day = 86_400_000
const until = Date.UTC(2026, 10, 2)
const from = until - 35 * day
const fleet = demoFleet({ seed: 3, meters: 60 })
const ids = Object.keys(models) as ModelId[]
const one = (model: ModelId): MeterIdentity => fleet.find((meter) => meter.model === model)!

describe('registers', () => {
  test.each(ids)('of %s never fall, hour by hour over two years', (model) => {
    const meter = one(model)
    let before = 0
    for (let at = meter.installedAt - day; at < meter.installedAt + 730 * day; at += 3_600_000) {
      const reading = registerReadingAt(meter, at)
      expect(reading).toBeGreaterThanOrEqual(before)
      before = reading
    }
  })

  test.each(ids)('of %s do not fall within a day, minute by minute', (model) => {
    let before = 0
    for (let at = until; at < until + day; at += 60_000) {
      const reading = registerReadingAt(one(model), at)
      expect(reading).toBeGreaterThanOrEqual(before)
      before = reading
    }
  })

  test('gas is for the winter, water is not for the night', () => {
    const used = (meter: MeterIdentity, start: number, span: number): number =>
      registerReadingAt(meter, start + span) - registerReadingAt(meter, start)
    const gas = one('G4')
    expect(used(gas, Date.UTC(2026, 0, 1), 30 * day)).toBeGreaterThan(
      4 * used(gas, Date.UTC(2026, 6, 1), 30 * day),
    )
    const water = one('TW1')
    const midnight = until - water.site.standardOffset * 60_000
    expect(used(water, midnight + 7 * 3_600_000, 3_600_000)).toBeGreaterThan(
      2 * used(water, midnight + 2 * 3_600_000, 3_600_000),
    )
  })

  test('no battery is so low that it is a finding', () => {
    for (const meter of fleet) expect(batteryAt(meter, until)).toBeGreaterThan(20)
  })
})

describe('history', () => {
  test.each(ids)('of %s is in the order of time, inside its bounds and the same each time', (model) => {
    const reports = [...history(one(model), from, until)]
    expect(reports).toEqual([...history(one(model), from, until)])
    const times = reports.map(({ timeMs }) => timeMs)
    expect([...times].sort((a, b) => a - b)).toEqual(times)
    expect(times[0]).toBeGreaterThanOrEqual(from)
    expect(times.at(-1)).toBeLessThan(until)
  })

  test.each(ids)('of %s ends where the live values begin', (model) => {
    const meter = one(model)
    const last = [...history(meter, from, until)].at(-1)!
    const live = models[model].readings(meter, last.timeMs)
    expect(last.nodes.slice(0, live.length)).toEqual(live)
    const register = live.find(({ path }) => formatPath(path) === models[model].registerPath)!
    expect(Number(register.value)).toBeLessThanOrEqual(
      Number(
        models[model].readings(meter, until).find(({ path }) => path.resourceId === register.path.resourceId)!
          .value,
      ),
    )
  })

  test('of a daily reporter has nearly one report a day', () => {
    for (const model of ['TW1', 'L7', 'G4', 'H2'] as const) {
      const count = [...history(one(model), from, until)].length
      expect(count).toBeGreaterThan(31)
      expect(count).toBeLessThan(37)
    }
  })

  test('of an E3 has a report each hour or quarter of an hour', () => {
    const meters = fleet.filter(({ model }) => model === 'E3')
    const perDay = meters.map((meter) => [...history(meter, from, until)].length / 35)
    for (const count of perDay) expect(Math.min(Math.abs(count - 24), Math.abs(count - 96))).toBeLessThan(6)
  })

  test('of an E3 has gaps of some hours now and then', () => {
    const meters = fleet.filter(({ model }) => model === 'E3')
    const pauses = meters.flatMap((meter) => {
      const times = [...history(meter, from, until)].map(({ timeMs }) => timeMs)
      return times.slice(1).map((time, at) => (time - times[at]) / 3_600_000)
    })
    const gaps = pauses.filter((hours) => hours > 1.5)
    expect(gaps.length / (meters.length * 35)).toBeGreaterThan(0.002)
    expect(gaps.length / (meters.length * 35)).toBeLessThan(0.03)
    for (const hours of gaps) expect(hours).toBeGreaterThan(3.9)
  })

  test('battery, radio and cell are said once a day', () => {
    const reports = [...history(one('E3'), from, from + 3 * day)]
    const cells = reports.filter(({ nodes }) => nodes.some(({ path }) => formatPath(path) === '/4/0/8'))
    expect(cells.length).toBeLessThanOrEqual(4)
    expect(cells.length).toBeGreaterThanOrEqual(3)
  })
})

describe('local time', () => {
  test('a heat meter wakes at 09:10 on its site, before and after the clocks change', () => {
    const meter = one('H2')
    for (let at = Date.UTC(2026, 9, 20); at < Date.UTC(2026, 9, 30); at = nextTrueReport(meter, at)) {
      const next = nextTrueReport(meter, at)
      const local = new Date(next + offsetAt(meter.site.timeZone, next) * 60_000)
      expect([local.getUTCHours(), local.getUTCMinutes()]).toEqual([9, 10])
      expect(next - at).toBeLessThanOrEqual(25 * 3_600_000)
    }
  })

  test('the next time of day is after now, also at that very minute', () => {
    const at = nextLocalTime('Europe/Berlin', until, 550)
    expect(nextLocalTime('Europe/Berlin', at, 550) - at).toBe(day)
    expect(nextLocalTime('Europe/Berlin', at - 1, 550)).toBe(at)
  })
})
