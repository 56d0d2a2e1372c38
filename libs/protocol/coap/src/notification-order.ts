import { isNewer } from './observe.js'
import type { LatestNotification, LatestNotifications } from './port.js'

/** The place of one notification in the order of its observation. */
export interface Place {
  readonly token: Uint8Array
  readonly observe: number
  /** What was the latest before; undefined if it is the first. */
  readonly before: LatestNotification | undefined
}

/** Which notification of an observation is the latest, so that an older one that was overtaken is known as such (RFC 7641 §3.4). */
export class NotificationOrder {
  #latest: LatestNotifications

  constructor(latest: LatestNotifications) {
    this.#latest = latest
  }

  /** Keeps the latest notifications there from now on. */
  keepIn(latest: LatestNotifications): void {
    this.#latest = latest
  }

  /**
   * Takes note of a notification. Undefined if it is older than the latest. One with the same value as the latest is not older: it repeats
   * what is shown, or comes from a device that does not count.
   */
  admit(token: Uint8Array, observe: number, nowMs: number): Place | undefined {
    const before = this.#latest.latest(token)
    if (before && observe !== before.observe && !isNewer(before.observe, before.atMs, observe, nowMs))
      return undefined
    this.#latest.remember(token, observe, nowMs)
    return { token, observe, before }
  }

  /** Whether nothing newer has been admitted since. */
  isLatest({ token, observe }: Place): boolean {
    const latest = this.#latest.latest(token)
    return latest === undefined || latest.observe === observe
  }

  /** Takes a note back: the notification could not be handled and will be sent again. */
  withdraw({ token, observe, before }: Place): void {
    if (this.#latest.latest(token)?.observe !== observe) return
    if (before) this.#latest.remember(token, before.observe, before.atMs)
    else this.#latest.forget(token)
  }

  /** The observation is over. */
  forget(token: Uint8Array): void {
    this.#latest.forget(token)
  }
}
