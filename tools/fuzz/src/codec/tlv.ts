import { bigEndian, join } from '../bytes.js'
import type { Chance } from '../chance.js'

const ids = [0, 1, 2, 3, 6, 7, 9, 13, 16, 110, 150, 170, 255, 256, 65_535]

/** One entry: its identifier in one or two bytes, its length in three bits or one to three bytes, now and then wrong. */
function entry(kind: number, id: number, value: Uint8Array, chance: Chance): Uint8Array {
  const length = chance.once(40) ? value.length + chance.int(5) - 2 : value.length
  const wide = id > 255 || chance.once(20)
  const least = length < 8 ? 0 : length < 256 ? 1 : length < 65_536 ? 2 : 3
  const lengthBytes = chance.once(20) ? Math.max(least, chance.int(4)) : least
  const head = (kind << 6) | (wide ? 0x20 : 0) | (lengthBytes << 3) | (lengthBytes === 0 ? length & 7 : 0)
  return join(head, bigEndian(id, wide ? 2 : 1), bigEndian(length, lengthBytes), value)
}

function value(chance: Chance): Uint8Array {
  switch (chance.int(6)) {
    case 0:
      return chance.bytes(chance.pick([1, 2, 4, 8]))
    case 1:
      return join(chance.pick(['U', 'Open Mobile Alliance', '', '+02:00', '</1/0>,</3/0>', 'é']))
    case 2:
      return chance.bytes(chance.int(12))
    case 3:
      return Uint8Array.of(chance.int(3))
    case 4:
      return bigEndian(chance.pick([0, 1, 2 ** 31, 0x42_0000, 0xffff_ffff]), 4)
    default:
      return chance.once(20) ? new Uint8Array(chance.pick([255, 256, 1000])) : chance.bytes(8)
  }
}

const objectInstance = 0
const resourceInstance = 1
const multiple = 2
const resource = 3

function resources(chance: Chance): Uint8Array {
  return join(
    ...chance.some(0, 6, () =>
      chance.once(4)
        ? entry(multiple, chance.pick(ids), join(...chance.some(0, 4, () => instance(chance))), chance)
        : entry(chance.once(30) ? chance.int(4) : resource, chance.pick(ids), value(chance), chance),
    ),
  )
}

function instance(chance: Chance): Uint8Array {
  return entry(chance.once(30) ? chance.int(4) : resourceInstance, chance.pick(ids), value(chance), chance)
}

/** A payload: object instances, bare resources, or bare resource instances. */
export function tlv(chance: Chance): Uint8Array {
  switch (chance.int(3)) {
    case 0:
      return join(
        ...chance.some(0, 3, () => entry(objectInstance, chance.pick(ids), resources(chance), chance)),
      )
    case 1:
      return resources(chance)
    default:
      return join(...chance.some(0, 4, () => instance(chance)))
  }
}
