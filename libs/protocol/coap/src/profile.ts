/**
 * How patient we are with a network: the transmission parameters of RFC 7252 §4.8. Times in milliseconds. Everything else is derived.
 */
export interface TransmissionProfile {
  readonly name: string
  /** ACK_TIMEOUT: the shortest time before the first retransmission. */
  readonly ackTimeoutMs: number
  /** ACK_RANDOM_FACTOR, at least 1. */
  readonly ackRandomFactor: number
  /** MAX_RETRANSMIT: retransmissions after the first transmission. */
  readonly maxRetransmit: number
  /** NSTART: outstanding interactions with one peer. */
  readonly nstart: number
  /** MAX_LATENCY: the longest a datagram is expected to be under way; default 100 s (RFC 7252 §4.8.2). */
  readonly maxLatencyMs?: number
}

function maxLatency({ maxLatencyMs = usualMaxLatencyMs }: TransmissionProfile): number {
  return maxLatencyMs
}

/** MAX_LATENCY of RFC 7252 §4.8.2. */
const usualMaxLatencyMs = 100_000

/**
 * The profiles by name. `wired` has the defaults of RFC 7252. Round trips of 2 to 12 s are normal on NB-IoT, so its first retransmission
 * never comes before 15 s; `nb-iot-deep` is for coverage enhancement levels with many radio repetitions; `stream` is for RFC 8323.
 */
export const profiles = {
  wired: { name: 'wired', ackTimeoutMs: 2_000, ackRandomFactor: 1.5, maxRetransmit: 4, nstart: 1 },
  'lte-m': { name: 'lte-m', ackTimeoutMs: 6_000, ackRandomFactor: 1.5, maxRetransmit: 4, nstart: 1 },
  'nb-iot': { name: 'nb-iot', ackTimeoutMs: 15_000, ackRandomFactor: 1.5, maxRetransmit: 4, nstart: 1 },
  'nb-iot-deep': {
    name: 'nb-iot-deep',
    ackTimeoutMs: 30_000,
    ackRandomFactor: 1.5,
    maxRetransmit: 3,
    nstart: 1,
  },
  // Over TCP nothing is lost or sent twice: only an answer can be waited for. Message IDs are taken again after as long.
  stream: {
    name: 'stream',
    ackTimeoutMs: 90_000,
    ackRandomFactor: 1,
    maxRetransmit: 0,
    nstart: 16,
    maxLatencyMs: 0,
  },
} as const satisfies Record<string, TransmissionProfile>

/** The name of a built-in profile. */
export type ProfileName = keyof typeof profiles

/** MAX_TRANSMIT_SPAN: from the first transmission of a confirmable message to its last retransmission (RFC 7252 §4.8.2). */
export function maxTransmitSpan(profile: TransmissionProfile): number {
  return profile.ackTimeoutMs * (2 ** profile.maxRetransmit - 1) * profile.ackRandomFactor
}

/** MAX_TRANSMIT_WAIT: from the first transmission to giving up on an acknowledgement. */
export function maxTransmitWait(profile: TransmissionProfile): number {
  return profile.ackTimeoutMs * (2 ** (profile.maxRetransmit + 1) - 1) * profile.ackRandomFactor
}

/** PROCESSING_DELAY: what a node may take to turn a confirmable message into an acknowledgement. */
export function processingDelay(profile: TransmissionProfile): number {
  return profile.ackTimeoutMs
}

/** MAX_RTT: the longest round trip. */
export function maxRtt(profile: TransmissionProfile): number {
  return 2 * maxLatency(profile) + processingDelay(profile)
}

/** EXCHANGE_LIFETIME: how long the Message ID of a confirmable message stays taken. */
export function exchangeLifetime(profile: TransmissionProfile): number {
  return maxTransmitSpan(profile) + 2 * maxLatency(profile) + processingDelay(profile)
}

/** NON_LIFETIME: how long the Message ID of a non-confirmable message stays taken. */
export function nonLifetime(profile: TransmissionProfile): number {
  return maxTransmitSpan(profile) + maxLatency(profile)
}

/** How long messages are remembered, computed once for as long as the profile stays the same. */
export class Lifetimes {
  #profile: TransmissionProfile | undefined
  #exchange = 0
  #non = 0

  /** EXCHANGE_LIFETIME of a confirmable message, NON_LIFETIME of another, milliseconds. */
  of(profile: TransmissionProfile, confirmable: boolean): number {
    if (profile !== this.#profile) {
      this.#profile = profile
      this.#exchange = exchangeLifetime(profile)
      this.#non = nonLifetime(profile)
    }
    return confirmable ? this.#exchange : this.#non
  }
}

/**
 * The time before the first retransmission, drawn between `leastMs` (ACK_TIMEOUT, or what was learned of the peer) and that times
 * ACK_RANDOM_FACTOR; `unit` is in [0, 1).
 */
export function initialTimeout(leastMs: number, profile: TransmissionProfile, unit: number): number {
  return leastMs * (1 + unit * (profile.ackRandomFactor - 1))
}
