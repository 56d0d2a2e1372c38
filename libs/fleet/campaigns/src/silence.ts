/** What is known of a device's contacts. `cadenceSeconds` is learned, or the model's. Moments in ms. */
export interface ContactFacts {
  lastContactAt: number | null
  cadenceSeconds: number
  /** Time since `since` during which our own listeners were down: it never counts against a device. */
  downtimeMs?: number
}

/** A meter of the same cell to which no campaign has sent anything: it tells the network's silence from that of a device. Moments in ms. */
export interface Neighbour {
  lastContactAt: number | null
  /** When it is missed, or was first. */
  lateAt: number
}

/** One missing neighbour may have its own reasons. */
const fewestMissing = 2

/**
 * Whether a cell is dark: of its meters that nobody has touched, more are missing than have been heard after `since` (ms, when the device in
 * question was heard itself). Then its silence says nothing of the campaign. @see rule 3
 */
export function isCellDark(neighbours: readonly Neighbour[], since: number, now: number): boolean {
  const missing = neighbours.filter(({ lateAt }) => lateAt <= now).length
  const heard = neighbours.filter(
    ({ lateAt, lastContactAt }) => lateAt > now && (lastContactAt ?? 0) > since,
  ).length
  return missing >= fewestMissing && missing > heard
}

/**
 * The moment (ms) from which a device counts as silent: `missed` expected contacts and `grace` seconds after it was last heard, or after
 * `since` (its wave's release, or when its cell was last found dark) when that is later, plus our own downtime. @see rule 3
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
