/** What a server takes on. Everything a peer can make it hold or do is bounded by one of these. */
export interface ServerLimits {
  /** Open sessions; beyond it the one longest unheard of is closed. */
  readonly sessions: number
  /** Handshakes under way; beyond it the oldest of the source with most of them is given up. */
  readonly handshakes: number
  /** ClientHellos answered per source (an address; of IPv6 a /64) and second, on average and at once. Many meters may share an address. */
  readonly hellosPerSecond: number
  readonly helloBurst: number
  /** Records of a session that were not authentic; beyond it the session ends (RFC 9147 §4.5.3 on short tags). */
  readonly failedOpens: number
  /**
   * Bytes that may go to addresses which a session has moved to before they have answered, in so many milliseconds and however often it moves;
   * thrice what came from an address is added for that address.
   */
  readonly unverifiedBytes: number
  readonly unverifiedPeriodMs: number
  /** Sessions that may be resumed, and for how long. */
  readonly resumable: number
  readonly resumableMs: number
  /** How long a cookie secret is in use; a cookie serves one to two periods. */
  readonly cookiePeriodMs: number
}

export const defaultLimits: ServerLimits = {
  sessions: 100_000,
  handshakes: 2_000,
  hellosPerSecond: 200,
  helloBurst: 2_000,
  failedOpens: 65_536,
  unverifiedBytes: 4_096,
  unverifiedPeriodMs: 60_000,
  resumable: 50_000,
  resumableMs: 24 * 3_600_000,
  cookiePeriodMs: 60_000,
}
