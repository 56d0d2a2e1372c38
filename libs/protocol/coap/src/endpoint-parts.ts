import type { Clock } from '@fieldline/bytes'
import type { CoapCounters } from './counters.js'
import type { Deduplication } from './deduplication.js'
import type { InteractionList } from './interaction-list.js'
import type { Peer } from './message.js'
import type { NotificationOrder } from './notification-order.js'
import type { Outbox } from './outbox.js'
import type { PeerTable } from './peer-table.js'
import type { CoapLimits } from './port.js'
import type { TransmissionProfile } from './profile.js'

/** What the parts of an endpoint share. */
export interface EndpointParts {
  readonly clock: Clock
  readonly outbox: Outbox
  readonly peers: PeerTable
  readonly seen: Deduplication
  readonly order: NotificationOrder
  readonly counters: CoapCounters
  readonly limits: CoapLimits
  readonly profileOf: (peer: Peer) => TransmissionProfile
  /** The patience that bodies and kept answers are given: that of the endpoint. */
  readonly profile: TransmissionProfile
  readonly open: InteractionList
  /** Bytes of a body that one message to a peer may carry. */
  readonly partBytes: (peer: Peer) => number
  /** The transport keeps the order. */
  readonly ordered: boolean
}
