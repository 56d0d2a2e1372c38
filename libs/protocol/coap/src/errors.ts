/**
 * Why a request has no response.
 * - `timeout`: no acknowledgement or no response in time
 * - `reset`: the peer answered RST
 * - `cancelled`: the caller's signal
 * - `closed`: the endpoint was closed, or the session that the peer has to begin anew
 * - `too-large`: the response body exceeds `limits.maxBody`
 * - `overload`: the queue for this peer, or the table of peers, is full
 * - `bad-response`: the peer's response breaks the protocol (unknown critical option, a block out of order)
 */
export type RequestFailure =
  'timeout' | 'reset' | 'cancelled' | 'closed' | 'too-large' | 'overload' | 'bad-response'

/** A request that ended without a response. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  constructor(
    readonly reason: RequestFailure,
    /** The peer acknowledged it, or a block of it: it was received, and may have been carried out. */
    readonly acknowledged: boolean,
    /** It left at least once; false means that the peer cannot have seen it. */
    readonly sent: boolean,
    detail?: string,
  ) {
    super(detail ?? `no response: ${reason}`)
  }
}

/**
 * Thrown by a request handler that does not want to answer (its work could not be made durable). Nothing is sent and the message is
 * forgotten, so that the peer's retransmission is processed anew.
 */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  constructor(message = 'no answer') {
    super(message)
  }
}

/**
 * Thrown by a request handler that acts only on a request known to be fresh, when `request.isFresh` says that it is not known. Answered 4.01
 * with an Echo value; the peer's repetition with it is fresh (RFC 9175 §2.3).
 */
export class FreshnessRequired extends Error {
  override readonly name = 'FreshnessRequired'
  constructor(message = 'not known to be fresh') {
    super(message)
  }
}
