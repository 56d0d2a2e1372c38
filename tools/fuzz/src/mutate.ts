import { join } from './bytes.js'
import type { Chance } from './chance.js'

const edges = [0, 1, 0x0c, 0x0d, 0x0e, 0x0f, 0x17, 0x18, 0x1f, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xf0, 0xff]

type Mutation = (bytes: Uint8Array, chance: Chance, others: readonly Uint8Array[]) => Uint8Array

/** Cuts `length` bytes out at `at` and puts `between` there. */
function splice(bytes: Uint8Array, at: number, length: number, between: Uint8Array): Uint8Array {
  return join(bytes.subarray(0, at), between, bytes.subarray(at + length))
}

/** A piece of up to `most` bytes. */
function piece(bytes: Uint8Array, chance: Chance, most: number): Uint8Array {
  const from = chance.int(bytes.length + 1)
  return bytes.subarray(from, from + chance.int(most) + 1)
}

const mutations: readonly Mutation[] = [
  function flipBit(bytes, chance) {
    const changed = bytes.slice()
    changed[chance.int(bytes.length)] ^= 1 << chance.int(8)
    return changed
  },
  function setByte(bytes, chance) {
    const changed = bytes.slice()
    changed[chance.int(bytes.length)] = chance.once(2) ? chance.pick(edges) : chance.int(256)
    return changed
  },
  function step(bytes, chance) {
    const changed = bytes.slice()
    changed[chance.int(bytes.length)] += chance.once(2) ? 1 : 255
    return changed
  },
  (bytes, chance) => bytes.subarray(0, chance.int(bytes.length)),
  (bytes, chance) => splice(bytes, chance.int(bytes.length), 1 + chance.int(4), new Uint8Array(0)),
  (bytes, chance) => splice(bytes, chance.int(bytes.length + 1), 0, chance.bytes(1 + chance.int(4))),
  (bytes, chance) => splice(bytes, chance.int(bytes.length + 1), 0, piece(bytes, chance, 32)),
  (bytes, chance, others) =>
    splice(bytes, chance.int(bytes.length + 1), chance.int(8), piece(chance.pick(others), chance, 32)),
  (bytes, chance, others) =>
    join(bytes.subarray(0, chance.int(bytes.length + 1)), piece(chance.pick(others), chance, 512)),
  function repeat(bytes, chance) {
    const repeated = piece(bytes, chance, 16)
    return splice(bytes, chance.int(bytes.length + 1), 0, join(...chance.some(2, 40, () => repeated)))
  },
]

/** Changes bytes one to four times; pieces of `others` may come in. Nothing comes out longer than `most`. */
export function mutate(
  bytes: Uint8Array,
  chance: Chance,
  others: readonly Uint8Array[],
  most = 2048,
): Uint8Array {
  let changed = bytes
  for (let times = 1 + chance.int(4); times > 0; times--) {
    if (changed.length === 0) return chance.bytes(1 + chance.int(8))
    changed = chance.pick(mutations)(changed, chance, others)
  }
  return changed.subarray(0, most)
}
