import { bigEndian, join } from '../bytes.js'
import type { Chance } from '../chance.js'

/** SenML labels, with one that must be understood (-1000 is not known to anybody) and one that may be passed over. */
const labels = [-4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 99, -1000]
const names = [
  '/3/0/',
  '0',
  '/3/0/0',
  '6/0',
  '/',
  '',
  '/3441/0/110',
  '/65/0/0/1',
  '/lwm2m/3/0/9',
  'd01/3/0/9',
  '//',
  '70000',
]
const texts = ['vlo', 'n', '66:0', 'x'.repeat(30), 'é€😀', 'value_', '3', 'd01']
const numbers = [
  0,
  1,
  23,
  24,
  255,
  256,
  65_535,
  65_536,
  2 ** 32 - 1,
  2 ** 32,
  1_700_000_000,
  2 ** 53 - 1,
  2 ** 53,
]

/** A head: major type and argument, now and then in more bytes than it needs, of a reserved width or indefinite. */
function head(major: number, argument: number, chance: Chance): Uint8Array {
  const first = major << 5
  if (chance.once(60)) return Uint8Array.of(first | (28 + chance.int(4)))
  const widths = [1, 2, 4, 8]
  const enough = widths.filter((width) => argument < 256 ** width)
  if (argument < 24 && !chance.once(12)) return Uint8Array.of(first | argument)
  const width = chance.once(12) ? chance.pick(enough) : enough[0]
  return join(Uint8Array.of(first | (24 + widths.indexOf(width))), bigEndian(argument, width))
}

function text(chance: Chance, from: readonly string[]): Uint8Array {
  const bytes = new TextEncoder().encode(chance.pick(from))
  if (chance.once(20)) {
    const chunk = (): Uint8Array => join(head(3, bytes.length, chance), bytes)
    return join(0x7f, ...chance.some(0, 3, chunk), 0xff)
  }
  return join(head(3, bytes.length, chance), bytes)
}

function opaque(chance: Chance): Uint8Array {
  const bytes = chance.bytes(chance.int(30))
  if (chance.once(6))
    return join(0x5f, ...chance.some(0, 3, () => join(head(2, bytes.length, chance), bytes)), 0xff)
  return join(head(2, bytes.length, chance), bytes)
}

function float(chance: Chance): Uint8Array {
  const width = chance.pick([2, 4, 8])
  const bits = chance.once(2)
    ? chance.bytes(width)
    : bigEndian(
        chance.pick([0n, 1n, 0x7c00n, 0xfc00n, 0x7e00n, 0x3c00n, 0x7f800000n, 0x7ff8000000000000n]),
        width,
      )
  return join(0xf8 + [2, 4, 8].indexOf(width) + 1, bits)
}

function integer(chance: Chance): Uint8Array {
  if (chance.once(6)) return join(chance.once(2) ? 0x1b : 0x3b, chance.bytes(8))
  return head(chance.int(2), chance.pick(numbers), chance)
}

/** Any item. */
function item(chance: Chance, depth: number): Uint8Array {
  switch (chance.int(depth > 0 ? 11 : 8)) {
    case 0:
    case 1:
      return integer(chance)
    case 2:
      return text(chance, texts)
    case 3:
      return opaque(chance)
    case 4:
      return float(chance)
    case 5:
      return Uint8Array.of(
        0xe0 | chance.pick([20, 21, 22, 23, 24, 31, 0]),
        ...(chance.once(3) ? [chance.int(256)] : []),
      )
    case 6:
      return join(head(6, chance.pick([0, 1, 2, 3, 4, 24, 32, 55_799]), chance), item(chance, depth - 1))
    case 7:
      return text(chance, names)
    case 8:
      return many(chance, 4, () => item(chance, depth - 1))
    case 9:
      return many(chance, 5, () => join(integer(chance), item(chance, depth - 1)))
    default:
      return join(...chance.some(1, 20, () => Uint8Array.of(0x81)), 0)
  }
}

/** An array or a map: as many entries as its head says, or indefinite; seldom another number. */
function many(chance: Chance, major: number, entry: () => Uint8Array): Uint8Array {
  const entries = chance.some(0, 5, entry)
  if (chance.once(6)) return join((major << 5) | 31, ...entries, 0xff)
  return join(head(major, entries.length + (chance.once(40) ? 1 : 0), chance), ...entries)
}

function label(chance: Chance, which = chance.pick(labels)): Uint8Array {
  return which < 0 ? head(1, -1 - which, chance) : head(0, which, chance)
}

function record(chance: Chance): Uint8Array {
  const entries: Uint8Array[] = []
  if (chance.once(3)) entries.push(join(label(chance, -2), text(chance, names)))
  if (chance.once(6)) entries.push(join(label(chance, -3), chance.once(2) ? integer(chance) : float(chance)))
  if (!chance.once(4)) entries.push(join(label(chance, 0), text(chance, names)))
  const value: [number, () => Uint8Array][] = [
    [2, () => integer(chance)],
    [2, () => float(chance)],
    [3, () => text(chance, texts)],
    [4, () => Uint8Array.of(0xf4 + chance.int(3))],
    [8, () => opaque(chance)],
  ]
  if (chance.once(8))
    entries.push(join(0x63, 'vlo', text(chance, ['66:0', '65535:65535', 'FFFF:FFFF', '1:', ':', '70000:1'])))
  else if (!chance.once(6)) {
    const [which, make] = chance.pick(value)
    entries.push(join(label(chance, which), make()))
  }
  if (chance.once(5)) entries.push(join(label(chance, 6), chance.once(2) ? integer(chance) : float(chance)))
  if (chance.once(8))
    entries.push(join(chance.once(3) ? text(chance, texts) : label(chance), item(chance, 2)))
  if (chance.once(12)) entries.push(entries[0] ?? new Uint8Array(0))
  return chance.once(10) ? join(0xbf, ...entries, 0xff) : join(head(5, entries.length, chance), ...entries)
}

/** A SenML pack. */
export function senmlCbor(chance: Chance): Uint8Array {
  const records = chance.some(0, 6, () => record(chance))
  return chance.once(10) ? join(0x9f, ...records, 0xff) : join(head(4, records.length, chance), ...records)
}

const ids = [0, 1, 3, 6, 65, 65_535, 65_536]

function key(chance: Chance): Uint8Array {
  if (chance.once(10)) return text(chance, texts)
  const id = (): Uint8Array => (chance.once(20) ? item(chance, 1) : head(0, chance.pick(ids), chance))
  return chance.once(2) ? id() : many(chance, 4, id)
}

/** Maps in maps, as LwM2M CBOR writes paths. */
export function lwm2mCbor(chance: Chance, depth = 4): Uint8Array {
  return many(chance, 5, () =>
    join(key(chance), depth > 0 && chance.once(2) ? lwm2mCbor(chance, depth - 1) : item(chance, 1)),
  )
}

/** One value. */
export function plainCbor(chance: Chance): Uint8Array {
  return item(chance, 3)
}
