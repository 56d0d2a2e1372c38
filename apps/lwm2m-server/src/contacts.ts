import { ModelCadences, extendForDowntime, isCadenceLearned, onContact } from '@fieldline/devices'
import type { ContactSettings, ContactState } from '@fieldline/devices'
import type { Clock, Timer } from '@fieldline/bytes'
import { defaultAwakeWindowMs } from '@fieldline/lwm2m-server'
import type { Registration } from '@fieldline/lwm2m-server'
import type { ContactUpdate } from '@fieldline/store'
import { sessionOf } from './session-peer.js'

const FLUSH_MS = 500
const MAX_PER_FLUSH = 2_000
/**
 * Where its model has no default either, a device is taken to be heard at least twice within its lifetime. When it was not, it is silent: sooner than
 * by the usual number of contacts, which would be after its registration has lapsed.
 */
const LIFETIME_SHARE = 0.4
const MISSED_OF_LIFETIME = 2

export interface ContactsOptions {
  readonly clock: Clock
  readonly assumedCadenceSeconds: number
  /** Writes contacts; gives the ids of devices that are no more. */
  readonly flush: (updates: readonly ContactUpdate[]) => Promise<readonly string[]>
  /** Told of devices that were heard and are no more. */
  readonly onRemoved: (deviceIds: readonly string[]) => void
  /** Told the devices whose contact is now in the database. */
  readonly onFlushed: (deviceIds: readonly string[]) => void
  readonly onFailed: (error: unknown) => void
}

/**
 * Learns from every uplink when the next one is due, and carries it into the database a moment later, many devices at once: an Update is
 * answered from memory.
 */
export class Contacts {
  readonly #states = new Map<string, ContactState>()
  readonly #models = new ModelCadences()
  readonly #dirty = new Map<string, { registration: Registration; absentSince?: number }>()
  #timer: Timer | undefined
  #flushing: Promise<boolean> = Promise.resolve(true)

  constructor(private readonly options: ContactsOptions) {}

  /** Takes over what an earlier process learned; nobody has listened since `lastListened` (epoch milliseconds). */
  restore(deviceId: string, state: ContactState, lastListened: number): void {
    this.#states.set(deviceId, extendForDowntime(state, lastListened, this.options.clock.now()))
  }

  /** What is known of a device's contacts. */
  stateOf(deviceId: string): ContactState | undefined {
    return this.#states.get(deviceId)
  }

  /** One uplink. */
  heard(registration: Registration, now: number): void {
    const { deviceId, queueMode } = registration
    const before = this.#states.get(deviceId)
    const learned = before !== undefined && isCadenceLearned(before)
    const state = onContact(before, now, {
      queueMode,
      awakeWindowSeconds: defaultAwakeWindowMs / 1_000,
      ...(learned ? { modelDefaultCadenceSeconds: before.cadenceSeconds } : this.#assumed(registration, now)),
    })
    this.#states.set(deviceId, state)
    if (!learned || state.cadenceSeconds !== before.cadenceSeconds) this.#note(registration, state)
    const absentSince = this.#dirty.get(deviceId)?.absentSince ?? before?.lastContactAt
    this.#dirty.set(deviceId, { registration, absentSince })
    this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.flush())
  }

  #assumed(
    registration: Registration,
    now: number,
  ): Pick<ContactSettings, 'modelDefaultCadenceSeconds' | 'missed'> {
    const { assumedCadenceSeconds } = this.options
    const ofModel = this.#models.defaultOf(modelOf(registration), now)
    if (ofModel !== undefined) return { modelDefaultCadenceSeconds: ofModel }
    const ofLifetime = registration.lifetime * LIFETIME_SHARE
    return registration.lifetime > 0 && ofLifetime < assumedCadenceSeconds
      ? { modelDefaultCadenceSeconds: ofLifetime, missed: MISSED_OF_LIFETIME }
      : { modelDefaultCadenceSeconds: assumedCadenceSeconds }
  }

  #note(registration: Registration, state: ContactState): void {
    const cadence = isCadenceLearned(state) ? state.cadenceSeconds : null
    this.#models.note(modelOf(registration), registration.deviceId, cadence)
  }

  /** Writes deadlines of restored devices, too: they moved by our downtime. */
  touch(registration: Registration): void {
    const state = this.#states.get(registration.deviceId)
    if (!state) return
    this.#note(registration, state)
    if (this.#dirty.has(registration.deviceId)) return
    this.#dirty.set(registration.deviceId, { registration })
    this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.flush())
  }

  /** Writes what is not written yet, up to a number at a time. False when the database did not take it. */
  flush(): Promise<boolean> {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#flushing = this.#flushing.then(() => this.#write())
    return this.#flushing
  }

  /** Writes all that has been heard until now. False when the database did not take it. */
  async drain(): Promise<boolean> {
    for (let left = Math.ceil(this.#dirty.size / MAX_PER_FLUSH); left > 0; left--)
      if (!(await this.flush())) return false
    return true
  }

  async #write(): Promise<boolean> {
    const taken = [...this.#dirty.entries()].slice(0, MAX_PER_FLUSH)
    for (const [deviceId] of taken) this.#dirty.delete(deviceId)
    const updates = taken.flatMap(([deviceId, { registration, absentSince }]): ContactUpdate[] => {
      const contact = this.#states.get(deviceId)
      const { location, peer, expiresAt, updatedAt } = registration
      if (!contact) return []
      const { address, port } = peer
      const session = sessionOf(peer)
      return [{ deviceId, location, contact, expiresAt, updatedAt, address, port, session, absentSince }]
    })
    let written = false
    try {
      const removed = await this.options.flush(updates)
      for (const deviceId of removed) this.#states.delete(deviceId)
      if (removed.length > 0) this.options.onRemoved(removed)
      written = true
      if (updates.length > 0) this.options.onFlushed(updates.map((update) => update.deviceId))
    } catch (error) {
      this.options.onFailed(error)
      for (const [deviceId, entry] of taken) if (!this.#dirty.has(deviceId)) this.#dirty.set(deviceId, entry)
    }
    if (this.#dirty.size > 0) this.#timer ??= this.options.clock.after(FLUSH_MS, () => void this.flush())
    return written
  }
}

/** Devices that register alike are of one model, as far as contacts go. */
function modelOf({ objectLinks, version, lifetime, binding }: Registration): string {
  return `${version} ${lifetime} ${binding} ${objectLinks.text}`
}
