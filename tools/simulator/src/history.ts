import type { Node } from '@fieldline/object-model'
import { chance, pick, whole } from './chance.js'
import { batteryAt, signalAt } from './condition.js'
import type { MeterIdentity } from './identity.js'
import { models } from './models/models.js'
import { node } from './models/resources.js'
import { nextLocalTime } from './places.js'

/** One report of the past: what a meter said, and when. */
export interface PastReport {
  /** Epoch milliseconds. */
  readonly timeMs: number
  readonly nodes: readonly Node[]
}

const dayMs = 86_400_000
const minuteMs = 60_000
/** Share of days on which the radio failed: a chart shows gaps as gaps. */
const lostDays = 0.01
const lostHours = 4
/** Daily reporters without a time of their own report between midnight and this minute of the night. */
const lastNightMinute = 355

/** Seconds after its time at which a meter comes: it has to find its network first. */
function lateness({ seed }: MeterIdentity, at: number): number {
  return whole(2, 25, seed, 'late', Math.floor(at / minuteMs)) * 1_000
}

/** The minute of its site's day at which a meter that reports daily does so. */
function dailyMinute({ seed }: MeterIdentity, atMinute: number | undefined): number {
  return atMinute ?? whole(5, lastNightMinute, seed, 'minute of night')
}

/** When a meter reports next by its real cadence, after a moment; epoch milliseconds, without the time it takes to find the network. */
export function nextTrueReport(identity: MeterIdentity, afterMs: number): number {
  const { cadence } = models[identity.model]
  if (cadence.every === 'day')
    return nextLocalTime(identity.site.timeZone, afterMs, dailyMinute(identity, cadence.atMinute))
  const period = pick(cadence.minutes, identity.seed, 'period') * minuteMs
  return (Math.floor(afterMs / period) + 1) * period
}

function isLost({ seed, model }: MeterIdentity, at: number): boolean {
  const day = Math.floor(at / dayMs)
  if (chance(seed, 'lost', day) >= lostDays) return false
  if (models[model].cadence.every === 'day') return true
  const from = whole(0, 24 - lostHours, seed, 'lost from', day)
  const hour = (at % dayMs) / 3_600_000
  return hour >= from && hour < from + lostHours
}

/** Battery and radio, which are said once a day. */
function conditionNodes(identity: MeterIdentity, at: number): Node[] {
  return [
    ...(models[identity.model].power === 'battery'
      ? [node('/3/0/9', 'integer', batteryAt(identity, at))]
      : []),
    node('/4/0/2', 'integer', signalAt(identity, at)),
    node('/4/0/8', 'integer', identity.cell),
  ]
}

/**
 * What a meter said between two moments (epoch milliseconds), at its real cadence: TW1, L7 and G4 once a night, H2 at ten past nine, E3 each
 * hour or quarter of an hour. In the order of time, with the gaps of a real radio. The live values of the simulation go on where it ends.
 */
export function* history(identity: MeterIdentity, fromMs: number, untilMs: number): Generator<PastReport> {
  const model = models[identity.model]
  let day = -1
  for (let due = nextTrueReport(identity, fromMs - 1); ; due = nextTrueReport(identity, due)) {
    const timeMs = due + lateness(identity, due)
    if (timeMs >= untilMs) return
    if (timeMs < identity.installedAt || timeMs < fromMs || isLost(identity, due)) continue
    const today = Math.floor(timeMs / dayMs)
    const nodes = model.readings(identity, timeMs)
    yield { timeMs, nodes: today === day ? nodes : [...nodes, ...conditionNodes(identity, timeMs)] }
    day = today
  }
}
