import type { Random } from '@fieldline/bytes'
import type { DtlsCounters } from './counters.js'
import type { HandshakeFailure } from './faults.js'
import type { DtlsPeer } from './identity.js'
import type { DtlsSession } from './session/session.js'

/** When a flight is sent again. */
export interface HandshakeTimers {
  /** Before the first retransmission, milliseconds; doubled for each that follows. */
  readonly initialMs: number
  readonly maxMs: number
  /** After so many the handshake is given up. */
  readonly retransmissions: number
}

/** `wired`: RFC 6347 §4.2.4.1. `constrained`: 9 s, for networks where a round trip takes seconds (RFC 7925 §11). */
export const timerProfiles = {
  wired: { initialMs: 1_000, maxMs: 60_000, retransmissions: 6 },
  constrained: { initialMs: 9_000, maxMs: 60_000, retransmissions: 4 },
} as const satisfies Record<string, HandshakeTimers>

/** The host name that the client asked for, in lower case (RFC 6066 §3); absent if it named none. */
interface NamedServer {
  readonly serverName?: string
}

/** What a handshake asks its owner, who may take time to answer. */
export type CredentialQuestion =
  | ({ readonly kind: 'psk'; readonly identity: Uint8Array } & NamedServer)
  | ({ readonly kind: 'raw-public-key'; readonly publicKey: Uint8Array } & NamedServer)
  | ({ readonly kind: 'x509'; readonly chain: readonly Uint8Array[] } & NamedServer)

/** The answer: a key or none for `psk`, a verdict for the others, or that there is none. */
export type CredentialAnswer =
  | { readonly kind: 'key'; readonly key: Uint8Array | undefined }
  | { readonly kind: 'accepted' }
  | { readonly kind: 'refused'; readonly failure: HandshakeFailure; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string }

/** Why a session ended. */
export type SessionEnd =
  | 'closed'
  | 'closed-by-peer'
  | 'peer-alert'
  | 'replaced'
  | 'forgeries'
  | 'sequence-exhausted'
  | 'evicted'
  | 'forgotten'

/** What a core tells its owner, in order. */
export type DtlsEvent =
  | { readonly type: 'session'; readonly session: DtlsSession }
  | { readonly type: 'message'; readonly session: DtlsSession; readonly payload: Uint8Array }
  | { readonly type: 'migrated'; readonly session: DtlsSession; readonly from: DtlsPeer }
  | {
      readonly type: 'closed'
      readonly session: DtlsSession
      readonly reason: SessionEnd
      readonly alert?: number
    }
  /**
   * A new snapshot is wanted. `urgent`: the session sends nothing, or soon will not, before it is stored. Otherwise the session has received something
   * since the latest one, and whoever restores that would take it again: the sooner a new one is stored, the less.
   */
  | { readonly type: 'export-due'; readonly session: DtlsSession; readonly urgent: boolean }
  | {
      readonly type: 'question'
      readonly handshake: number
      readonly peer: DtlsPeer
      readonly question: CredentialQuestion
    }
  | HandshakeErrorEvent
  | HandshakeDoubtEvent

/** A handshake that failed, and why, as far as can be known. */
export interface HandshakeErrorEvent {
  readonly type: 'handshake-error'
  readonly peer: DtlsPeer
  readonly failure: HandshakeFailure
  /** What exactly, for a log. */
  readonly detail: string
  /** The PSK identity that the peer claimed, if it came so far. */
  readonly identity?: Uint8Array
}

/**
 * A handshake that seems to fail for this reason, told once, before anybody knows: only the silence that follows ends it, which may take minutes.
 * It is not authentic: a stranger on the way could bring it about.
 */
export type HandshakeDoubtEvent = Omit<HandshakeErrorEvent, 'type'> & { readonly type: 'handshake-doubt' }

/** A datagram to send. */
export interface Outgoing {
  readonly to: DtlsPeer
  readonly bytes: Uint8Array
}

/** Everything that came of one call. */
export interface CoreOutput {
  readonly datagrams: readonly Outgoing[]
  readonly events: readonly DtlsEvent[]
  /** When `expire` wants to be called, in the time that was passed in; undefined for never. */
  readonly timer: number | undefined
}

/** What handshakes and sessions see of the core they belong to. Time stands still during a call. */
export class Surroundings {
  now = 0
  datagrams: Outgoing[] = []
  events: DtlsEvent[] = []
  #lastId = 0

  constructor(
    readonly random: Random,
    readonly timers: HandshakeTimers,
    /** Longest datagram we send in a handshake, bytes of UDP payload. */
    readonly mtu: number,
    readonly counters: DtlsCounters,
  ) {}

  send(bytes: Uint8Array, to: DtlsPeer): void {
    this.counters.datagramsSent++
    this.datagrams.push({ to, bytes })
  }

  emit(event: DtlsEvent): void {
    this.events.push(event)
  }

  nextId(): number {
    return ++this.#lastId
  }

  /** Takes out what has gathered. */
  collect(timer: number | undefined): CoreOutput {
    const { datagrams, events } = this
    this.datagrams = []
    this.events = []
    return { datagrams, events, timer }
  }
}
