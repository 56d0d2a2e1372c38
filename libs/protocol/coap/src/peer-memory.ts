import { KeyedRows } from './keyed-rows.js'
import type { PeerState } from './peer-table.js'

/** Times are kept in steps of ten milliseconds: a timeout fits into 16 bits. */
const stepMs = 10
const maxSteps = 0xffff
/** Moments are kept in steps of 100 ms since the first one. */
const momentMs = 100

function steps(milliseconds: number): number {
  return Math.min(maxSteps, Math.ceil(milliseconds / stepMs))
}

/** What remains of peers with nothing under way: 37 bytes each. */
export class PeerMemory extends KeyedRows {
  #origin = 0

  constructor(maxPeers: number) {
    super(maxPeers, 5)
  }

  /** A moment as steps since the first one kept, from 1 on; 0 for none. */
  #moment(atMs: number): number {
    if (atMs === 0) return 0
    if (this.#origin === 0) this.#origin = atMs - momentMs
    return Math.max(1, Math.round((atMs - this.#origin) / momentMs))
  }

  save(row: number, state: PeerState): void {
    const at = this.columns(row)
    const { words, halves } = this
    words[at] = this.#moment(state.halfSince)
    words[at + 1] = this.#moment(state.learnedAt)
    const half = (at + 2) * 2
    halves[half] = state.nextMessageId
    halves[half + 1] = steps(state.strong)
    halves[half + 2] = steps(state.strongVariation)
    halves[half + 3] = steps(state.weak)
    halves[half + 4] = steps(state.weakVariation)
    halves[half + 5] = steps(state.timeout)
  }

  restore(row: number, state: PeerState): void {
    const at = this.columns(row)
    const { words, halves } = this
    state.halfSince = words[at] === 0 ? 0 : this.#origin + words[at] * momentMs
    state.learnedAt = words[at + 1] === 0 ? 0 : this.#origin + words[at + 1] * momentMs
    const half = (at + 2) * 2
    state.nextMessageId = halves[half]
    state.strong = halves[half + 1] * stepMs
    state.strongVariation = halves[half + 2] * stepMs
    state.weak = halves[half + 3] * stepMs
    state.weakVariation = halves[half + 4] * stepMs
    state.timeout = halves[half + 5] * stepMs
  }
}
