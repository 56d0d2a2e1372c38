/** Fewer devices than this say nothing about a model. */
const minimumDevices = 5
/** Those who chatter are known first: a model is spoken for only when nearly all of its devices are. */
const knownShare = 0.8
/** Of one model, so many devices speak for the others; of models, so many are known, and the oldest make room. */
const mostDevices = 256
const mostModels = 4_096
/** How often, at most, one model's default is worked out anew. */
const refreshMs = 60_000

interface Model {
  /** device id -> seconds between its contacts, null until they are learned */
  readonly cadences: Map<string, number | null>
  defaultSeconds: number | undefined
  workedOutAt: number
}

/**
 * What to assume of a device whose cadence is not learned yet: the cadence that 95 % of the devices of its model keep. What a model is, the
 * caller says by a key; devices that register alike (same objects, version, lifetime and binding) are of one model as far as contacts go.
 */
export class ModelCadences {
  readonly #models = new Map<string, Model>()

  /** Takes in what is known of one device: `cadenceSeconds` once it is learned, null before. */
  note(model: string, deviceId: string, cadenceSeconds: number | null): void {
    let entry = this.#models.get(model)
    if (!entry) {
      entry = { cadences: new Map(), defaultSeconds: undefined, workedOutAt: Number.NEGATIVE_INFINITY }
      this.#models.set(model, entry)
      if (this.#models.size > mostModels) this.#models.delete(this.#models.keys().next().value as string)
    }
    if (entry.cadences.size < mostDevices || entry.cadences.has(deviceId))
      entry.cadences.set(deviceId, cadenceSeconds)
  }

  /** The model's default at `now` (epoch milliseconds) in seconds; undefined while too few of its devices are known. */
  defaultOf(model: string, now: number): number | undefined {
    const entry = this.#models.get(model)
    if (!entry) return undefined
    if (now - entry.workedOutAt >= refreshMs) {
      entry.workedOutAt = now
      entry.defaultSeconds = spokenFor([...entry.cadences.values()])
    }
    return entry.defaultSeconds
  }
}

function spokenFor(cadences: readonly (number | null)[]): number | undefined {
  const known = cadences.filter((cadence) => cadence !== null).sort((a, b) => a - b)
  if (known.length < minimumDevices || known.length < cadences.length * knownShare) return undefined
  return known[Math.ceil(known.length * 0.95) - 1]
}
