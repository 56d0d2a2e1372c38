import type { Clock, Random } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import { Endings } from './endings.js'
import { LiveRegistration } from './live-registration.js'
import { ObservationTable } from './observation-table.js'
import { nameOfAddress } from './peer-columns.js'
import type { Registration } from './ports.js'
import { RegistrationTable } from './registration-table.js'

const TICK_MS = 1_000
/** How many replaced registrations are remembered, to notice a second client that still uses one. */
const MAX_REPLACED = 10_000

/** A registration that another one of the same endpoint took the place of. */
export interface Replaced {
  readonly endpoint: string
  readonly address: string
}

/** Live registrations by location, endpoint, device and client, and their expiry, looked for every second. */
export class Registry {
  /** The observations of their devices; they end with the registration. */
  readonly observations: ObservationTable
  readonly #table: RegistrationTable
  #endings = new Endings()
  readonly #replaced = new Map<string, Replaced>()
  #stopped = false

  constructor(
    private readonly clock: Clock,
    random: Random,
    private readonly onExpired: (registration: LiveRegistration) => void,
  ) {
    this.#table = new RegistrationTable(random)
    this.observations = new ObservationTable(this.#table)
    this.#tick()
  }

  get size(): number {
    return this.#table.size
  }

  byLocation(location: string): LiveRegistration | undefined {
    return this.#at(this.#table.findLocation(location))
  }

  byEndpoint(endpoint: string): LiveRegistration | undefined {
    return this.#at(this.#table.findEndpoint(endpoint))
  }

  byDevice(deviceId: string): LiveRegistration | undefined {
    return this.#at(this.#table.findDevice(deviceId))
  }

  /** The registration of whoever speaks from this address, or has proved to be this client. */
  byClient(peer: Peer): LiveRegistration | undefined {
    return this.#at(this.#table.findClient(peer))
  }

  #at(row: number): LiveRegistration | undefined {
    if (row < 0) return undefined
    return new LiveRegistration(this.#table, row, this.#table.serial(row), this.#endings)
  }

  /** What held this location before it was replaced. */
  replacedAt(location: string): Replaced | undefined {
    return this.#replaced.get(location)
  }

  /** Adds a registration in place of the endpoint's earlier one. Throws `RangeError` for a text of more than 1,000 characters. */
  add(registration: Registration): LiveRegistration {
    const before = this.byEndpoint(registration.endpoint)
    const row = this.#table.add(registration)
    if (before) {
      this.remove(before)
      this.#replaced.set(before.location, { endpoint: before.endpoint, address: addressOf(before) })
      if (this.#replaced.size > MAX_REPLACED)
        this.#replaced.delete(this.#replaced.keys().next().value as string)
    }
    return new LiveRegistration(this.#table, row, this.#table.serial(row), this.#endings)
  }

  /** Ends a registration and the observations of its device. */
  remove(registration: LiveRegistration): void {
    if (!registration.isLive) return
    const { row } = registration
    this.observations.deleteRow(row)
    this.#endings = this.#endings.add(this.#table.serial(row), registration.values())
    this.#table.remove(row)
  }

  stop(): void {
    this.#stopped = true
  }

  #tick(): void {
    if (this.#stopped) return
    this.#endings = this.#endings.next()
    const due = this.#table.due(this.clock.now()).map((row) => this.#at(row)!)
    for (const registration of due) {
      if (!registration.isLive) continue
      this.remove(registration)
      this.onExpired(registration)
    }
    this.clock.after(TICK_MS, () => this.#tick())
  }
}

/** `address:port` of a registration's client, an IPv6 address in brackets. */
export function addressOf({ peer }: Pick<Registration, 'peer'>): string {
  return nameOfAddress(peer.address, peer.port)
}
