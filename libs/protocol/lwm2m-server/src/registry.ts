import type { Clock, Random } from '@fieldline/bytes'
import type { Registration } from './ports.js'
import { nameOf } from './same-client.js'
import { TextIndex } from './text-index.js'

const TICK_MS = 1_000
/** How many replaced registrations are remembered, to notice a second client that still uses one. */
const MAX_REPLACED = 10_000

/** A registration that another one of the same endpoint took the place of. */
export interface Replaced {
  readonly endpoint: string
  readonly address: string
}

/** Live registrations by location, endpoint, device and client, and their expiry, one second at a time. */
export class Registry {
  readonly #slots: (Registration | undefined)[] = []
  readonly #freeSlots: number[] = []
  readonly #byLocation: TextIndex
  readonly #byEndpoint: TextIndex
  readonly #byDevice: TextIndex
  readonly #byClient: TextIndex
  readonly #replaced = new Map<string, Replaced>()
  /** second -> registrations that may end in it; checked again when it comes, so that an Update costs no removal */
  readonly #due = new Map<number, Registration[]>()
  #checkedUntil: number
  #stopped = false

  constructor(
    private readonly clock: Clock,
    random: Random,
    private readonly onExpired: (registration: Registration) => void,
  ) {
    const indexBy = (textOf: (registration: Registration) => string): TextIndex =>
      new TextIndex(random, (slot) => textOf(this.#slots[slot]!))
    this.#byLocation = indexBy(({ location }) => location)
    this.#byEndpoint = indexBy(({ endpoint }) => endpoint)
    this.#byDevice = indexBy(({ deviceId }) => deviceId)
    this.#byClient = indexBy(({ peer }) => nameOf(peer))
    this.#checkedUntil = Math.floor(clock.now() / TICK_MS)
    this.#tick()
  }

  get size(): number {
    return this.#byLocation.size
  }

  byLocation(location: string): Registration | undefined {
    return this.#slots[this.#byLocation.find(location)]
  }

  byEndpoint(endpoint: string): Registration | undefined {
    return this.#slots[this.#byEndpoint.find(endpoint)]
  }

  byDevice(deviceId: string): Registration | undefined {
    return this.#slots[this.#byDevice.find(deviceId)]
  }

  /** The registration of whoever speaks from this address, or has proved to be this client. */
  byClient(peer: Registration['peer']): Registration | undefined {
    return this.#slots[this.#byClient.find(nameOf(peer))]
  }

  /** What held this location before it was replaced. */
  replacedAt(location: string): Replaced | undefined {
    return this.#replaced.get(location)
  }

  /** Adds a registration in place of the endpoint's earlier one. */
  add(registration: Registration): void {
    const before = this.byEndpoint(registration.endpoint)
    if (before) {
      this.remove(before)
      this.#replaced.set(before.location, { endpoint: before.endpoint, address: addressOf(before) })
      if (this.#replaced.size > MAX_REPLACED)
        this.#replaced.delete(this.#replaced.keys().next().value as string)
    }
    const slot = this.#freeSlots.pop() ?? this.#slots.length
    this.#slots[slot] = registration
    this.#byLocation.set(slot)
    this.#byEndpoint.set(slot)
    this.#byDevice.set(slot)
    this.#byClient.set(slot)
    this.watch(registration)
  }

  remove(registration: Registration): void {
    const slot = this.#slotOf(registration)
    if (slot < 0) return
    this.#byLocation.delete(slot)
    this.#byEndpoint.delete(slot)
    this.#byDevice.delete(slot)
    this.#byClient.delete(slot)
    this.#slots[slot] = undefined
    this.#freeSlots.push(slot)
  }

  /** Takes note that the client speaks from another address or port now. */
  moved(registration: Registration, peer: Registration['peer']): void {
    const slot = this.#slotOf(registration)
    if (slot >= 0) this.#byClient.delete(slot)
    registration.peer = peer
    if (slot >= 0) this.#byClient.set(slot)
  }

  /** The slot of a registration that lives, or -1. */
  #slotOf(registration: Registration): number {
    const slot = this.#byLocation.find(registration.location)
    return this.#slots[slot] === registration ? slot : -1
  }

  /** Looks at the registration when its present lifetime ends. Call after every change of `expiresAt` to an earlier moment. */
  watch(registration: Registration): void {
    if (!Number.isFinite(registration.expiresAt)) return
    const second = Math.max(Math.ceil(registration.expiresAt / TICK_MS), this.#checkedUntil + 1)
    const due = this.#due.get(second)
    if (due) due.push(registration)
    else this.#due.set(second, [registration])
  }

  stop(): void {
    this.#stopped = true
  }

  #tick(): void {
    if (this.#stopped) return
    const now = this.clock.now()
    const until = Math.floor(now / TICK_MS)
    // after a suspended machine there may be many seconds at once: only those that hold something are visited
    const seconds =
      until - this.#checkedUntil > this.#due.size
        ? [...this.#due.keys()].filter((second) => second <= until)
        : range(this.#checkedUntil + 1, until)
    this.#checkedUntil = Math.max(this.#checkedUntil, until)
    for (const second of seconds) {
      const due = this.#due.get(second)
      this.#due.delete(second)
      for (const registration of due ?? []) this.#check(registration, now)
    }
    this.clock.after(TICK_MS, () => this.#tick())
  }

  #check(registration: Registration, now: number): void {
    if (this.#slotOf(registration) < 0) return
    if (registration.expiresAt > now) return this.watch(registration)
    this.remove(registration)
    this.onExpired(registration)
  }
}

/** `address:port` of a registration's client, an IPv6 address in brackets. */
export function addressOf({ peer }: Pick<Registration, 'peer'>): string {
  return peer.address.includes(':') ? `[${peer.address}]:${peer.port}` : `${peer.address}:${peer.port}`
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
}
