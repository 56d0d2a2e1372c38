import { RowIndex, Rows } from '@fieldline/bytes'
import type { LatestNotifications } from '@fieldline/coap'
import { samePath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { Interned } from './interned.js'
import type { Observation } from './ports.js'
import type { RegistrationTable } from './registration-table.js'

const tokenBytes = 8
const none = -1

/** Words of a row. */
const Word = {
  tokenHigh: 0,
  tokenLow: 1,
  byToken: 2,
  terms: 3,
  /** The next row of the same device; in the last one `lastOfDevice` and the row of the device. */
  sibling: 4,
  /** The Observe value of the latest notification, plus one; 0 before the first. */
  latest: 5,
  /** When it came, in steps since the first one of all. */
  latestAt: 6,
} as const
const wordsOfRow = 7
const lastOfDevice = 2 ** 31
/** Moments of notifications are kept in steps of 100 ms. */
const stepMs = 100

/** What observations have in common with many others. */
type Terms = Pick<Observation, 'organisationId' | 'origin' | 'pmin' | 'pmax' | 'path'>

/** Whose observations they are. */
export type ObservedDevices = Pick<
  RegistrationTable,
  'findDevice' | 'deviceId' | 'firstObservation' | 'setFirstObservation'
>

/**
 * The observations of all registered devices in 30 bytes each, with the place of the latest notification in their order: rows, an index by token and
 * a chain per device. An `Observation` is made when it is asked for. Tokens have eight bytes, as the endpoint draws them.
 */
export class ObservationTable implements LatestNotifications {
  readonly #rows = new Rows(wordsOfRow)
  readonly #byToken = new RowIndex(this.#rows, Word.byToken, (row) => this.#rows.get(row, Word.tokenLow))
  #firstStep: number | undefined
  /** Terms are few: paths and periods of the plan, per organisation. But a client may have any instances, and others with each Register. */
  readonly #terms = new Interned<Terms>(keyOf, termsOf)

  constructor(private readonly devices: ObservedDevices) {}

  get size(): number {
    return this.#byToken.size
  }

  /**
   * Adds an observation in place of one of the same device and path; one of a device that is not registered is over already. Throws `RangeError`
   * for a token that is not of eight bytes.
   */
  add(observation: Observation): void {
    const { token, deviceId, path } = observation
    if (token.length !== tokenBytes) throw new RangeError(`a token of ${token.length} bytes`)
    const device = this.devices.findDevice(deviceId)
    if (device < 0) return
    const earlier = this.#rowOf(device, path)
    if (earlier !== none) this.#remove(earlier)
    const same = this.#rowByToken(token)
    if (same !== none) this.#remove(same)
    const row = this.#rows.take()
    const first = this.devices.firstObservation(device)
    this.#rows.set(row, Word.tokenHigh, word(token, 0))
    this.#rows.set(row, Word.tokenLow, word(token, 4))
    this.#rows.set(row, Word.terms, this.#terms.take(observation))
    this.#rows.set(row, Word.sibling, first === 0 ? lastOfDevice + device : first - 1)
    this.devices.setFirstObservation(device, row + 1)
    this.#byToken.add(row)
  }

  /** The observation of a token. */
  byToken(token: Uint8Array): Observation | undefined {
    const row = this.#rowByToken(token)
    return row === none ? undefined : this.#at(row, this.#deviceOf(row))
  }

  /** The observation of exactly this path of a device. */
  find(deviceId: string, path: Path): Observation | undefined {
    const device = this.devices.findDevice(deviceId)
    const row = device < 0 ? none : this.#rowOf(device, path)
    return row === none ? undefined : this.#at(row, device)
  }

  /** Forgets an observation, if it is still the one its token names. */
  delete(token: Uint8Array): void {
    const row = this.#rowByToken(token)
    if (row !== none) this.#remove(row)
  }

  /** Forgets all of the device in this row of the devices. */
  deleteRow(device: number): void {
    for (let first = this.devices.firstObservation(device); first !== 0;) {
      this.#remove(first - 1)
      first = this.devices.firstObservation(device)
    }
  }

  latest(token: Uint8Array): { observe: number; atMs: number } | undefined {
    const row = this.#rowByToken(token)
    const latest = row === none ? 0 : this.#rows.get(row, Word.latest)
    if (latest === 0) return undefined
    return { observe: latest - 1, atMs: (this.#firstStep! + this.#rows.get(row, Word.latestAt)) * stepMs }
  }

  remember(token: Uint8Array, observe: number, atMs: number): void {
    const row = this.#rowByToken(token)
    if (row === none) return
    const step = Math.floor(atMs / stepMs)
    this.#firstStep ??= step
    this.#rows.set(row, Word.latest, observe + 1)
    this.#rows.set(row, Word.latestAt, Math.max(0, step - this.#firstStep))
  }

  forget(token: Uint8Array): void {
    const row = this.#rowByToken(token)
    if (row !== none) this.#rows.set(row, Word.latest, 0)
  }

  #at(row: number, device: number): Observation {
    const token = new Uint8Array(tokenBytes)
    const view = new DataView(token.buffer)
    view.setUint32(0, this.#rows.get(row, Word.tokenHigh))
    view.setUint32(4, this.#rows.get(row, Word.tokenLow))
    return {
      token,
      deviceId: this.devices.deviceId(device),
      ...this.#terms.get(this.#rows.get(row, Word.terms)),
    }
  }

  /** The row of the device that an observation belongs to. */
  #deviceOf(row: number): number {
    let sibling = this.#rows.get(row, Word.sibling)
    while (sibling < lastOfDevice) sibling = this.#rows.get(sibling, Word.sibling)
    return sibling - lastOfDevice
  }

  #rowOf(device: number, path: Path): number {
    const first = this.devices.firstObservation(device)
    if (first === 0) return none
    for (let row = first - 1; row < lastOfDevice; row = this.#rows.get(row, Word.sibling))
      if (samePath(this.#terms.get(this.#rows.get(row, Word.terms)).path, path)) return row
    return none
  }

  #rowByToken(token: Uint8Array): number {
    if (token.length !== tokenBytes) return none
    const [high, low] = [word(token, 0), word(token, 4)]
    let row = this.#byToken.first(low)
    while (
      row >= 0 &&
      (this.#rows.get(row, Word.tokenLow) !== low || this.#rows.get(row, Word.tokenHigh) !== high)
    )
      row = this.#byToken.next(row)
    return row
  }

  #remove(row: number): void {
    const device = this.#deviceOf(row)
    const following = this.#rows.get(row, Word.sibling)
    let before = this.devices.firstObservation(device) - 1
    if (before === row) this.devices.setFirstObservation(device, following < lastOfDevice ? following + 1 : 0)
    else {
      while (this.#rows.get(before, Word.sibling) !== row) before = this.#rows.get(before, Word.sibling)
      this.#rows.set(before, Word.sibling, following)
    }
    this.#byToken.remove(row)
    this.#terms.give(this.#rows.get(row, Word.terms))
    this.#rows.give(row)
  }
}

function keyOf({ organisationId, origin, pmin, pmax, path }: Terms): string {
  const { objectId, instanceId, resourceId, resourceInstanceId } = path
  return `${organisationId} ${origin} ${pmin} ${pmax} ${objectId} ${instanceId} ${resourceId} ${resourceInstanceId}`
}

function termsOf({ organisationId, origin, pmin, pmax, path }: Terms): Terms {
  return {
    organisationId,
    origin,
    path,
    ...(pmin !== undefined && { pmin }),
    ...(pmax !== undefined && { pmax }),
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}
