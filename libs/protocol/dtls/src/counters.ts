/** What happened since the endpoint was created. Whatever is dropped is counted by the reason. */
export interface DtlsCounters {
  datagramsReceived: number
  datagramsSent: number
  /** Datagrams, or the rest of them, that are no records of DTLS 1.2. */
  noise: number
  /** Records for which there is no session and no handshake. */
  unmatched: number
  /** Protected records that were not authentic. */
  forged: number
  /** Protected records seen before, too old, or without the agreed Connection ID. */
  stale: number
  /** Handshake messages and fragments of epoch 0 that were discarded. */
  discarded: number
  /** HelloVerifyRequests sent. */
  cookiesSent: number
  /** ClientHellos dropped because their source exceeds its rate. */
  rateLimited: number
  /** Fragments of ClientHellos without their first one, whose cookie has to be seen before anything is kept; and hellos that are too long. */
  unreadableHellos: number
  handshakesStarted: number
  handshakesCompleted: number
  /** Completed ones among them that resumed a session. */
  resumptions: number
  handshakesFailed: number
  /** Flights sent again. */
  retransmissions: number
  migrations: number
  /** Messages and alerts not sent: over the limit of an unverified address, or no sequence number may be used. */
  withheld: number
  messagesReceived: number
  messagesSent: number
  sessionsEvicted: number
}

/** Counters at zero. */
export function createCounters(): DtlsCounters {
  return {
    datagramsReceived: 0,
    datagramsSent: 0,
    noise: 0,
    unmatched: 0,
    forged: 0,
    stale: 0,
    discarded: 0,
    cookiesSent: 0,
    rateLimited: 0,
    unreadableHellos: 0,
    handshakesStarted: 0,
    handshakesCompleted: 0,
    resumptions: 0,
    handshakesFailed: 0,
    retransmissions: 0,
    migrations: 0,
    withheld: 0,
    messagesReceived: 0,
    messagesSent: 0,
    sessionsEvicted: 0,
  }
}
