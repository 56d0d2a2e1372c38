import type { CoapResponse } from './message.js'

/** A response to an observation, or any response whose token belongs to no open exchange. */
export interface Notification extends CoapResponse {
  readonly token: Uint8Array
  readonly confirmable: boolean
  /** False if the payload is only the first block: the rest could not be fetched. */
  readonly complete: boolean
  /** A newer one has arrived before it. Only with `stale: 'deliver'`. */
  readonly stale: boolean
}

/** After this long the newer arrival is the newer notification, whatever the counter says; milliseconds (RFC 7641 §3.4). */
const reorderWindowMs = 128_000

/**
 * Whether notification B is newer than notification A, by their 24-bit Observe values and arrival times in milliseconds.
 * @see RFC 7641 §3.4
 */
export function isNewer(observeA: number, timeA: number, observeB: number, timeB: number): boolean {
  if (timeB > timeA + reorderWindowMs) return true
  if (observeA < observeB) return observeB - observeA < 2 ** 23
  return observeA - observeB > 2 ** 23
}
