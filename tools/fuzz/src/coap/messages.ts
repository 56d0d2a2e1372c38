import { bigEndian, join } from '../bytes.js'
import type { Chance } from '../chance.js'
import { mutate } from '../mutate.js'

/** Stands for the location that a server gave this peer, which nobody knows before. */
export const locationMark = new Uint8Array(12).fill(0xc4)

/** Stands for the Echo value that an endpoint gave this peer. */
export const echoMark = new Uint8Array(14).fill(0xe7)

/** What the handler of the endpoint under test does, by the first segment of the path; see `endpoint-world`. */
export const behaviours = ['now', 'later', 'separate', 'long', 'silent', 'refuse', 'fail', 'fresh', 'observe', 'location', 'etag'] as const // prettier-ignore

const segments = [...behaviours, 'rd', 'dp', 'bs', '3', '0', '', 'é', 'x'.repeat(300)]
const queries = ['ep=a', 'lt=60', 'lwm2m=1.1', 'b=U', 'Q', 'pmin=1', '=', 'lt=']

type OptionMaker = (chance: Chance) => Uint8Array | string

function uint(chance: Chance, most: number): Uint8Array {
  if (chance.once(6)) return chance.bytes(chance.int(6))
  const value = chance.pick([0, 1, 2, 40, 60, 110, 112, 255, 256, 11_542, 65_535, 2 ** 24 - 1])
  let length = 0
  while (value >= 256 ** length && length < most) length++
  return bigEndian(value, length)
}

function block(chance: Chance): Uint8Array {
  const num = chance.pick([0, 0, 1, 2, 3, 15, 16, 4095, 0xf_ffff])
  const value = num * 16 + (chance.once(2) ? 8 : 0) + chance.pick([0, 0, 2, 2, 6, 7])
  if (value === 0 && chance.once(2)) return new Uint8Array(0)
  return bigEndian(value, value < 256 ? 1 : value < 65_536 ? 2 : 3)
}

/** Options by number, with values that mostly fit. */
const makers: readonly (readonly [number, OptionMaker])[] = [
  [1, (chance) => chance.bytes(chance.int(10))],
  [3, () => 'example.com'],
  [4, (chance) => chance.bytes(chance.int(10))],
  [5, (chance) => (chance.once(5) ? 'x' : '')],
  [6, (chance) => uint(chance, 3)],
  [7, (chance) => uint(chance, 2)],
  [8, (chance) => chance.pick(segments)],
  [11, (chance) => chance.pick(segments)],
  [11, (chance) => chance.pick(behaviours)],
  [12, (chance) => uint(chance, 2)],
  [14, (chance) => uint(chance, 4)],
  [15, (chance) => chance.pick(queries)],
  [17, (chance) => uint(chance, 2)],
  [20, (chance) => chance.pick(queries)],
  [23, block],
  [27, block],
  [28, (chance) => uint(chance, 4)],
  [35, () => 'coap://x/'],
  [39, () => 'http'],
  [60, (chance) => uint(chance, 4)],
  [252, (chance) => chance.bytes(chance.int(42))],
  [
    258,
    (chance) => chance.pick([new Uint8Array(0), Uint8Array.of(2), Uint8Array.of(26), Uint8Array.of(0, 8)]),
  ],
  [292, (chance) => chance.bytes(chance.int(10))],
  [2053, (chance) => chance.bytes(2)],
]

function extended(value: number): { nibble: number; bytes: Uint8Array } {
  if (value < 13) return { nibble: value, bytes: new Uint8Array(0) }
  if (value < 269) return { nibble: 13, bytes: Uint8Array.of(value - 13) }
  return { nibble: 14, bytes: bigEndian(value - 269, 2) }
}

function option(delta: number, value: Uint8Array): Uint8Array {
  const number = extended(delta)
  const length = extended(value.length)
  return join((number.nibble << 4) | length.nibble, number.bytes, length.bytes, value)
}

const requestCodes = [1, 1, 2, 2, 3, 4, 5, 6, 7]
const responseCodes = [
  0x41, 0x42, 0x43, 0x44, 0x45, 0x45, 0x45, 0x5f, 0x80, 0x81, 0x82, 0x84, 0x88, 0x8d, 0x8f, 0xa0, 0xa3,
]

/** What a message is for: its code follows from it. */
export type Purpose = 'request' | 'response' | 'any'

/** The bytes of one message, right in its structure; seldom with a code of another kind. */
export function message(chance: Chance, purpose: Purpose): Uint8Array {
  const request = purpose === 'any' ? chance.once(2) : purpose === 'request'
  const code = chance.once(20) ? chance.int(256) : chance.pick(request ? requestCodes : responseCodes)
  const type = request ? (chance.once(4) ? 1 : 0) : chance.pick([0, 1, 2, 2])
  const tokenLength = chance.once(25) ? chance.pick([9, 13, 20, 64, 65, 300]) : chance.pick([0, 2, 4, 8])
  const token = extended(tokenLength)
  // few Message IDs and tokens, so that duplicates and bodies in several blocks come about
  const head = Uint8Array.of(0x40 | (type << 4) | token.nibble, code, 0, chance.int(24))
  const options = chance.some(0, 5, () => chance.pick(makers)).sort(([a], [b]) => a - b)
  let last = 0
  const written = options.map(([number, make]) => {
    const delta = number - last
    last = number
    return option(delta, join(make(chance)))
  })
  const payload = chance.once(2) ? join(0xff, chance.bytes(chance.pick([1, 8, 16, 64, 64, 64, 200]))) : ''
  const tokenBytes = new Uint8Array(tokenLength).fill(chance.int(3))
  return join(head, token.bytes, tokenBytes, ...written, payload)
}

/** A datagram: a message of the corpus or a new one, changed more often than not. */
export function datagram(
  chance: Chance,
  corpus: readonly Uint8Array[],
  purpose: Purpose = 'any',
): Uint8Array {
  const made = chance.once(2) ? chance.pick(corpus) : message(chance, purpose)
  return chance.once(2) ? made : mutate(made, chance, corpus, 1500)
}

/** A Block option: number, whether more follow, and the size as an exponent, 2 for 64 bytes. */
function blockValue(num: number, more: boolean, szx: number): Uint8Array {
  const value = num * 16 + (more ? 8 : 0) + szx
  return value === 0 ? new Uint8Array(0) : bigEndian(value, value < 256 ? 1 : 2)
}

/** Writes options, in ascending order of number. */
function optionsOf(...values: readonly (readonly [number, Uint8Array])[]): Uint8Array {
  let last = 0
  return join(
    ...values.map(([number, value]) => {
      const written = option(number - last, value)
      last = number
      return written
    }),
  )
}

const path = 11
const block2 = 23
const block1 = 27
const size1 = 60
const szx = 2

/** Message `index` of a body that travels to a path in blocks of 64 bytes. */
export function blockOfBody(chance: Chance, to: string, index: number, last: boolean): Uint8Array {
  return join(
    Uint8Array.of(0x42, 3, 1, chance.int(250), 9, 9),
    optionsOf(
      [path, join(to)],
      [block1, blockValue(index, !last, szx)],
      ...(chance.once(6) ? [[size1, bigEndian(200, 1)] as const] : []),
    ),
    0xff,
    new Uint8Array(last ? 20 : 64).fill(index),
  )
}

/** Asks for block `index` of what a path has. */
export function askForBlock(chance: Chance, of: string, index: number): Uint8Array {
  const head = Uint8Array.of(0x42, 1, 2, chance.int(250), 9, 9)
  return join(head, optionsOf([path, join(of)], [block2, blockValue(index, false, chance.once(6) ? 1 : szx)]))
}

/** What a peer says to block `index` of a body of 300 bytes: go on, done, smaller please, or begin again. */
export function answerToBlock(chance: Chance, index: number, last: boolean): Uint8Array {
  const acknowledgement = (code: number): Uint8Array => Uint8Array.of(0x60, code, 0, 0)
  if (chance.once(12)) return join(acknowledgement(0x8d), optionsOf([block1, blockValue(0, true, 1)]))
  if (chance.once(12)) return acknowledgement(0x88)
  if (chance.once(12)) return join(acknowledgement(0x5f), optionsOf([block1, blockValue(index, true, 1)]))
  return join(acknowledgement(last ? 0x44 : 0x5f), optionsOf([block1, blockValue(index, !last, szx)]))
}

/** Block `index` of a representation, as an acknowledgement or a message of its own; the first may be a notification. */
export function blockOfAnswer(chance: Chance, index: number, last: boolean, observe?: number): Uint8Array {
  const etag = chance.once(6) ? chance.bytes(2) : Uint8Array.of(1)
  const head = Uint8Array.of(
    observe === undefined ? 0x60 : chance.once(3) ? 0x50 : 0x40,
    0x45,
    3,
    chance.int(250),
  )
  return join(
    head,
    optionsOf(
      ...(chance.once(2) ? [[4, etag] as const] : []),
      ...(observe === undefined ? [] : [[6, Uint8Array.of(observe)] as const]),
      [block2, blockValue(index, !last, chance.once(15) ? 1 : szx)],
      ...(chance.once(10) ? [[28, bigEndian(chance.pick([256, 70_000]), 4)] as const] : []),
    ),
    0xff,
    new Uint8Array(last ? 20 : 64).fill(index),
  )
}

/** A request that must be fresh, with the Echo value that its peer was given. */
export function freshRequest(chance: Chance): Uint8Array {
  const head = Uint8Array.of(0x42, 1, 4, chance.int(250), 9, 9)
  return join(head, optionsOf([path, join('fresh')], [252, echoMark]))
}

/** A demand to prove freshness, of a request that we sent. */
export function echoDemand(chance: Chance): Uint8Array {
  return join(Uint8Array.of(0x60, 0x81, 0, 0), optionsOf([252, chance.bytes(1 + chance.int(8))]))
}
