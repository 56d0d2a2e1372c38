import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  extendForDowntime,
  health,
  maxIntervals,
  nextPresenceChange,
  onContact,
  presence,
  type ContactState,
  type HealthFacts,
} from './index.js'

const settings = { queueMode: true, awakeWindowSeconds: 20, modelDefaultCadenceSeconds: 3_600 }
const hour = 3_600_000
const start = Date.UTC(2025, 10, 3, 2, 0)

function contacts(times: readonly number[], with_ = settings): ContactState {
  let state: ContactState | undefined
  for (const at of times) state = onContact(state, at, with_)
  return state as ContactState
}
const every = (ms: number, count: number, from = start) =>
  Array.from({ length: count }, (_none, i) => from + i * ms)

describe('expected contact', () => {
  it('is the default of the model until five contacts', () => {
    expect(contacts(every(60_000, 4)).cadenceSeconds).toBe(3_600)
    expect(contacts(every(60_000, 5)).cadenceSeconds).toBe(60)
  })
  it('is learned as median, with the usual deviation as grace', () => {
    const times = [0, 24, 48, 72.5, 96, 120, 143.5].map((hours) => start + hours * hour)
    const state = contacts(times)
    expect(state.cadenceSeconds).toBe(24 * 3_600)
    expect(state.expectedAt).toBe((times.at(-1) as number) + 24 * hour)
    expect(state.lateAt).toBeGreaterThan(state.expectedAt)
    expect(state.silentAt).toBe((times.at(-1) as number) + 72 * hour + state.graceSeconds * 1_000)
  })
  it('counts the messages of one awake window once', () => {
    const times = every(300_000, 6).flatMap((at) => [at, at + 1_500, at + 9_000, at + 15_000])
    const state = contacts(times)
    expect(state.cadenceSeconds).toBe(300)
    expect(state.expectedAt).toBe(start + 6 * 300_000)
    expect(state.awakeUntil).toBe((times.at(-1) as number) + 20_000)
  })
  it('is kept by a device that is still talking when it falls due: nobody is late who was heard a moment ago', () => {
    let state = contacts(every(60_000, 6))
    for (let at = start + 308_000; at < start + 900_000; at += 8_000) {
      state = onContact(state, at, settings)
      expect(state.lateAt).toBeGreaterThan(at)
    }
    expect(state.cadenceSeconds).toBeLessThan(70)
  })
  it('does not take one outage for a new rhythm', () => {
    const state = contacts([...every(60_000, 10), ...every(60_000, 3, start + 24 * hour)])
    expect(state.cadenceSeconds).toBe(60)
    expect(state.graceSeconds).toBeLessThanOrEqual(60)
  })
  it('follows a changed rhythm after two contacts of it', () => {
    const before = every(60_000, 10)
    const state = contacts([...before, ...every(hour, 6, (before.at(-1) as number) + hour)])
    expect(state.cadenceSeconds).toBe(3_600)
  })
  it('gives a device that never pauses a cadence all the same', () => {
    expect(contacts(every(5_000, 400)).intervals.length).toBeGreaterThan(5)
  })
  it('remembers a bounded number of intervals and keeps its promises in order, whatever the clock does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -100_000, max: 10_000_000 }), { minLength: 1, maxLength: 80 }),
        (steps) => {
          let now = start
          const times = steps.map((step) => (now += step))
          const state = contacts(times)
          expect(state.intervals.length).toBeLessThanOrEqual(maxIntervals)
          expect(state.cadenceSeconds).toBeGreaterThan(0)
          expect(state.lateAt).toBeGreaterThan(state.expectedAt)
          expect(state.silentAt).toBeGreaterThanOrEqual(state.lateAt)
          expect(state.lastContactAt).toBeGreaterThanOrEqual(state.windowStartedAt)
        },
      ),
    )
  })
  it('that fell due while nobody listened is given one cadence from now', () => {
    const state = contacts(every(60_000, 6))
    const stopped = state.lastContactAt + 10_000
    const now = stopped + hour
    const after = extendForDowntime(state, stopped, now)
    expect(after.expectedAt).toBe(now + 60_000)
    expect(after.lateAt).toBeGreaterThan(after.expectedAt)
    expect(after.silentAt).toBeGreaterThanOrEqual(after.lateAt)
  })
  it('is left alone by a short absence of ours in which nothing fell due', () => {
    const state = contacts(every(hour, 6))
    expect(extendForDowntime(state, state.lastContactAt + 1_000, state.lastContactAt + 4_000)).toEqual(state)
  })
  it('that was missed before we went away stays missed', () => {
    const state = contacts(every(60_000, 6))
    const silent = extendForDowntime(state, state.silentAt + 1, state.silentAt + 5_000)
    expect(silent).toEqual(state)
    const late = extendForDowntime(state, state.lateAt + 1, state.lateAt + 5_000)
    expect(late.lateAt).toBe(state.lateAt)
  })
})

const facts = (change: Partial<HealthFacts> = {}, state = contacts(every(hour, 6))): HealthFacts => ({
  registration: 'registered',
  queueMode: true,
  ...state,
  registrationValidUntil: start + 48 * hour,
  lifetimeSeconds: 86_400,
  cadenceLearned: true,
  marks: [],
  ...change,
})

describe('presence', () => {
  const state = contacts(every(hour, 6))
  it('goes from awake to sleeping, late and silent, each at its own time', () => {
    const last = state.lastContactAt
    expect(presence(facts(), last)).toBe('awake')
    expect(presence(facts(), last + 20_000)).toBe('sleeping')
    expect(presence(facts(), state.lateAt - 1)).toBe('sleeping')
    expect(presence(facts(), state.lateAt)).toBe('late')
    expect(presence(facts(), state.silentAt)).toBe('silent')
    expect(nextPresenceChange(facts(), last)).toBe(last + 20_000)
    expect(nextPresenceChange(facts(), state.silentAt)).toBeNull()
  })
  it('of a device without Queue Mode is awake until late', () => {
    const always = facts({ queueMode: false, awakeUntil: null })
    expect(presence(always, state.lateAt - 1)).toBe('awake')
    expect(presence(always, state.lateAt)).toBe('late')
  })
  it('is nothing for a device that never came or has left', () => {
    for (const registration of ['provisioned', 'bootstrapping', 'deregistered'] as const)
      expect(presence(facts({ registration }), start + 99 * hour)).toBeNull()
  })
})

describe('health', () => {
  const state = contacts(every(hour, 6))
  it('of a sleeping meter is ok and has no reasons', () => {
    expect(health(facts(), state.lateAt - 1)).toEqual({ state: 'ok', reasons: [] })
  })
  it('says how late a device is and when it was expected, on the clock of the site', () => {
    const now = state.expectedAt + 124 * 60_000
    expect(health(facts({ silentAt: now + 1 }), now).reasons[0]?.text).toBe(
      'Late 2 h 4 min: expected 08:00 UTC',
    )
    expect(health(facts({ silentAt: now + 1, timeZone: 'Europe/Berlin' }), now).reasons[0]?.text).toBe(
      'Late 2 h 4 min: expected 09:00 CET',
    )
    expect(health(facts({ silentAt: now + 1, timeZone: 'Nowhere/Else' }), now).reasons[0]?.text).toContain(
      'UTC',
    )
    expect(health(facts({ silentAt: now + 1 }), now).state).toBe('attention')
  })
  it('fails for silence and for a lapsed registration', () => {
    expect(health(facts(), state.silentAt).state).toBe('failing')
    const lapsed = health(facts({ registration: 'expired' }), start + 49 * hour)
    expect(lapsed.state).toBe('failing')
    expect(lapsed.reasons.map((reason) => reason.code)).toEqual(['silent', 'lapsed'])
  })
  it('names both addresses of a name claimed twice', () => {
    const marks = [{ code: 'name-conflict' as const, since: start, addresses: ['10.0.0.1:5', '10.0.0.2:5'] }]
    expect(health(facts({ marks }), state.lastContactAt)).toEqual({
      state: 'attention',
      reasons: [
        {
          code: 'name-conflict',
          text: 'Two addresses claim this name: 10.0.0.1:5 and 10.0.0.2:5',
          since: new Date(start).toISOString(),
        },
      ],
    })
  })
  it('minds a low battery', () => {
    expect(health(facts({ batteryPercent: 14 }), state.lastContactAt).reasons[0]?.text).toBe('Battery 14 %')
    expect(health(facts({ batteryPercent: 15 }), state.lastContactAt).state).toBe('ok')
  })
  it('notes a lifetime shorter than two contacts without calling the device unwell, and only once the cadence is known', () => {
    const short = { lifetimeSeconds: 7_199 }
    const found = health(facts(short), state.lastContactAt)
    expect(found.state).toBe('ok')
    expect(found.reasons.map((reason) => reason.code)).toEqual(['lifetime-short'])
    expect(health(facts({ ...short, cadenceLearned: false }), state.lastContactAt).reasons).toEqual([])
    expect(health(facts({ lifetimeSeconds: 7_200 }), state.lastContactAt).reasons).toEqual([])
  })
})
