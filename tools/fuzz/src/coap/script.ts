import { bigEndian, join } from '../bytes.js'

/** What happens next in a world, as an input has it: kind, argument, and bytes. */
export interface Step {
  readonly kind: number
  readonly argument: number
  readonly bytes: Uint8Array
}

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
const kinds = Object.keys(StepKind).length

/** Who a step is with. */
export const peerCount = 8

/** Steps as bytes: kind, argument, length in two bytes, bytes. */
export function writeScript(steps: readonly Step[]): Uint8Array {
  return join(
    ...steps.map(({ kind, argument, bytes }) =>
      join(Uint8Array.of(kind, argument), bigEndian(bytes.length, 2), bytes),
    ),
  )
}

/** The steps that any bytes are; the last one may be shorter than it says. */
export function readScript(bytes: Uint8Array): Step[] {
  const steps: Step[] = []
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    const end = Math.min(bytes.length, at + 4 + length)
    steps.push({ kind: bytes[at] % kinds, argument: bytes[at + 1], bytes: bytes.subarray(at + 4, end) })
    at = end
  }
  return steps
}
