import { durationInWords } from '@fieldline/contracts'
import type { HealthState, Reason } from '@fieldline/contracts'
import { presence, type ContactTimes } from './presence.js'
import { momentInWords } from './moment.js'

/** Battery level in percent below which a device asks for attention. */
export const lowBatteryPercent = 15

/**
 * What a reason does to health. A `note` is a finding: shown, but nobody needs to act on the device.
 * The store computes the same health in SQL from these rows.
 */
export const reasonSeverity = {
  silent: 'failing',
  lapsed: 'failing',
  late: 'attention',
  'name-conflict': 'attention',
  diverged: 'attention',
  'battery-low': 'attention',
  'lifetime-short': 'note',
} as const satisfies Record<string, 'failing' | 'attention' | 'note'>
export type ReasonCode = keyof typeof reasonSeverity

/** Something noticed that stays until it is resolved; stored with the device. Moments in ms. */
export type Mark =
  | { code: 'name-conflict'; since: number; addresses: readonly string[] }
  | { code: 'diverged'; since: number; paths: readonly string[] }

export interface HealthFacts extends ContactTimes {
  expectedAt: number | null
  lastContactAt: number | null
  registrationValidUntil: number | null
  lifetimeSeconds: number | null
  cadenceSeconds?: number
  /** False until the cadence is learned: an assumption is no finding. */
  cadenceLearned: boolean
  batteryPercent?: number
  /** When the battery value was reported. */
  batteryAt?: number
  marks: readonly Mark[]
  timeZone?: string
}

function markInWords(mark: Mark): string {
  if (mark.code === 'name-conflict') return `Two addresses claim this name: ${mark.addresses.join(' and ')}`
  return `Reads back another value than was written: ${mark.paths.join(', ')}`
}

function found(facts: HealthFacts, now: number): { code: ReasonCode; text: string; since: number }[] {
  const all: { code: ReasonCode; text: string; since: number }[] = []
  const standing = presence(facts, now)
  const { expectedAt, lateAt, silentAt, registrationValidUntil, cadenceSeconds, lifetimeSeconds } = facts
  const words = (at: number) => momentInWords(at, now, facts.timeZone)
  if (standing === 'silent' && silentAt !== null) {
    const heard = facts.lastContactAt === null ? '' : `: last heard ${words(facts.lastContactAt)}`
    const age = durationInWords(now - (facts.lastContactAt ?? silentAt))
    all.push({ code: 'silent', text: `Silent ${age}${heard}`, since: silentAt })
  }
  if (standing === 'late' && lateAt !== null && expectedAt !== null) {
    const text = `Late ${durationInWords(now - expectedAt)}: expected ${words(expectedAt)}`
    all.push({ code: 'late', text, since: lateAt })
  }
  if (facts.registration === 'expired' && registrationValidUntil !== null) {
    const text = `Registration lapsed ${durationInWords(now - registrationValidUntil)} ago: it was valid until ${words(registrationValidUntil)}`
    all.push({ code: 'lapsed', text, since: registrationValidUntil })
  }
  for (const mark of facts.marks) all.push({ code: mark.code, text: markInWords(mark), since: mark.since })
  if (facts.batteryPercent !== undefined && facts.batteryPercent < lowBatteryPercent) {
    const since = facts.batteryAt ?? facts.lastContactAt ?? now
    all.push({ code: 'battery-low', text: `Battery ${facts.batteryPercent} %`, since })
  }
  const applies = facts.registration === 'registered' && facts.cadenceLearned && facts.lastContactAt !== null
  if (
    applies &&
    lifetimeSeconds !== null &&
    cadenceSeconds !== undefined &&
    lifetimeSeconds < 2 * cadenceSeconds
  ) {
    const lifetime = durationInWords(lifetimeSeconds * 1_000)
    const text = `Lifetime ${lifetime} is shorter than two contacts (one every ${durationInWords(cadenceSeconds * 1_000)}): one lost message ends the registration`
    all.push({ code: 'lifetime-short', text, since: facts.lastContactAt ?? now })
  }
  return all
}

/** Health at `now` (ms) with its reasons in words, the gravest first. */
export function health(facts: HealthFacts, now: number): { state: HealthState; reasons: Reason[] } {
  const rank = { failing: 0, attention: 1, note: 2 }
  const all = found(facts, now).sort((a, b) => rank[reasonSeverity[a.code]] - rank[reasonSeverity[b.code]])
  const worst = all[0] === undefined ? 'note' : reasonSeverity[all[0].code]
  const reasons = all.map(({ code, text, since }) => ({ code, text, since: new Date(since).toISOString() }))
  return { state: worst === 'note' ? 'ok' : worst, reasons }
}
