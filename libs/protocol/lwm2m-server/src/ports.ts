import type { Peer } from '@fieldline/coap'
import type { Link } from '@fieldline/codec'
import type { ObjectLinks, RegistrationRequest } from '@fieldline/lwm2m'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'

/**
 * A registration and what the server knows of the client behind it. Times are epoch milliseconds; `lifetime` is seconds, 0 for one that never
 * ends. What the server hands out is as it is at the moment it is read, and after its end as it was then; of one registration it may hand out
 * several, so that none are to be compared.
 */
export interface Registration {
  readonly deviceId: string
  readonly organisationId: string
  readonly endpoint: string
  /** The {id} of `/rd/{id}`. */
  readonly location: string
  readonly version: RegistrationRequest['version']
  readonly lifetime: number
  readonly binding: string
  readonly queueMode: boolean
  /** Where the last message came from and requests go. */
  readonly peer: Peer
  readonly objectLinks: ObjectLinks
  /** Definitions of the object versions it registered. */
  readonly definitions: DefinitionLookup
  /** The structured format of its first answer; what is asked for from then on. */
  readonly contentFormat: number | undefined
  readonly registeredAt: number
  readonly updatedAt: number
  readonly expiresAt: number
  /** The end of the awake window in Queue Mode. */
  readonly awakeUntil: number
}

/** What a Register leads to, before it has a device. */
export type RegistrationDraft = Omit<Registration, 'deviceId' | 'organisationId'>

/** Keeps registrations. What returns a promise is durable when it resolves; a rejection leaves the client without an answer. */
export interface RegistrationStore {
  /** Every live registration, when the server starts. */
  load(): Promise<readonly Registration[]>
  /**
   * Stores a registration in place of the endpoint's earlier one (`before`, if it was live). Undefined: the endpoint is not admitted, or not
   * without a proof; `mismatch`: the proof is not that of this endpoint.
   */
  register(
    draft: RegistrationDraft,
    before: Registration | undefined,
  ): Promise<{ deviceId: string; organisationId: string } | 'mismatch' | undefined>
  /** Stores what an Update changed beside its time: `changes` names the parameters. */
  update(registration: Registration, changes: readonly string[]): Promise<void>
  /** Ends a registration. */
  end(registration: Registration, reason: 'deregistered' | 'expired'): Promise<void>
  /** Remembers the format a client answers in; nobody waits for it. */
  contentFormatLearned(registration: Registration): void
}

/** One observation. The token is what makes a notification ours, also after a restart. */
export interface Observation {
  readonly token: Uint8Array
  readonly organisationId: string
  readonly deviceId: string
  readonly path: Path
  readonly origin: 'plan' | 'operator'
  readonly pmin?: number
  readonly pmax?: number
}

/** Keeps observations. */
export interface ObservationStore {
  load(): Promise<readonly Observation[]>
  /** Adds observations, each in place of one of the same device and path. */
  add(observations: readonly Observation[]): Promise<void>
  remove(observations: readonly Observation[]): Promise<void>
}

/** Values that arrived together. */
export interface Report {
  readonly registration: Registration
  readonly nodes: readonly Node[]
  readonly source: 'read' | 'notify' | 'send'
  /** Epoch milliseconds. */
  readonly receivedAt: number
}

/** Takes values. The promise resolves when they are durable; a rejection leaves a confirmable report unacknowledged. */
export interface ReportSink {
  write(report: Report): Promise<void>
}

/** One request for a device, as the downlink needs it. */
export interface DownlinkOperation {
  readonly id: string
  readonly kind: 'read' | 'write' | 'execute' | 'discover' | 'observe' | 'cancel-observe'
  readonly path: Path
  /** What a write carries. */
  readonly nodes?: readonly Node[]
  /** Arguments of an Execute. */
  readonly args?: string
}

/** What became of a request that was taken up. */
export type DownlinkOutcome =
  | {
      readonly type: 'answered'
      readonly code: string
      readonly nodes?: readonly Node[]
      readonly links?: readonly Link[]
      readonly detail?: string
    }
  | { readonly type: 'no-answer'; readonly detail: string }
  | { readonly type: 'not-sent'; readonly detail: string }

/** Keeps the requests that wait for devices. */
export interface OperationStore {
  /** Ids of devices for which something waits. */
  devicesWaiting(): Promise<readonly string[]>
  /** The next request of a device, expired ones set aside; undefined when nothing waits. */
  next(registration: Registration): Promise<DownlinkOperation | undefined>
  /** Stores that the request leaves now; false if it must not. Only after this may a datagram leave. */
  sending(operation: DownlinkOperation): Promise<boolean>
  /** Stores the outcome. */
  finish(operation: DownlinkOperation, outcome: DownlinkOutcome): Promise<void>
}

/** What to observe on a client after it registered. */
export interface PlannedObservation {
  readonly path: Path
  readonly pmin?: number
  readonly pmax?: number
}

/** What is asked of a client after each Register. */
export interface AfterRegister {
  readonly reads: readonly Path[]
  readonly observations: readonly PlannedObservation[]
}

/** Told what happens; none of these may throw, and nobody waits for them. */
export interface ServerEvents {
  /** Any uplink that a client began: Register, Update, Send, notification. */
  contact(registration: Registration, now: number): void
  /** Two clients claim one endpoint name: addresses as `address:port`. */
  nameConflict(registration: Registration, addresses: readonly [string, string]): void
  /** An observation was refused, or ended by the client. */
  observationEnded(registration: Registration, path: Path, code: string): void
  observationBegan(registration: Registration, path: Path): void
  /** A store failed where nobody waited for it. */
  failed(what: string, error: unknown): void
}
