import { ByteReader } from '@fieldline/bytes'
import { normaliseInteger } from '@fieldline/object-model'
import { badPayload } from '../errors.js'
import { fromUtf8 } from '../utf8.js'

/** Deepest nesting, tags included; LwM2M payloads need 6. */
const MAX_DEPTH = 12
/** Most items in one payload. */
const MAX_ITEMS = 200_000

/** A floating-point number, kept apart from an integer of the same value. */
export interface CborFloat {
  readonly float: number
}
export interface CborTag {
  readonly tag: number | bigint
  readonly content: CborItem
}
/** Pairs in the order of the payload; keys that are numbers or texts are unique. */
export interface CborMap {
  readonly pairs: readonly (readonly [key: CborItem, value: CborItem])[]
}
/** A CBOR data item. Integers are numbers inside ±(2^53−1), bigints beyond. */
export type CborItem =
  | number
  | bigint
  | boolean
  | null
  | undefined
  | string
  | Uint8Array
  | readonly CborItem[]
  | CborFloat
  | CborTag
  | CborMap

export function isCborMap(item: CborItem): item is CborMap {
  return typeof item === 'object' && item !== null && 'pairs' in item
}

export function isCborFloat(item: CborItem): item is CborFloat {
  return typeof item === 'object' && item !== null && 'float' in item
}

export function isCborTag(item: CborItem): item is CborTag {
  return typeof item === 'object' && item !== null && 'tag' in item
}

export function isCborArray(item: CborItem): item is readonly CborItem[] {
  return Array.isArray(item)
}

/**
 * Reads exactly one data item; definite and indefinite lengths. Anything not well-formed, a map key twice, or bytes after the item is 4.00.
 * Byte strings of one chunk are views of the payload.
 * @see RFC 8949
 */
export function readCbor(bytes: Uint8Array): CborItem {
  const reader = new CborReader(bytes)
  const item = reader.item(0)
  reader.end()
  return item
}

const BREAK = Symbol('break')

class CborReader {
  readonly #reader: ByteReader
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#reader = new ByteReader(bytes)
  }

  end(): void {
    if (this.#reader.remaining > 0) throw this.#error('bytes after the end of the item')
  }

  #error(what: string): Error {
    return badPayload(`CBOR: ${what} at byte ${this.#reader.position}`)
  }

  item(depth: number): CborItem {
    const item = this.#itemOrBreak(depth)
    if (item === BREAK) throw this.#error('a break outside an indefinite length')
    return item
  }

  #itemOrBreak(depth: number): CborItem | typeof BREAK {
    if (depth > MAX_DEPTH) throw this.#error(`nested deeper than ${MAX_DEPTH}`)
    if (++this.#items > MAX_ITEMS) throw this.#error(`more than ${MAX_ITEMS} items`)
    const initial = this.#reader.u8()
    const major = initial >> 5
    const info = initial & 0x1f
    if (major === 7) return this.#simple(info)
    if (info === 31) return this.#indefinite(major, depth)
    const argument = this.#argument(info)
    switch (major) {
      case 0:
        return normaliseInteger(BigInt(argument))
      case 1:
        return normaliseInteger(-1n - BigInt(argument))
      case 2:
        return this.#reader.bytes(this.#length(argument))
      case 3:
        return this.#text(this.#length(argument))
      case 4:
        return Array.from({ length: this.#length(argument) }, () => this.item(depth + 1))
      case 5:
        return this.#map(this.#length(argument), depth)
      default:
        return { tag: argument, content: this.item(depth + 1) }
    }
  }

  #argument(info: number): number | bigint {
    if (info < 24) return info
    switch (info) {
      case 24:
        return this.#reader.u8()
      case 25:
        return this.#reader.u16()
      case 26:
        return this.#reader.u32()
      case 27:
        return normaliseInteger(this.#reader.u64())
      default:
        throw this.#error('a reserved length')
    }
  }

  /** A length or count; every counted thing takes at least one byte, so it is refused before anything is allocated. */
  #length(argument: number | bigint): number {
    if (argument > this.#reader.remaining) {
      throw this.#error(`a length of ${argument} with ${this.#reader.remaining} bytes left`)
    }
    return Number(argument)
  }

  #text(length: number): string {
    return fromUtf8(this.#reader.bytes(length), 'CBOR text')
  }

  #map(count: number, depth: number): CborMap {
    const pairs: [CborItem, CborItem][] = []
    const keys = new Set<CborItem>()
    for (let i = 0; i < count; i++) pairs.push(this.#pair(this.item(depth + 1), keys, depth))
    return { pairs }
  }

  #pair(key: CborItem, keys: Set<CborItem>, depth: number): [CborItem, CborItem] {
    if (keys.has(key)) throw this.#error(`map key ${String(key).slice(0, 40)} twice`)
    keys.add(key)
    return [key, this.item(depth + 1)]
  }

  #indefinite(major: number, depth: number): CborItem {
    switch (major) {
      case 2:
        return joinChunks(this.#chunks(major, (length) => this.#reader.bytes(length)))
      case 3:
        return this.#chunks(major, (length) => this.#text(length)).join('')
      case 4: {
        const items: CborItem[] = []
        for (;;) {
          const item = this.#itemOrBreak(depth + 1)
          if (item === BREAK) return items
          items.push(item)
        }
      }
      case 5: {
        const pairs: [CborItem, CborItem][] = []
        const keys = new Set<CborItem>()
        for (;;) {
          const key = this.#itemOrBreak(depth + 1)
          if (key === BREAK) return { pairs }
          pairs.push(this.#pair(key, keys, depth))
        }
      }
      default:
        throw this.#error('an indefinite length where none can be')
    }
  }

  #chunks<T>(major: number, read: (length: number) => T): T[] {
    const chunks: T[] = []
    for (;;) {
      const initial = this.#reader.u8()
      if (initial === 0xff) return chunks
      if (initial >> 5 !== major) throw this.#error('a chunk of another type')
      if (++this.#items > MAX_ITEMS) throw this.#error(`more than ${MAX_ITEMS} items`)
      chunks.push(read(this.#length(this.#argument(initial & 0x1f))))
    }
  }

  #simple(info: number): CborItem | typeof BREAK {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22:
        return null
      case 23:
        return undefined
      case 25:
        return { float: halfFloat(this.#reader.u16()) }
      case 26:
        return { float: this.#reader.f32() }
      case 27:
        return { float: this.#reader.f64() }
      case 31:
        return BREAK
      default:
        throw this.#error('an unknown simple value')
    }
  }
}

function joinChunks(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0))
  let at = 0
  for (const chunk of chunks) {
    joined.set(chunk, at)
    at += chunk.length
  }
  return joined
}

/** @see RFC 8949 appendix D */
function halfFloat(half: number): number {
  const exponent = (half >> 10) & 0x1f
  const mantissa = half & 0x3ff
  const sign = half & 0x8000 ? -1 : 1
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 31) return mantissa === 0 ? sign * Infinity : NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}
