import type { Clock } from '@fieldline/bytes'

const QUIET_MS = 1_000

/**
 * Warnings that any stranger can bring about as often as it likes: of each kind one a second reaches the log, with how many were left out before
 * it.
 */
export class SpareWarnings {
  readonly #kinds = new Map<string, { quietUntil: number; leftOut: number }>()

  constructor(
    private readonly clock: Clock,
    private readonly write: (facts: object, text: string) => void,
  ) {}

  /** `text` names the kind: one of a few, never made of what was received. */
  warn(facts: object, text: string): void {
    const now = this.clock.now()
    const kind = this.#kinds.get(text)
    if (kind && now < kind.quietUntil) {
      kind.leftOut++
      return
    }
    this.#kinds.set(text, { quietUntil: now + QUIET_MS, leftOut: 0 })
    this.write(kind && kind.leftOut > 0 ? { ...facts, leftOut: kind.leftOut } : facts, text)
  }
}
