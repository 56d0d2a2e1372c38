import { normaliseInteger } from '@fieldline/object-model'
import { badPayload, tooLarge } from '../errors.js'
import { fromUtf8 } from '../utf8.js'

/** Deepest nesting, tags included; LwM2M payloads need 6. */
const MAX_DEPTH = 12
/** Most items in one payload. */
const MAX_ITEMS = 200_000

/** Major types of RFC 8949 §3.1. */
export const Major = {
  Unsigned: 0,
  Negative: 1,
  Bytes: 2,
  Text: 3,
  Array: 4,
  Map: 5,
  Tag: 6,
  Simple: 7,
} as const
export type Major = (typeof Major)[keyof typeof Major]

const INDEFINITE = 31
const BREAK = 0xff
/** In place of a count: items up to a break. */
const UNTIL_BREAK = -1

/**
 * Reads CBOR in place from left to right; whoever calls knows what may come and looks with `peek`. Definite and indefinite lengths, every argument
 * size. What is not well-formed is 4.00 with its place. Byte strings of one chunk are views of the payload.
 *
 * Arrays and maps: `for (let left = reader.openArray(); reader.more(left); left--) …`; `close()` after the loop.
 * @see RFC 8949 §3
 */
export class CborReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0
  #depth = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  error(what: string): Error {
    return badPayload(`CBOR: ${what} at byte ${this.#at}`)
  }

  /** The major type of the next item. */
  peek(): Major {
    return (this.#initial() >> 5) as Major
  }

  /** Passes when the payload ends here. */
  end(): void {
    if (this.#at < this.#bytes.length) throw this.error('bytes after the end of the item')
  }

  /** Steps into an array: the number of items left for `more`. */
  openArray(): number {
    return this.#open(Major.Array, 'an array')
  }

  /** Steps into a map: the number of pairs left for `more`. */
  openMap(): number {
    return this.#open(Major.Map, 'a map')
  }

  /** Whether another item or pair follows; `left` counts down from what `openArray` or `openMap` gave. Takes the break. */
  more(left: number): boolean {
    if (left >= 0) return left > 0
    if (this.#initial() !== BREAK) return true
    this.#at += 1
    return false
  }

  /** Steps out of an array or map, a tag's content included. */
  close(): void {
    this.#depth -= 1
  }

  /** An integer: a number inside ±(2^53−1), a bigint beyond. */
  integer(): number | bigint {
    const initial = this.#initial()
    if (initial < 24) {
      this.#at += 1
      this.#count()
      return initial
    }
    const major = initial >> 5
    if (major > Major.Negative) throw this.error('an integer is missing')
    const argument = this.#argument()
    if (major === Major.Unsigned) return argument
    return typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
      ? -1 - argument
      : normaliseInteger(-1n - BigInt(argument))
  }

  text(): string {
    const initial = this.#initial()
    if (initial >> 5 !== Major.Text) throw this.error('a text is missing')
    if ((initial & 0x1f) === INDEFINITE)
      return this.#chunks(Major.Text, (start, end) => this.#utf8(start, end)).join('')
    const end = this.#lengthEnd()
    const start = this.#at
    this.#at = end
    return this.#utf8(start, end)
  }

  bytes(): Uint8Array {
    const initial = this.#initial()
    if (initial >> 5 !== Major.Bytes) throw this.error('a byte string is missing')
    if ((initial & 0x1f) === INDEFINITE)
      return joinChunks(this.#chunks(Major.Bytes, (start, end) => this.#bytes.subarray(start, end)))
    const end = this.#lengthEnd()
    const start = this.#at
    this.#at = end
    return this.#bytes.subarray(start, end)
  }

  /** The number of a tag; its content follows, then `close()`. */
  openTag(): number | bigint {
    if (this.#initial() >> 5 !== Major.Tag) throw this.error('a tag is missing')
    this.#descend()
    return this.#argument()
  }

  /** True, false, null or undefined. */
  simple(): boolean | null | undefined {
    const initial = this.#initial()
    this.#at += 1
    this.#count()
    switch (initial) {
      case 0xf4:
        return false
      case 0xf5:
        return true
      case 0xf6:
        return null
      case 0xf7:
        return undefined
      case BREAK:
        throw this.error('a break outside an indefinite length')
      default:
        throw this.error('an unknown simple value')
    }
  }

  /** Whether the next item is a floating-point number. */
  isFloat(): boolean {
    const initial = this.#initial()
    return initial >= 0xf9 && initial <= 0xfb
  }

  float(): number {
    const at = this.#at + 1
    const size = 1 << (this.#initial() - 0xf8)
    if (!this.isFloat()) throw this.error('a float is missing')
    if (size > this.#bytes.length - at) throw this.#tooShort(size)
    this.#at = at + size
    this.#count()
    if (size === 4) return this.#view.getFloat32(at)
    return size === 8 ? this.#view.getFloat64(at) : halfFloat(this.#view.getUint16(at))
  }

  /** Steps over an item of whatever kind, reading it no less strictly than the others. */
  skip(): void {
    switch (this.peek()) {
      case Major.Unsigned:
      case Major.Negative:
        this.integer()
        break
      case Major.Bytes:
        this.bytes()
        break
      case Major.Text:
        this.text()
        break
      case Major.Array:
        for (let left = this.openArray(); this.more(left); left--) this.skip()
        this.close()
        break
      case Major.Map:
        for (let left = this.openMap(); this.more(left); left--) {
          this.skip()
          this.skip()
        }
        this.close()
        break
      case Major.Tag:
        this.openTag()
        this.skip()
        this.close()
        break
      default:
        if (this.isFloat()) this.float()
        else this.simple()
    }
  }

  #initial(): number {
    if (this.#at >= this.#bytes.length) throw this.#tooShort(1)
    return this.#bytes[this.#at]!
  }

  #tooShort(wanted: number): Error {
    return badPayload(`CBOR: ends at byte ${this.#bytes.length}, ${wanted} more wanted at byte ${this.#at}`)
  }

  #count(): void {
    if (++this.#items > MAX_ITEMS) throw tooLarge(`CBOR: more than ${MAX_ITEMS} items`)
  }

  #descend(): void {
    if (++this.#depth > MAX_DEPTH) throw this.error(`nested deeper than ${MAX_DEPTH}`)
  }

  #open(major: Major, what: string): number {
    const initial = this.#initial()
    if (initial >> 5 !== major) throw this.error(`${what} is missing`)
    this.#descend()
    if ((initial & 0x1f) === INDEFINITE) {
      this.#at += 1
      this.#count()
      return UNTIL_BREAK
    }
    return this.#length()
  }

  /** The argument of the head at this place, and past it. */
  #argument(): number | bigint {
    const info = this.#bytes[this.#at]! & 0x1f
    this.#count()
    this.#at += 1
    if (info < 24) return info
    const size = info <= 27 ? 1 << (info - 24) : 0
    if (size === 0)
      throw this.error(info === INDEFINITE ? 'an indefinite length where none can be' : 'a reserved length')
    const at = this.#at
    if (size > this.#bytes.length - at) throw this.#tooShort(size)
    this.#at = at + size
    switch (size) {
      case 1:
        return this.#bytes[at]!
      case 2:
        return this.#view.getUint16(at)
      case 4:
        return this.#view.getUint32(at)
      default:
        return normaliseInteger(this.#view.getBigUint64(at))
    }
  }

  /** A length or count; every counted thing takes at least one byte, so it is refused before anything is allocated. */
  #length(): number {
    const argument = this.#argument()
    const left = this.#bytes.length - this.#at
    if (argument > left) throw this.error(`a length of ${argument} with ${left} bytes left`)
    return argument as number
  }

  #lengthEnd(): number {
    // In this order: reading the length moves the place.
    const length = this.#length()
    return this.#at + length
  }

  #utf8(start: number, end: number): string {
    return fromUtf8(this.#bytes, 'CBOR text', start, end)
  }

  #chunks<T>(major: Major, read: (start: number, end: number) => T): T[] {
    const chunks: T[] = []
    this.#at += 1
    this.#count()
    for (;;) {
      const initial = this.#initial()
      if (initial === BREAK) {
        this.#at += 1
        return chunks
      }
      if (initial >> 5 !== major) throw this.error('a chunk of another type')
      const end = this.#lengthEnd()
      chunks.push(read(this.#at, end))
      this.#at = end
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
