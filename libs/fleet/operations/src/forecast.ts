import { presence, type ContactTimes } from '@fieldline/devices'

const minutes = 60_000
const shortestMs = 10 * minutes
const longestMs = 7 * 24 * 60 * minutes

/** What is known of the next contact; moments in ms, null before the first contact. */
export interface ContactForecast extends ContactTimes {
  expectedAt: number | null
  cadenceSeconds?: number
  graceSeconds?: number
}

/** When a request leaves: at `at` (ms), give or take `graceSeconds`, which is absent where nothing has to be waited for. */
interface ExpectedDelivery {
  at: number
  graceSeconds?: number
}

/** The contact a request made now can hope for: now for one that is awake, null for one never heard. */
export function expectedDelivery(device: ContactForecast, now: number): ExpectedDelivery | null {
  if (presence(device, now) === 'awake') return { at: now }
  if (device.expectedAt === null) return null
  const { expectedAt, graceSeconds } = device
  const grace = graceSeconds === undefined ? {} : { graceSeconds }
  if (expectedAt > now) return { at: expectedAt, ...grace }
  // It missed that one: the next of the same rhythm.
  const cadenceMs = Math.max(1, device.cadenceSeconds ?? 3_600) * 1_000
  return { at: expectedAt + Math.ceil((now - expectedAt + 1) / cadenceMs) * cadenceMs, ...grace }
}

/**
 * Default end (ms) of an operation: the second expected contact and the usual deviation, at least 10 minutes and at most 7 days from now. A
 * device never heard gets the 7 days.
 */
export function defaultExpiry(device: ContactForecast, now: number): number {
  if (device.expectedAt === null || device.cadenceSeconds === undefined) return now + longestMs
  const first = Math.max(device.expectedAt, now)
  const second = first + (device.cadenceSeconds + (device.graceSeconds ?? 0)) * 1_000
  return Math.min(Math.max(second, now + shortestMs), now + longestMs)
}
