import type { Clock } from '@fieldline/bytes'
import type { Mark } from '@fieldline/devices'
import { defaultOrganisationId } from '@fieldline/store'
import type { DeviceRepository, NewTimelineEntry } from '@fieldline/store'
import type { Registration } from '@fieldline/lwm2m-server'

/** A mark goes when the device was heard for this many expected contacts and the other one was not. */
const QUIET_CONTACTS = 2
const LEAST_QUIET_MS = 60_000

export interface NameConflictsOptions {
  readonly clock: Clock
  readonly devices: Pick<DeviceRepository, 'setMark' | 'clearMark'>
  readonly appendTimeline: (entries: readonly NewTimelineEntry[]) => Promise<void>
  readonly cadenceMs: (deviceId: string) => number
  readonly onChanged: (deviceId: string) => void
  readonly onFailed: (error: unknown) => void
}

/**
 * Two clients that claim one endpoint name: on NoSec nothing tells who is right, so both addresses are shown until one of them is quiet. A
 * device that came back after a restart from another port is cleared by keeping its next contacts alone.
 */
export class NameConflicts {
  readonly #marked = new Map<string, { mark: Extract<Mark, { code: 'name-conflict' }>; lastAt: number }>()

  constructor(private readonly options: NameConflictsOptions) {}

  /** Takes over a mark of an earlier process. */
  restore(deviceId: string, marks: readonly Mark[]): void {
    const mark = marks.find((one) => one.code === 'name-conflict')
    if (mark) this.#marked.set(deviceId, { mark, lastAt: this.options.clock.now() })
  }

  noticed(
    { deviceId, organisationId = defaultOrganisationId }: Registration,
    pair: readonly [string, string],
  ): void {
    const now = this.options.clock.now()
    const addresses = [...pair].sort()
    const known = this.#marked.get(deviceId)
    const same = known?.mark.addresses.join() === addresses.join()
    const mark = same
      ? known.mark
      : ({ code: 'name-conflict', since: known?.mark.since ?? now, addresses } as const)
    this.#marked.set(deviceId, { mark, lastAt: now })
    if (same) return
    const fact = { kind: 'name-conflict', addresses } as const
    Promise.all([
      this.options.devices.setMark(deviceId, mark),
      this.options.appendTimeline([{ organisationId, deviceId, at: now, fact }]),
    ]).then(
      () => this.options.onChanged(deviceId),
      (error: unknown) => this.options.onFailed(error),
    )
  }

  /** The holder of the name was heard. */
  heard({ deviceId }: Registration, now: number): void {
    const known = this.#marked.get(deviceId)
    if (
      !known ||
      now - known.lastAt < Math.max(LEAST_QUIET_MS, QUIET_CONTACTS * this.options.cadenceMs(deviceId))
    )
      return
    this.#marked.delete(deviceId)
    this.options.devices.clearMark(deviceId, 'name-conflict').then(
      () => this.options.onChanged(deviceId),
      (error: unknown) => this.options.onFailed(error),
    )
  }
}
