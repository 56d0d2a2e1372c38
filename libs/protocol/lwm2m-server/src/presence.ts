import type { LiveRegistration } from './live-registration.js'
import type { Registration } from './ports.js'

/**
 * How long a Queue Mode client is taken to listen after its last message, in milliseconds. The standard recommends 93 s (MAX_TRANSMIT_WAIT),
 * networks grant 10 to 60 s, and with Release Assistance one answer: what comes later than this waits for the next contact.
 * @see LwM2M Transport 1.2 §6.5
 */
export const defaultAwakeWindowMs = 10_000

/** Whether a request has a chance now. Without Queue Mode a client always listens. */
export function isAwake(registration: Registration, now: number): boolean {
  return !registration.queueMode || now < registration.awakeUntil
}

/** The client was heard: its awake window begins anew. */
export function heard(registration: LiveRegistration, now: number, awakeWindowMs: number): void {
  registration.awakeUntil = now + awakeWindowMs
}

/** The client did not answer: it sleeps, whatever its window said. */
export function fellAsleep(registration: LiveRegistration, now: number): void {
  registration.awakeUntil = now
}
