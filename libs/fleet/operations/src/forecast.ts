import { codeInWords, durationInWords, screenWords } from '@fieldline/contracts'
import type { OperationKind, OperationState } from '@fieldline/contracts'
import { momentInWords, presence, type ContactTimes } from '@fieldline/devices'

const minutes = 60_000
const shortestMs = 10 * minutes
const longestMs = 7 * 24 * 60 * minutes

/** What is known of the next contact; moments in ms, null before the first contact. */
export interface ContactForecast extends ContactTimes {
  expectedAt: number | null
  cadenceSeconds?: number
  graceSeconds?: number
  timeZone?: string
}

/** The contact (ms) a request made now can hope for: now for one that is awake, null for one never heard. */
export function expectedDelivery(device: ContactForecast, now: number): number | null {
  if (presence(device, now) === 'awake') return now
  if (device.expectedAt === null) return null
  const cadenceMs = Math.max(1, device.cadenceSeconds ?? 3_600) * 1_000
  if (device.expectedAt > now) return device.expectedAt
  // It missed that one: the next of the same rhythm.
  return device.expectedAt + Math.ceil((now - device.expectedAt + 1) / cadenceMs) * cadenceMs
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

/** When a waiting request will leave, in words: `Waiting, expected 04:40 ± 50 min`. */
export function forecastInWords(device: ContactForecast, now: number): string {
  const standing = presence(device, now)
  if (standing === 'awake') return 'Sending now'
  const at = expectedDelivery(device, now)
  if (at === null) return 'Waiting for its first contact'
  const spread = device.graceSeconds === undefined ? '' : ` ± ${durationInWords(device.graceSeconds * 1_000)}`
  const waiting = `${screenWords.operation.queued}, expected ${momentInWords(at, now, device.timeZone)}${spread}`
  return standing === 'late' || standing === 'silent' ? `${waiting}; the device is ${standing}` : waiting
}

/** The state of an operation in words, with its forecast or its code. */
export function operationInWords(
  operation: { kind: OperationKind; state: OperationState; code?: string },
  device: ContactForecast,
  now: number,
): string {
  const words = screenWords.operation[operation.state]
  if (operation.state === 'queued') return forecastInWords(device, now)
  if (operation.state === 'failed' && operation.code !== undefined)
    return `${words}: ${codeInWords(operation.code)}`
  if (operation.state === 'unknown')
    return `${words}: it was sent and no answer came; read the effect to find out`
  if (operation.state === 'succeeded' && operation.kind !== 'write' && operation.kind !== 'execute')
    return 'Answered by the device'
  return words
}
