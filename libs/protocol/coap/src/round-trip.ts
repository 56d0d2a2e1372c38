import type { TransmissionProfile } from './profile.js'

/**
 * What was learned about the round trips to one peer. Times in milliseconds, `0` where nothing is known. The estimator of RFC 6298 twice
 * over, as CoCoA does (draft-ietf-core-cocoa §4.2): once for exchanges without a retransmission (strong), once for those where it is not
 * known which transmission was answered (weak).
 */
export interface RoundTrip {
  strong: number
  strongVariation: number
  weak: number
  weakVariation: number
  /** The retransmission timeout; 0 if nothing was learned. */
  timeout: number
  /** When it was learned, epoch milliseconds. */
  learnedAt: number
}

/** Weights of deviation in the timeout: an ambiguous sample is too long already. */
const strongDeviations = 4
const weakDeviations = 1
/** More retransmissions than this, and a sample says nothing. */
const maxRetransmissions = 2
/** RFC 6298 §2.5: an upper bound is allowed from 60 s on. */
const maxTimeoutMs = 60_000
/** What was learned loses half of what it is above the profile whenever it was not confirmed for this many times its length. */
const agePeriods = 4

/** Takes a sample: `elapsedMs` from the first transmission to the acknowledgement, after `retransmissions`. */
export function learn(
  trip: RoundTrip,
  elapsedMs: number,
  retransmissions: number,
  profile: TransmissionProfile,
  nowMs: number,
): void {
  if (elapsedMs < 0 || retransmissions > maxRetransmissions) return
  const before = timeoutOf(trip, profile, nowMs)
  let estimate: number
  let weight: number
  if (retransmissions === 0) {
    const first = trip.strong === 0
    trip.strongVariation = varied(trip.strong, trip.strongVariation, elapsedMs)
    trip.strong = first ? elapsedMs : smoothed(trip.strong, elapsedMs)
    estimate = trip.strong + strongDeviations * trip.strongVariation
    weight = 0.5
  } else {
    const first = trip.weak === 0
    trip.weakVariation = varied(trip.weak, trip.weakVariation, elapsedMs)
    trip.weak = first ? elapsedMs : smoothed(trip.weak, elapsedMs)
    estimate = trip.weak + weakDeviations * trip.weakVariation
    weight = 0.25
  }
  trip.timeout = Math.min(maxTimeoutMs, Math.round(weight * estimate + (1 - weight) * before))
  trip.learnedAt = nowMs
}

/** RTTVAR, from the mean before the sample; half the first sample (RFC 6298 §2.2, §2.3). */
function varied(mean: number, variation: number, sample: number): number {
  return mean === 0 ? Math.round(sample / 2) : Math.round(0.75 * variation + 0.25 * Math.abs(mean - sample))
}

/** SRTT (RFC 6298 §2.3). */
function smoothed(mean: number, sample: number): number {
  return Math.max(1, Math.round(0.875 * mean + 0.125 * sample))
}

/**
 * The retransmission timeout for a peer: what was learned, aged, and never less than ACK_TIMEOUT of the profile. A fast answer proves
 * nothing about the next one in a network where a radio may sleep for seconds.
 */
export function timeoutOf(trip: RoundTrip, profile: TransmissionProfile, nowMs: number): number {
  const least = profile.ackTimeoutMs
  if (trip.timeout <= least) return least
  const periods = Math.floor((nowMs - trip.learnedAt) / (agePeriods * trip.timeout))
  if (periods <= 0) return trip.timeout
  return Math.round(least + (trip.timeout - least) / 2 ** Math.min(periods, 30))
}
