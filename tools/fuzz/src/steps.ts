import { bigEndian, join } from './bytes.js'

/** What happens next in a world, as an input has it: kind, argument, and bytes. */
export interface Step {
  readonly kind: number
  readonly argument: number
  readonly bytes: Uint8Array
}

/** Steps as bytes: kind, argument, length in two bytes, bytes. */
export function writeScript(steps: readonly Step[]): Uint8Array {
  return join(
    ...steps.map(({ kind, argument, bytes }) =>
      join(Uint8Array.of(kind, argument), bigEndian(bytes.length, 2), bytes),
    ),
  )
}

/** The steps of `kinds` kinds that any bytes are; the last one may be shorter than it says. */
export function readScript(bytes: Uint8Array, kinds: number): Step[] {
  const steps: Step[] = []
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = (bytes[at + 2] << 8) | bytes[at + 3]
    const end = Math.min(bytes.length, at + 4 + length)
    steps.push({ kind: bytes[at] % kinds, argument: bytes[at + 1], bytes: bytes.subarray(at + 4, end) })
    at = end
  }
  return steps
}
