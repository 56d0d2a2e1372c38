import type { Random } from '@fieldline/bytes'
import { samePath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import type { Observation } from './ports.js'
import { TextIndex } from './text-index.js'

const tokenBytes = 8
/** No row. */
const none = 0xffffffff
const initialRows = 1_024

/** What observations have in common with many others: kept once. */
type Terms = Pick<Observation, 'organisationId' | 'origin' | 'pmin' | 'pmax' | 'path'>

/**
 * The observations of all devices in 30 to 40 bytes each: columns of typed arrays, an index by token and a chain per device. An `Observation` is
 * made when it is asked for. Tokens have eight bytes, as the endpoint draws them.
 */
export class ObservationTable {
  #tokens = new Uint32Array(2 * initialRows)
  #terms = new Uint32Array(initialRows)
  /** The next row of the same device, or the next free one. */
  #next = new Uint32Array(initialRows)
  /** The slot of its device; `none` where the row is free. */
  #devices = new Uint32Array(initialRows)
  /** Rows by token: open addressing, at most three quarters full. */
  #index = new Uint32Array(2 * initialRows).fill(none)
  #free = none
  #rows = 0
  #size = 0
  /** Slots of devices that are observed: their ids, and the first row of each. */
  readonly #deviceIds: string[] = []
  readonly #first: number[] = []
  readonly #freeSlots: number[] = []
  readonly #slots: TextIndex
  /** Terms are few: paths and periods of the plan, per organisation. */
  readonly #knownTerms: Terms[] = []
  readonly #termsByKey = new Map<string, number>()

  constructor(random: Random) {
    this.#slots = new TextIndex(random, (slot) => this.#deviceIds[slot])
  }

  get size(): number {
    return this.#size
  }

  /** Adds an observation in place of one of the same device and path. Throws `RangeError` for a token that is not of eight bytes. */
  add(observation: Observation): void {
    const { token, deviceId, path } = observation
    if (token.length !== tokenBytes) throw new RangeError(`a token of ${token.length} bytes`)
    const earlier = this.#rowOf(deviceId, path)
    if (earlier !== none) this.#remove(earlier)
    const same = this.#rowByToken(token)
    if (same !== none) this.#remove(same)
    const row = this.#takeRow()
    const slot = this.#slotFor(deviceId)
    this.#tokens[2 * row] = word(token, 0)
    this.#tokens[2 * row + 1] = word(token, 4)
    this.#terms[row] = this.#termsOf(observation)
    this.#devices[row] = slot
    this.#next[row] = this.#first[slot]
    this.#first[slot] = row
    this.#size++
    if (4 * this.#size > 3 * this.#index.length) this.#reindex()
    else this.#insert(row)
  }

  /** The observation of a token. */
  byToken(token: Uint8Array): Observation | undefined {
    return token.length === tokenBytes ? this.#at(this.#rowByToken(token)) : undefined
  }

  /** The observation of exactly this path of a device. */
  find(deviceId: string, path: Path): Observation | undefined {
    return this.#at(this.#rowOf(deviceId, path))
  }

  /** Forgets an observation, if it is still the one its token names. */
  delete(token: Uint8Array): void {
    const row = token.length === tokenBytes ? this.#rowByToken(token) : none
    if (row !== none) this.#remove(row)
  }

  /** Forgets all of a device. */
  deleteDevice(deviceId: string): void {
    let row = this.#firstOf(deviceId)
    while (row !== none) {
      const following = this.#next[row]
      this.#remove(row)
      row = following
    }
  }

  #at(row: number): Observation | undefined {
    if (row === none) return undefined
    const token = new Uint8Array(tokenBytes)
    const view = new DataView(token.buffer)
    view.setUint32(0, this.#tokens[2 * row])
    view.setUint32(4, this.#tokens[2 * row + 1])
    return { token, deviceId: this.#deviceIds[this.#devices[row]], ...this.#knownTerms[this.#terms[row]] }
  }

  #firstOf(deviceId: string): number {
    const slot = this.#slots.find(deviceId)
    return slot < 0 ? none : this.#first[slot]
  }

  #slotFor(deviceId: string): number {
    const known = this.#slots.find(deviceId)
    if (known >= 0) return known
    const slot = this.#freeSlots.pop() ?? this.#deviceIds.length
    this.#deviceIds[slot] = deviceId
    this.#first[slot] = none
    this.#slots.set(slot)
    return slot
  }

  #rowOf(deviceId: string, path: Path): number {
    let row = this.#firstOf(deviceId)
    while (row !== none && !samePath(this.#knownTerms[this.#terms[row]].path, path)) row = this.#next[row]
    return row
  }

  #rowByToken(token: Uint8Array): number {
    const [high, low] = [word(token, 0), word(token, 4)]
    const mask = this.#index.length - 1
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const row = this.#index[at]
      if (row === none || (this.#tokens[2 * row] === high && this.#tokens[2 * row + 1] === low)) return row
    }
  }

  #takeRow(): number {
    const free = this.#free
    if (free !== none) {
      this.#free = this.#next[free]
      return free
    }
    if (this.#rows === this.#terms.length) {
      this.#tokens = grown(this.#tokens)
      this.#terms = grown(this.#terms)
      this.#next = grown(this.#next)
      this.#devices = grown(this.#devices)
    }
    return this.#rows++
  }

  #remove(row: number): void {
    const slot = this.#devices[row]
    const first = this.#first[slot]
    if (first === row) {
      this.#first[slot] = this.#next[row]
      if (this.#next[row] === none) this.#freeSlot(slot)
    } else {
      let before = first
      while (this.#next[before] !== row) before = this.#next[before]
      this.#next[before] = this.#next[row]
    }
    this.#unindex(row)
    this.#devices[row] = none
    this.#next[row] = this.#free
    this.#free = row
    this.#size--
  }

  #freeSlot(slot: number): void {
    this.#slots.delete(slot)
    this.#deviceIds[slot] = ''
    this.#freeSlots.push(slot)
  }

  #insert(row: number): void {
    const mask = this.#index.length - 1
    let at = this.#tokens[2 * row + 1] & mask
    while (this.#index[at] !== none) at = (at + 1) & mask
    this.#index[at] = row
  }

  #reindex(): void {
    this.#index = new Uint32Array(2 * this.#index.length).fill(none)
    for (let row = 0; row < this.#rows; row++) if (this.#devices[row] !== none) this.#insert(row)
  }

  /** Closes the gap that a removal leaves in its run of the index. */
  #unindex(row: number): void {
    const index = this.#index
    const mask = index.length - 1
    let gap = this.#tokens[2 * row + 1] & mask
    while (index[gap] !== row) gap = (gap + 1) & mask
    for (let at = (gap + 1) & mask; index[at] !== none; at = (at + 1) & mask) {
      const home = this.#tokens[2 * index[at] + 1] & mask
      // it may move back only as far as its own place
      if (((at - home) & mask) < ((at - gap) & mask)) continue
      index[gap] = index[at]
      gap = at
    }
    index[gap] = none
  }

  #termsOf({ organisationId, origin, pmin, pmax, path }: Observation): number {
    const { objectId, instanceId, resourceId, resourceInstanceId } = path
    const key = `${organisationId} ${origin} ${pmin} ${pmax} ${objectId} ${instanceId} ${resourceId} ${resourceInstanceId}`
    const known = this.#termsByKey.get(key)
    if (known !== undefined) return known
    const terms: Terms = {
      organisationId,
      origin,
      path,
      ...(pmin !== undefined && { pmin }),
      ...(pmax !== undefined && { pmax }),
    }
    this.#termsByKey.set(key, this.#knownTerms.length)
    return this.#knownTerms.push(terms) - 1
  }
}

function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
}

/** A quarter longer: of what doubles, a quarter lies idle on the average. */
function grown(column: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length + (column.length >> 2))
  larger.set(column)
  return larger
}
