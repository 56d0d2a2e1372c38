import { badPayload } from '../errors.js'

/** Times below this, in seconds, are relative to now. @see RFC 8428 §4.5.3 */
export const RELATIVE_BELOW = 2 ** 28
/** What a Date can hold, in milliseconds. */
const MAX_TIME = 8.64e15

/** Epoch milliseconds of a time in seconds, absolute or relative to `now` (epoch milliseconds). 4.00 when no Date can hold it. */
export function resolveTime(seconds: number, now: number, relative = seconds < RELATIVE_BELOW): number {
  const time = Math.round(relative ? now + seconds * 1000 : seconds * 1000)
  if (!(Math.abs(time) <= MAX_TIME)) throw badPayload(`time ${seconds} is out of range`)
  return time
}
