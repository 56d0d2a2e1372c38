import { formatPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { badPayload } from './errors.js'

// A byte order mark is part of a value: decoding must not take it off.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Texts up to this many bytes are put together here: calling the platform's decoder costs more than the text. */
const SHORT = 32
/** Scratch arrays by length. Nothing that is called while one is in use calls back. */
const scratch = Array.from({ length: SHORT + 1 }, (_, length) => new Array<number>(length).fill(0))

/**
 * Short texts read lately, each in the one place its bytes say. A fleet says the same again and again (names of records, models, versions): a text
 * found here costs no memory, and a third of the time.
 */
const lately = new Array<string>(2048).fill('')

/** Text of UTF-8 bytes `start`..`end`; 4.00 on bytes that are not UTF-8. */
export function fromUtf8(bytes: Uint8Array, where: Path | string, start = 0, end = bytes.length): string {
  const length = end - start
  if (length <= SHORT) {
    if (length === 0) return ''
    const place = placeOf(bytes, start, end)
    const known = lately[place]!
    if (known.length === length && isText(known, bytes, start)) return known
    if (isAscii(bytes, start, end)) return (lately[place] = shortAscii(bytes, start, length))
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    throw badPayload(`${typeof where === 'string' ? where : formatPath(where)}: not UTF-8`)
  }
}

/** A place in `lately` from the length and four bytes; where texts of one length differ is mostly near their ends. */
function placeOf(bytes: Uint8Array, start: number, end: number): number {
  const middle = (start + end) >> 1
  const last = bytes[end - 1]! | (bytes[end > start + 1 ? end - 2 : start]! << 8)
  const mixed = Math.imul(last | (bytes[start]! << 16) | (bytes[middle]! << 24), 0x9e37_79b1) + end - start
  return (mixed ^ (mixed >>> 15)) & (lately.length - 1)
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0
  for (let at = start; at < end; at++) all |= bytes[at]!
  return all < 0x80
}

function isText(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}

function shortAscii(bytes: Uint8Array, start: number, length: number): string {
  const codes = scratch[length]!
  for (let index = 0; index < length; index++) codes[index] = bytes[start + index]!
  return String.fromCharCode.apply(null, codes)
}

/** UTF-8 bytes of a text. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}
