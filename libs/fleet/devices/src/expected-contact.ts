/** How many intervals between contacts are remembered. */
export const maxIntervals = 32
/** Contacts from which the cadence is learned; before, the model's default holds. */
const contactsToLearn = 5
/** Contacts closer than this belong to one awake window. */
const burstGapMs = 20_000
/** A device that chatters without a pause is still counted once in two minutes. */
const burstLengthMs = 120_000

export interface ContactSettings {
  queueMode: boolean
  /** How long the device listens after an uplink. */
  awakeWindowSeconds: number
  /** Cadence to assume until it is learned. */
  modelDefaultCadenceSeconds: number
  /** Expected contacts missed until a device is silent. */
  missed?: number
}

/** What is known of a device's contacts; moments in ms since 1970. Plain data: it is stored with the device. */
export interface ContactState {
  lastContactAt: number
  /** First contact of the current awake window: intervals are measured from first to first. */
  windowStartedAt: number
  /** Seconds, oldest first. */
  intervals: number[]
  /** The last interval was too long to be cadence: an outage, or the first of a new rhythm. */
  outlier: number | null
  cadenceSeconds: number
  /** Usual deviation from the cadence (p95 - median), never less than the grace given. */
  graceSeconds: number
  expectedAt: number
  lateAt: number
  silentAt: number
  /** Null without Queue Mode: awake as long as it is not late. */
  awakeUntil: number | null
}

/** The value below which the share `q` (0..1] of the sorted values lies; nearest rank. */
function quantile(sorted: readonly number[], q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] as number
}

function learn(
  state: ContactState,
  seconds: number,
  missed: number,
): Pick<ContactState, 'intervals' | 'outlier'> {
  const { intervals, outlier, cadenceSeconds } = state
  if (isCadenceLearned(state) && seconds > missed * cadenceSeconds) {
    // One long gap is an outage and says nothing about the rhythm; two in a row are a new rhythm.
    return outlier === null
      ? { intervals, outlier: seconds }
      : { intervals: [outlier, seconds], outlier: null }
  }
  return { intervals: [...intervals, seconds].slice(-maxIntervals), outlier: null }
}

function plan(
  windowStartedAt: number,
  intervals: readonly number[],
  settings: ContactSettings,
): Pick<ContactState, 'cadenceSeconds' | 'graceSeconds' | 'expectedAt' | 'lateAt' | 'silentAt'> {
  const sorted = [...intervals].sort((a, b) => a - b)
  const learned = isCadenceLearned({ intervals })
  const cadenceSeconds = learned ? quantile(sorted, 0.5) : Math.max(1, settings.modelDefaultCadenceSeconds)
  const spread = learned ? quantile(sorted, 0.95) - cadenceSeconds : 0
  const graceSeconds = Math.min(Math.max(spread, cadenceSeconds * 0.1, 30), Math.max(cadenceSeconds, 30))
  const expectedAt = windowStartedAt + cadenceSeconds * 1_000
  const missed = Math.max(1, settings.missed ?? 3)
  return {
    cadenceSeconds,
    graceSeconds,
    expectedAt,
    lateAt: expectedAt + graceSeconds * 1_000,
    silentAt: windowStartedAt + (missed * cadenceSeconds + graceSeconds) * 1_000,
  }
}

/** Whether the cadence is this device's own; before, its model's default holds. */
export function isCadenceLearned(state: { readonly intervals: readonly number[] }): boolean {
  return state.intervals.length >= contactsToLearn - 1
}

/**
 * Takes in one uplink of any kind at `now` (ms) and says when the next is expected. Contacts of one awake window count once. A clock that
 * steps back changes nothing but the awake window.
 */
export function onContact(
  state: ContactState | undefined,
  now: number,
  settings: ContactSettings,
): ContactState {
  const awakeUntil = settings.queueMode ? now + settings.awakeWindowSeconds * 1_000 : null
  if (state === undefined) {
    const learned = { intervals: [], outlier: null }
    return { lastContactAt: now, windowStartedAt: now, ...learned, ...plan(now, [], settings), awakeUntil }
  }
  // who is still talking when the next contact is expected has kept it
  const windowMs = isCadenceLearned(state) ? state.cadenceSeconds * 1_000 : burstLengthMs
  const sameWindow =
    now - state.lastContactAt < burstGapMs && now - state.windowStartedAt < Math.min(burstLengthMs, windowMs)
  if (sameWindow) {
    const lastContactAt = Math.max(now, state.lastContactAt)
    return { ...state, ...plan(state.windowStartedAt, state.intervals, settings), lastContactAt, awakeUntil }
  }
  const seconds = (now - state.windowStartedAt) / 1_000
  const learned = learn(state, seconds, Math.max(1, settings.missed ?? 3))
  return {
    lastContactAt: now,
    windowStartedAt: now,
    ...learned,
    ...plan(now, learned.intervals, settings),
    awakeUntil,
  }
}

/**
 * After our own outage nobody is late because of us: what fell due while nobody listened (from `lastListened` to `now`, ms) is given one cadence
 * from now. What was missed before stays missed.
 */
export function extendForDowntime(state: ContactState, lastListened: number, now: number): ContactState {
  const { expectedAt, lateAt, silentAt, cadenceSeconds, graceSeconds } = state
  if (expectedAt > now || silentAt <= lastListened) return state
  const next = now + cadenceSeconds * 1_000
  const late = next + graceSeconds * 1_000
  // already late when we went away: it may still come, but it is late all the same
  const wasLate = lateAt <= lastListened
  return {
    ...state,
    expectedAt: wasLate ? expectedAt : next,
    lateAt: wasLate ? lateAt : Math.max(lateAt, late),
    silentAt: Math.max(silentAt, late),
  }
}
