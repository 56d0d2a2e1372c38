import type { Clock, Random } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import type { CoapRequest, CoapResponse, DatagramTransport, Peer } from './message.js'
import { defaultMaxOptions } from './message-view.js'
import type { Notification } from './observe.js'
import type { TransmissionProfile } from './profile.js'

/** A request that arrived, its body whole. */
export interface IncomingRequest extends CoapRequest {
  readonly confirmable: boolean
  readonly token: Uint8Array
  /**
   * Sends an empty acknowledgement now; the answer then follows as a separate confirmable response. Call it only when the answer will take
   * long and what was received is already safe. Nothing happens for a non-confirmable request or on a second call.
   */
  acknowledge(): void
  /**
   * Whether the request carries an Echo value that this endpoint gave this peer no longer than `withinMs` ago. If not, and it matters, throw
   * `FreshnessRequired` (RFC 9175 §2.3).
   */
  isFresh(withinMs: number): boolean
}

/** What a request handler can do. */
export interface ServeOptions {
  /** It evaluates If-Match and If-None-Match. Default false: a request with either is answered 4.02 (RFC 7252 §5.10.8). */
  readonly conditional?: boolean
}

/** How notifications are handed over. */
export interface NotificationOptions {
  /**
   * What becomes of a notification that arrives after a newer one: `discard`, the default, acknowledges it without handing it over (RFC 7641
   * §3.4); `deliver` hands it over marked `stale`, for who keeps a history.
   */
  readonly stale?: 'discard' | 'deliver'
  /** Who keeps a table of observations anyway can keep their latest notifications in it. Default: the endpoint keeps them itself. */
  readonly latest?: LatestNotifications
}

/** Remembers the latest notification of each observation, by token: what tells one that was overtaken (RFC 7641 §3.4). */
export interface LatestNotifications {
  /** Its Observe value and when it came, epoch milliseconds; undefined where none is remembered. */
  latest(token: Uint8Array): LatestNotification | undefined
  /** Remembers it in place of an earlier one; may do nothing for an unknown token. */
  remember(token: Uint8Array, observe: number, atMs: number): void
  /** The order ends: the next notification is the first. */
  forget(token: Uint8Array): void
}

/** A notification in the order of its observation. */
export interface LatestNotification {
  readonly observe: number
  readonly atMs: number
}

/** Answers a request, now or later. */
export type RequestHandler = (request: IncomingRequest, peer: Peer) => CoapResponse | Promise<CoapResponse>

/** Decides on a notification, now or later. */
export type NotificationHandler = (
  notification: Notification,
  peer: Peer,
) => 'ack' | 'reset' | Promise<'ack' | 'reset'>

/** The request (without Observe) that reads what a token observes; undefined if the token is unknown. */
export type ObservationPath = (
  token: Uint8Array,
  peer: Peer,
) => CoapRequest | undefined | Promise<CoapRequest | undefined>

/** How one request is sent. */
export interface RequestOptions {
  /** From `newToken()`; default a fresh one. Observations are registered and cancelled with the caller's own. */
  readonly token?: Uint8Array
  /** Ends the waiting; the peer may act on the request all the same. */
  readonly signal?: AbortSignal
  /** Default that of the peer, see `profileOf`. */
  readonly profile?: TransmissionProfile
  /** How long to wait for the response after an empty acknowledgement, or after a non-confirmable request; default MAX_TRANSMIT_WAIT. */
  readonly responseTimeoutMs?: number
  /** Called once, just before the first datagram leaves. */
  readonly onSent?: () => void
}

/** What became of a notification that was sent. A non-confirmable one counts as acknowledged when it has left. */
export type NotifyResult = 'acknowledged' | 'reset' | 'timeout'

/** One CoAP endpoint: client, server and both ends of observations over one transport. */
export interface CoapEndpoint {
  /**
   * Sends a request and resolves with the response, whatever its code. Bodies longer than a block travel block-wise, both ways.
   * A 4.01 with an Echo value is answered by sending the request again with it (RFC 9175 §2.3).
   * Rejects with `RequestError`, or `InvariantError` if the request cannot be written or the peer is a group. Requests to one peer wait for each
   * other (NSTART, RFC 7252 §4.7); those of a block-wise body let others pass between blocks.
   */
  request(peer: Peer, request: CoapRequest, options?: RequestOptions): Promise<CoapResponse>
  /**
   * Sets the handler of requests. Its answer is sent when it is there, not before: no acknowledgement leaves while it works. A
   * `ProtocolError` is answered with its code and message, `FreshnessRequired` with 4.01 and an Echo value, `NoAnswer` with silence, anything
   * else with 5.00. An answer that is returned and not promised leaves before the next datagram is looked at.
   */
  serve(handler: RequestHandler, options?: ServeOptions): void
  /**
   * Sets the handler of responses whose token belongs to no open exchange. `ack` acknowledges, `reset` answers RST, which ends the
   * observation; a rejection sends nothing and forgets the message. With `observationPath`, a notification that is only a first block is
   * completed before it is handed over.
   */
  onNotification(
    handler: NotificationHandler,
    observationPath?: ObservationPath,
    options?: NotificationOptions,
  ): void
  /** Sends a notification to an observer, as the server of an observation. Rejects with `RequestError`, or `InvariantError` if it cannot be written. */
  notify(
    peer: Peer,
    notification: CoapResponse & { readonly token: Uint8Array },
    options?: { readonly confirmable?: boolean },
  ): Promise<NotifyResult>
  /** Sets who hears of a reset that answers a non-confirmable notification: the observer wants no more (RFC 7641 §3.6). */
  onObserverGone(handler: (token: Uint8Array, peer: Peer) => void): void
  /** Eight unguessable bytes, never those of an open exchange. */
  newToken(): Uint8Array
  /**
   * The peer was heard just now: what waits for its acknowledgement is sent again at once, as the same message, for a peer that sleeps may not
   * have listened when it left. It counts as no retransmission; what left within the last second is left alone.
   */
  nudge(peer: Peer): void
  /** Resolves when the peer answers an empty confirmable message; rejects with `RequestError`. */
  ping(peer: Peer): Promise<void>
  readonly counters: Readonly<CoapCounters>
  /** Rejects what is open with `closed` and closes the transport. */
  close(): Promise<void>
}

/** What an endpoint is made of. */
export interface CoapEndpointOptions {
  readonly transport: DatagramTransport
  readonly clock: Clock
  readonly random: Random
  /** How patient it is with every peer. Default `profiles.wired`. */
  readonly profile?: TransmissionProfile
  /** The profile of one peer; undefined for that of the endpoint. Asked for every message: it must be quick and give the same until the peer changes. */
  readonly profileOf?: (peer: Peer) => TransmissionProfile | undefined
  /**
   * All blocks of a body share one token; so do the requests for the rest of the answer to what must not be done twice. For servers that know by
   * the token what belongs together, such as node-coap and old Zephyr. Default false: each block has its own, and a body that such a server seems
   * to refuse is sent once more in this way, if doing it twice does no harm.
   */
  readonly oneTokenPerBody?: boolean
  readonly limits?: Partial<CoapLimits>
}

/** Bounds on memory. Everything an endpoint keeps is within one of them. */
export interface CoapLimits {
  /** Messages remembered for deduplication, 48 bytes each; rounded up to a power of two. */
  readonly maxExchanges: number
  /** Bytes of answers too long to be kept beside their dedup entry. */
  readonly maxAnswerBytes: number
  /** Peers with something under way, and as many of which 34 bytes remain: the next Message ID and the round trip learned. */
  readonly maxPeers: number
  /** Observations whose latest notification is known, 22 bytes each; see `LatestNotifications`. */
  readonly maxObservations: number
  /** Requests waiting for one peer, and separate responses it has not acknowledged. */
  readonly maxQueue: number
  /** Requests and notifications being handled. */
  readonly maxPending: number
  /** Bytes of one body, in either direction of a block-wise transfer that we receive. */
  readonly maxBody: number
  /** Bodies being assembled from blocks, those of one peer among them, and the bytes in them. */
  readonly maxAssemblies: number
  readonly maxAssembliesPerPeer: number
  readonly maxAssemblyBytes: number
  /** Bytes of long answers kept for the blocks still to be asked for, and of the paths and queries that asked for them. */
  readonly maxRepresentationBytes: number
  /** How long a body may stand still before another may push it out, milliseconds: longer than any round trip. */
  readonly assemblyIdleMs: number
  /** How often an answer is asked for anew because it changed while its blocks were read. */
  readonly maxRestarts: number
  /** How often a request is sent again because the server doubts its freshness. */
  readonly maxEchoes: number
  /** Bytes that may leave in vain before a body is sent once more with one token for all its blocks: air time is money. */
  readonly maxSentTwice: number
  /** Non-confirmable notifications of a peer whose tokens are remembered for a late reset. */
  readonly maxNotified: number
  /** Options of one message: more than any real one carries, for a datagram of one-byte options must not cost more than it brings. */
  readonly maxOptions: number
  /** Largest block sent or asked for: 16, 32, ... 1024 bytes. */
  readonly blockSize: number
  /** Longest token that a request may have (RFC 8974); a longer one is answered 4.00. */
  readonly maxTokenBytes: number
}

/** The limits of an endpoint that is not told otherwise. */
export const defaultLimits: CoapLimits = {
  maxExchanges: 2 ** 18,
  maxAnswerBytes: 16 * 2 ** 20,
  maxPeers: 2 ** 18,
  maxObservations: 2 ** 20,
  maxQueue: 64,
  maxPending: 2 ** 16,
  maxBody: 64 * 1024,
  maxAssemblies: 4096,
  maxAssembliesPerPeer: 16,
  maxAssemblyBytes: 32 * 2 ** 20,
  maxRepresentationBytes: 32 * 2 ** 20,
  assemblyIdleMs: 30_000,
  maxRestarts: 2,
  maxEchoes: 2,
  maxSentTwice: 16 * 1024,
  maxNotified: 8,
  maxOptions: defaultMaxOptions,
  blockSize: 1024,
  maxTokenBytes: 64,
}
