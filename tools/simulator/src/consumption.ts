import { chance } from './chance.js'
import type { MeterIdentity, MeterKind } from './identity.js'

const hourMs = 3_600_000
const dayMs = 24 * hourMs
/** Registers are counted in days from here: 2015-01-01. */
const epochMs = Date.UTC(2015, 0, 1)

/** How a kind is consumed: a day's amount in its unit, how much winter adds, and the weight of each hour of the day. */
interface Habit {
  readonly daily: readonly [low: number, high: number]
  /** Share by which the coldest day is above the mean. */
  readonly winter: number
  readonly hours: readonly number[]
}

const habits: Readonly<Record<MeterKind, Habit>> = {
  // m3: showers in the morning, washing up in the evening, next to nothing at night.
  water: {
    daily: [0.12, 0.62],
    winter: -0.08,
    hours: [2, 1, 1, 1, 2, 5, 10, 14, 11, 8, 7, 6, 7, 6, 5, 5, 6, 8, 11, 12, 10, 8, 5, 3],
  },
  // m3: heating and hot water.
  gas: {
    daily: [2.2, 7.4],
    winter: 0.82,
    hours: [3, 2, 2, 2, 3, 7, 12, 12, 9, 6, 5, 5, 5, 5, 5, 5, 6, 8, 10, 10, 9, 7, 5, 4],
  },
  // kWh
  electricity: {
    daily: [5.5, 14.5],
    winter: 0.22,
    hours: [4, 3, 3, 3, 3, 4, 6, 8, 8, 7, 7, 7, 9, 8, 7, 7, 8, 11, 14, 14, 12, 10, 7, 5],
  },
  // kWh
  heat: {
    daily: [14, 46],
    winter: 0.86,
    hours: [5, 4, 4, 4, 6, 10, 12, 11, 9, 7, 6, 6, 6, 6, 6, 6, 7, 8, 9, 9, 8, 7, 6, 5],
  },
}

const cumulativeHours = new Map<MeterKind, readonly number[]>(
  Object.entries(habits).map(([kind, { hours }]) => {
    const sum = hours.reduce((total, weight) => total + weight, 0)
    let before = 0
    return [kind as MeterKind, [0, ...hours.map((weight) => (before += weight) / sum)]]
  }),
)

/** Days of mean consumption from the epoch to a whole day; seasons and the ups and downs of single days included. Only ever grows. */
function meanDays(identity: MeterIdentity, day: number): number {
  const { winter } = habits[identity.kind]
  const angle = (2 * Math.PI * (day - 15)) / 365.25
  const season = day + ((winter * 365.25) / (2 * Math.PI)) * Math.sin(angle)
  // A disturbance of a boundary takes from one day what it gives to the next, and never more than the leanest day has.
  const room = 0.35 * (1 - Math.abs(winter))
  return season + room * (chance(identity.seed, 'day', day) - 0.5)
}

/** The share of a day that is over, disturbed in the same way from hour to hour. */
function dayShare(identity: MeterIdentity, day: number, hours: number): number {
  const cumulative = cumulativeHours.get(identity.kind)!
  const at = (hour: number): number => {
    if (hour === 0 || hour === 24) return cumulative[hour]
    const room = Math.min(cumulative[hour] - cumulative[hour - 1], cumulative[hour + 1] - cumulative[hour])
    return cumulative[hour] + 0.8 * room * (chance(identity.seed, 'hour', day * 24 + hour) - 0.5)
  }
  const hour = Math.floor(hours)
  const from = at(hour)
  return from + (at(hour + 1) - from) * (hours - hour)
}

/** What was consumed from the epoch of registers to a moment, in the unit of the kind (m3 or kWh); never falls as time passes. */
function totalAt(identity: MeterIdentity, timeMs: number): number {
  const local = timeMs + identity.site.standardOffset * 60_000 - epochMs
  const day = Math.floor(local / dayMs)
  const from = meanDays(identity, day)
  const share = dayShare(identity, day, (local - day * dayMs) / hourMs)
  const { daily } = habits[identity.kind]
  const mean = daily[0] + (daily[1] - daily[0]) * chance(identity.seed, 'daily')
  return mean * (from + (meanDays(identity, day + 1) - from) * share)
}

/** A reading of the register: m3 for water and gas, kWh for electricity and heat, to three decimals. Never falls as time passes. */
export function registerReadingAt(identity: MeterIdentity, timeMs: number): number {
  const start = 2 + 30 * chance(identity.seed, 'register at installation')
  const used =
    totalAt(identity, Math.max(timeMs, identity.installedAt)) - totalAt(identity, identity.installedAt)
  return Math.floor((start + used) * 1_000) / 1_000
}

/** Mean power or flow over the last quarter of an hour: units of the register per hour. */
export function rateAt(identity: MeterIdentity, timeMs: number): number {
  const span = hourMs / 4
  return (4 * (totalAt(identity, timeMs) - totalAt(identity, timeMs - span))) as number
}
