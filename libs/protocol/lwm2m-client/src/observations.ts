import { ProtocolError, fromHex, toHex } from '@fieldline/bytes'
import type { NotificationAttributes } from '@fieldline/lwm2m'
import {
  formatPath,
  isWithin,
  parsePath,
  pathIds,
  pathOf,
  samePath,
  sameValue,
} from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import type { ObjectStore } from './object-store.js'

/** An observation as it is kept between two lives of a client; `token` in hex, `lastAt` epoch milliseconds. */
export interface StoredObservation {
  readonly token: string
  readonly path: string
  readonly format: number
  readonly counter: number
  readonly lastAt: number
}

/** A live observation. */
export interface Observation {
  readonly token: Uint8Array
  readonly path: Path
  /** Content format of its notifications. */
  readonly format: number
  /** Observe value of the last notification. */
  counter: number
  /** Epoch milliseconds of the last notification. */
  lastAt: number
  /** What the last notification said; undefined after a restart. */
  last: readonly Node[] | undefined
}

/** Observe values are 24 bits long (RFC 7641 §3.4). */
const OBSERVE_MODULUS = 2 ** 24
/** A client that was killed may have used values that it did not keep. */
const COUNTER_LEAP = 256
const SERVER_OBJECT = 1

/** Observations and notification attributes of one client, and when each is to be reported. @see LwM2M Core 1.2 §6.4, §7.3 */
export class Observations {
  readonly #live = new Map<string, Observation>()
  readonly #attributes = new Map<string, NotificationAttributes>()

  constructor(private readonly store: ObjectStore) {}

  get size(): number {
    return this.#live.size
  }

  /** Takes attributes at a path; null removes one. */
  attach(path: Path, attributes: NotificationAttributes): void {
    const key = formatPath(path)
    const merged = { ...this.#attributes.get(key), ...attributes }
    const kept = Object.entries(merged).filter(([, value]) => value !== null && value !== undefined)
    if (kept.length === 0) this.#attributes.delete(key)
    else this.#attributes.set(key, Object.fromEntries(kept))
  }

  /** Attributes attached at exactly this path. */
  attachedAt(path: Path): NotificationAttributes {
    return this.#attributes.get(formatPath(path)) ?? {}
  }

  /** What holds at a path: the lower level wins; the Server object's default periods stand behind all. */
  effective(path: Path): NotificationAttributes {
    const ids = pathIds(path)
    const effective: Record<string, number | null> = {
      pmin: this.#default(2) ?? 0,
      pmax: this.#default(3) ?? 0,
    }
    for (let level = 1; level <= ids.length; level++)
      Object.assign(effective, this.#attributes.get(`/${ids.slice(0, level).join('/')}`))
    return effective
  }

  /** Default Minimum and Maximum Period of the Server object. */
  #default(resourceId: number): number | undefined {
    try {
      const value = this.store.read(pathOf(SERVER_OBJECT, 0, resourceId))[0]?.value
      return typeof value === 'number' ? value : undefined
    } catch (error) {
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  /** Begins an observation in place of one with its token or of the same path; `nodes` is what its first answer says. */
  begin(token: Uint8Array, path: Path, format: number, nodes: readonly Node[], now: number): Observation {
    for (const [key, other] of this.#live) if (samePath(other.path, path)) this.#live.delete(key)
    const observation: Observation = {
      token: token.slice(),
      path,
      format,
      counter: 1,
      lastAt: now,
      last: nodes,
    }
    this.#live.set(toHex(token), observation)
    return observation
  }

  /** Ends an observation by its token, or the one of this path. */
  end(token: Uint8Array, path?: Path): void {
    if (this.#live.delete(toHex(token)) || !path) return
    for (const [key, other] of this.#live) if (samePath(other.path, path)) this.#live.delete(key)
  }

  /** Ends all: a new registration begins without observations. */
  clear(): void {
    this.#live.clear()
  }

  /** Observations to report at `now` with what they say; `within` limits them to those at or below some paths, `anyhow` asks no more. */
  due(
    now: number,
    within?: readonly Path[],
    anyhow = false,
  ): { observation: Observation; nodes: readonly Node[] }[] {
    const found: { observation: Observation; nodes: readonly Node[] }[] = []
    for (const observation of this.#live.values()) {
      if (within && !within.some((path) => isWithin(observation.path, path))) continue
      const nodes = this.#read(observation)
      if (nodes && (anyhow || this.#isDue(observation, nodes, now))) found.push({ observation, nodes })
    }
    return found
  }

  #read(observation: Observation): readonly Node[] | undefined {
    try {
      return this.store.read(observation.path)
    } catch (error) {
      // What is not there at present is reported when it is back.
      if (error instanceof ProtocolError) return undefined
      throw error
    }
  }

  #isDue(observation: Observation, nodes: readonly Node[], now: number): boolean {
    const { pmin, pmax, ...conditions } = this.effective(observation.path)
    const elapsed = (now - observation.lastAt) / 1_000
    if (pmax && pmax >= (pmin ?? 0) && elapsed >= pmax) return true
    return elapsed >= (pmin ?? 0) && conditionMet(conditions, nodes, observation.last)
  }

  /** The next moment at which something may be due without a change of values: a pmax that ends, or a pmin that holds a change back. */
  nextAt(now: number): number | undefined {
    let next: number | undefined
    for (const observation of this.#live.values()) {
      const { pmin, pmax } = this.effective(observation.path)
      const end = pmax && pmax >= (pmin ?? 0) ? observation.lastAt + pmax * 1_000 : undefined
      const held = pmin ? observation.lastAt + pmin * 1_000 : undefined
      for (const at of [end, held]) {
        if (at !== undefined && at > now && (next === undefined || at < next)) next = at
      }
    }
    return next
  }

  /** Notes that a notification leaves; answers its Observe value. */
  reported(observation: Observation, nodes: readonly Node[], now: number): number {
    observation.counter = (observation.counter + 1) % OBSERVE_MODULUS
    observation.last = nodes
    observation.lastAt = now
    return observation.counter
  }

  /** Everything as plain data. */
  state(): { observations: StoredObservation[]; attributes: Record<string, NotificationAttributes> } {
    return {
      observations: [...this.#live].map(([token, { path, format, counter, lastAt }]) => ({
        token,
        path: formatPath(path),
        format,
        counter,
        lastAt,
      })),
      attributes: Object.fromEntries(this.#attributes),
    }
  }

  /** Takes up what an earlier life kept. */
  restore(
    observations: readonly StoredObservation[],
    attributes: Readonly<Record<string, NotificationAttributes>>,
  ): void {
    for (const { token, path, format, counter, lastAt } of observations) {
      this.#live.set(token, {
        token: fromHex(token),
        path: parsePath(path),
        format,
        counter: (counter + COUNTER_LEAP) % OBSERVE_MODULUS,
        lastAt,
        last: undefined,
      })
    }
    for (const [path, attached] of Object.entries(attributes)) this.#attributes.set(path, attached)
  }
}

/** Whether values are worth a notification: gt, lt and st where there are any and the value is one number, else any change. */
function conditionMet(
  { gt, lt, st }: NotificationAttributes,
  nodes: readonly Node[],
  last: readonly Node[] | undefined,
): boolean {
  if (!last) return true
  const before = last.length === 1 ? last[0].value : undefined
  const after = nodes.length === 1 ? nodes[0].value : undefined
  const conditional = gt != null || lt != null || st != null
  if (conditional && typeof before === 'number' && typeof after === 'number') {
    return (
      (gt != null && before > gt !== after > gt) ||
      (lt != null && before < lt !== after < lt) ||
      (st != null && Math.abs(after - before) >= st)
    )
  }
  return (
    nodes.length !== last.length ||
    nodes.some((node, at) => !samePath(node.path, last[at].path) || !sameValue(node.value, last[at].value))
  )
}
