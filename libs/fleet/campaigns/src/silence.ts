/** What is known of a device's contacts. `cadenceSeconds` is learned, or the model's. Moments in ms. */
export interface ContactFacts {
  lastContactAt: number | null
  cadenceSeconds: number
  /** Time since `since` during which our own listeners were down: it never counts against a device. */
  downtimeMs?: number
}

/** A meter of the same cell: it tells the network's silence from that of a device. Moments in ms. */
export interface Neighbour {
  lastContactAt: number | null
  /** When it is missed, or was first. */
  lateAt: number
  /** A campaign that is under way has sent it something: its own silence may come of that. */
  touched: boolean
}

/** One missing neighbour may have its own reasons. */
const fewestMissing = 2

/**
 * Whether a cell is dark: since the device in question was last heard (`since`, ms), more of its untouched meters have gone missing than meters
 * of any kind were heard. Then the silence says nothing of the campaign. @see rule 3
 */
export function isCellDark(neighbours: readonly Neighbour[], since: number, now: number): boolean {
  let missing = 0
  let heard = 0
  for (const { lateAt, lastContactAt, touched } of neighbours) {
    if (lateAt > now) heard += (lastContactAt ?? 0) > since ? 1 : 0
    else if (!touched && lateAt > since) missing++
  }
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
