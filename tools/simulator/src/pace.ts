import { chance, whole } from './chance.js'
import { history } from './history.js'
import type { MeterIdentity } from './identity.js'
import type { Pace } from './meter.js'
import { models } from './models/models.js'

const daySeconds = 86_400
const defaultReportSeconds = 60
const demoStartMs = 15_000
const shortestWakeSeconds = 60
const longestWakeSeconds = 300
/** Planted (a): quick wakes, so that the silence shows within minutes, and how many of them there are. */
export const silentCell = { periodMs: 36_000, contacts: 2 }
/** Planted (j): both clients come often enough for the flapping to be seen soon, the second one after the first is settled. */
export const clone = { periodMs: 70_000, startAfterMs: 40_000, key: '#clone', address: '127.0.0.2' }

/** Milliseconds between the wakes of a demo meter, which lives a day in minutes; `reportEvery` (seconds) overrules its own pace. */
function demoPeriodMs(identity: MeterIdentity, reportEvery?: number): number {
  if (identity.planted.includes('a')) return silentCell.periodMs
  if (identity.planted.includes('j')) return clone.periodMs
  return (reportEvery ?? whole(shortestWakeSeconds, longestWakeSeconds, identity.seed, 'wake')) * 1_000
}

/** How often a meter comes and what it says then: in the demonstration at its own pace, under load all alike, each `reportEvery` seconds. */
export function paceOf(
  identity: MeterIdentity,
  { demo, reportEvery }: { readonly demo: boolean; readonly reportEvery?: number },
): Pace {
  const { keepsCadence = false } = models[identity.model]
  if (!demo) {
    const period = reportEvery ?? defaultReportSeconds
    return {
      startAfterMs: 0,
      periodMs: period * 1_000,
      lifetime: Math.max(3_600, period * 12),
      realTimes: false,
      reports: 'one',
    }
  }
  const periodMs = demoPeriodMs(identity, reportEvery)
  return {
    startAfterMs: demoStartMs * chance(identity.seed, 'start'),
    periodMs,
    // Several wakes, so that a meter is late and silent before its registration lapses.
    lifetime: keepsCadence ? 3 * daySeconds : Math.max(900, Math.round((12 * periodMs) / 1_000)),
    realTimes: keepsCadence,
    reports: 'planned',
  }
}

/**
 * The last `count` contacts of a demo meter before `now` (epoch milliseconds, oldest first), as if it had lived at its demo's pace all along:
 * its cadence is known from its first contact on.
 */
export function pastContacts(identity: MeterIdentity, now: number, count: number): number[] {
  if (models[identity.model].keepsCadence) {
    const from = now - (count + 3) * daySeconds * 1_000
    return [...history(identity, from, now)].map(({ timeMs }) => timeMs).slice(-count)
  }
  const periodMs = demoPeriodMs(identity)
  return Array.from({ length: count }, (_, i) => now - (count - i) * periodMs)
}
