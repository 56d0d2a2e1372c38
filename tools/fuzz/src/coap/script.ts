/** Kinds of steps. Numbers beyond them are taken modulo their number, so that any bytes are a script. */
export const StepKind = {
  /** A datagram arrives, its bytes as they stand. */
  Datagram: 0,
  /** The same with Message ID and token of what was last sent to its peer: an answer. */
  Answer: 1,
  /** With the token alone: a separate response, or a notification. */
  Later: 2,
  /** Time passes. */
  Wait: 3,
  /** We ask a peer something. */
  Ask: 4,
  /** We ping, or notify. */
  Tell: 5,
  /** What was sent last to its peer comes back as it was. */
  Mirror: 6,
} as const
/** Who a step is with. */
export const peerCount = 8
