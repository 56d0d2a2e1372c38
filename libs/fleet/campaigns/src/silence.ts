/** What is known of a device's contacts. `cadenceSeconds` is learned, or the model's. Moments in ms. */
export interface ContactFacts {
  lastContactAt: number | null
  cadenceSeconds: number
  /** Time since `since` during which our own listeners were down: it never counts against a device. */
  downtimeMs?: number
}

/**
 * The moment (ms) from which a device counts as silent: `missed` expected contacts and `grace` seconds after it was last heard, or after
 * `since` (its wave's release) when that is later, plus our own downtime. @see rule 3
 */
export function silenceDeadline(
  contact: ContactFacts,
  silence: { missed: number; grace: number },
  since: number,
): number {
  const from = Math.max(contact.lastContactAt ?? since, since)
  const cadence = Math.max(1, contact.cadenceSeconds)
  return from + (silence.missed * cadence + silence.grace) * 1_000 + Math.max(0, contact.downtimeMs ?? 0)
}
