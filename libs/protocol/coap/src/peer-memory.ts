import { KeyedRows, lengthened } from './keyed-rows.js'
import type { PeerState } from './peer-table.js'

/** Times are kept in steps of ten milliseconds: a timeout fits into 16 bits. */
const stepMs = 10
const maxSteps = 0xffff
/** Moments are kept in steps of 100 ms since the first one. */
const momentMs = 100

function steps(milliseconds: number): number {
  return Math.min(maxSteps, Math.ceil(milliseconds / stepMs))
}

/** What remains of peers with nothing under way: 44 bytes each. */
export class PeerMemory extends KeyedRows {
  #nextIds = new Uint16Array()
  #halves = new Uint32Array()
  #strong = new Uint16Array()
  #strongVariations = new Uint16Array()
  #weak = new Uint16Array()
  #weakVariations = new Uint16Array()
  #timeouts = new Uint16Array()
  #learned = new Uint32Array()
  #origin = 0

  protected override resize(capacity: number): void {
    this.#nextIds = lengthened(this.#nextIds, capacity)
    this.#halves = lengthened(this.#halves, capacity)
    this.#strong = lengthened(this.#strong, capacity)
    this.#strongVariations = lengthened(this.#strongVariations, capacity)
    this.#weak = lengthened(this.#weak, capacity)
    this.#weakVariations = lengthened(this.#weakVariations, capacity)
    this.#timeouts = lengthened(this.#timeouts, capacity)
    this.#learned = lengthened(this.#learned, capacity)
  }

  /** A moment as steps since the first one kept, from 1 on; 0 for none. */
  #moment(atMs: number): number {
    if (atMs === 0) return 0
    if (this.#origin === 0) this.#origin = atMs - momentMs
    return Math.max(1, Math.round((atMs - this.#origin) / momentMs))
  }

  save(row: number, state: PeerState): void {
    this.touch(row)
    this.#nextIds[row] = state.nextMessageId
    this.#halves[row] = this.#moment(state.halfSince)
    this.#strong[row] = steps(state.strong)
    this.#strongVariations[row] = steps(state.strongVariation)
    this.#weak[row] = steps(state.weak)
    this.#weakVariations[row] = steps(state.weakVariation)
    this.#timeouts[row] = steps(state.timeout)
    this.#learned[row] = this.#moment(state.learnedAt)
  }

  restore(row: number, state: PeerState): void {
    state.nextMessageId = this.#nextIds[row]
    state.halfSince = this.#halves[row] === 0 ? 0 : this.#origin + this.#halves[row] * momentMs
    state.strong = this.#strong[row] * stepMs
    state.strongVariation = this.#strongVariations[row] * stepMs
    state.weak = this.#weak[row] * stepMs
    state.weakVariation = this.#weakVariations[row] * stepMs
    state.timeout = this.#timeouts[row] * stepMs
    state.learnedAt = this.#learned[row] === 0 ? 0 : this.#origin + this.#learned[row] * momentMs
  }
}
