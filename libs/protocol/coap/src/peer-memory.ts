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

/** Words of a row; the last three hold two numbers each. */
const Column = { halfSince: 0, learnedAt: 1, idAndTimeout: 2, strong: 3, weak: 4 } as const

/** What remains of peers with nothing under way: 34 bytes each. */
export class PeerMemory extends KeyedRows {
  #origin = 0

  constructor(maxPeers: number, onEvicted: () => void) {
    super(maxPeers, 5, onEvicted)
  }

  /** A moment as steps since the first one kept, from 1 on; 0 for none. */
  #moment(atMs: number): number {
    if (atMs === 0) return 0
    if (this.#origin === 0) this.#origin = atMs - momentMs
    return Math.max(1, Math.round((atMs - this.#origin) / momentMs))
  }

  #epoch(moment: number): number {
    return moment === 0 ? 0 : this.#origin + moment * momentMs
  }

  save(row: number, state: PeerState): void {
    this.set(row, Column.halfSince, this.#moment(state.halfSince))
    this.set(row, Column.learnedAt, this.#moment(state.learnedAt))
    this.set(row, Column.idAndTimeout, (state.nextMessageId << 16) | steps(state.timeout))
    this.set(row, Column.strong, (steps(state.strong) << 16) | steps(state.strongVariation))
    this.set(row, Column.weak, (steps(state.weak) << 16) | steps(state.weakVariation))
  }

  restore(row: number, state: PeerState): void {
    state.halfSince = this.#epoch(this.get(row, Column.halfSince))
    state.learnedAt = this.#epoch(this.get(row, Column.learnedAt))
    const idAndTimeout = this.get(row, Column.idAndTimeout)
    state.nextMessageId = idAndTimeout >>> 16
    state.timeout = lower(idAndTimeout)
    const strong = this.get(row, Column.strong)
    state.strong = upper(strong)
    state.strongVariation = lower(strong)
    const weak = this.get(row, Column.weak)
    state.weak = upper(weak)
    state.weakVariation = lower(weak)
  }
}

/** Milliseconds of the steps in the upper half of a word. */
function upper(word: number): number {
  return (word >>> 16) * stepMs
}

/** Milliseconds of the steps in the lower half. */
function lower(word: number): number {
  return (word & maxSteps) * stepMs
}
