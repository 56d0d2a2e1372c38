import { formatObjlnk, isObjlnk, normaliseInteger } from '@fieldline/object-model'
import type { Node, ResourceType, ResourceValue } from '@fieldline/object-model'
import { carriedType } from '../bind.js'
import { badPayload } from '../errors.js'
import { isCborFloat, isCborTag } from './read.js'
import type { CborItem } from './read.js'
import type { CborWriter } from './write.js'

/** Longest bignum, in bytes, that is looked at: LwM2M integers have 8. */
const MAX_BIGNUM = 16
/** Decimal fractions beyond this exponent are not measurements. */
const MAX_EXPONENT = 400

/** A resource value and the type that CBOR itself gave it. */
export interface CarriedValue {
  readonly value: ResourceValue
  readonly type: ResourceType
}

/**
 * A resource value from a data item: tag 0 and 1 are times, 2 and 3 big integers, 4 a decimal fraction; other tags are looked through. Null,
 * undefined, arrays and maps are no values: 4.00.
 */
export function valueFromCbor(item: CborItem, where: string): CarriedValue {
  if (isCborFloat(item)) return { value: item.float, type: 'float' }
  if (isCborTag(item)) return fromTag(item.tag, item.content, where)
  if (
    typeof item === 'number' ||
    typeof item === 'bigint' ||
    typeof item === 'string' ||
    typeof item === 'boolean'
  ) {
    return { value: item, type: carriedType(item) }
  }
  if (item instanceof Uint8Array) return { value: item.slice(), type: 'opaque' }
  throw badPayload(`${where}: not a single value`)
}

/** A number from a data item: integer, float, big integer or decimal fraction. */
export function numberFromCbor(item: CborItem, where: string): number | bigint {
  const { value } = valueFromCbor(item, where)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw badPayload(`${where}: not a number`)
  return value
}

function fromTag(tag: number | bigint, content: CborItem, where: string): CarriedValue {
  switch (tag) {
    case 0:
      return { value: timeFromText(content, where), type: 'time' }
    case 1:
      return { value: numberFromCbor(content, where), type: 'time' }
    case 2:
    case 3: {
      if (!(content instanceof Uint8Array) || content.length > MAX_BIGNUM)
        throw badPayload(`${where}: not a big integer`)
      let value = 0n
      for (const byte of content) value = (value << 8n) | BigInt(byte)
      const integer = normaliseInteger(tag === 2 ? value : -1n - value)
      return { value: integer, type: carriedType(integer) }
    }
    case 4:
      return decimalFraction(content, where)
    default:
      return valueFromCbor(content, where)
  }
}

function timeFromText(content: CborItem, where: string): number {
  const pattern =
    /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$/
  const time = typeof content === 'string' && pattern.test(content) ? Date.parse(content.toUpperCase()) : NaN
  if (Number.isNaN(time)) throw badPayload(`${where}: not an RFC 3339 time`)
  return time / 1000
}

function decimalFraction(content: CborItem, where: string): CarriedValue {
  const [exponent, mantissa] = Array.isArray(content) && content.length === 2 ? (content as CborItem[]) : []
  const digits = mantissa === undefined ? undefined : numberFromCbor(mantissa, where)
  if (
    typeof exponent !== 'number' ||
    Math.abs(exponent) > MAX_EXPONENT ||
    digits === undefined ||
    isCborFloat(mantissa)
  ) {
    throw badPayload(`${where}: not a decimal fraction`)
  }
  // Through the decimal text, so that 4([-2, 2240]) is the double nearest to 22.40.
  return { value: Number(`${digits}e${exponent}`), type: 'float' }
}

/** Appends a node's value in the form its type has in CBOR. @see LwM2M Core 1.2 table C.1-1 */
export function writeCborValue(writer: CborWriter, node: Node): void {
  const { type, value } = node
  if (isObjlnk(value)) writer.text(formatObjlnk(value))
  else if (value instanceof Uint8Array) writer.bytes(value)
  else if (typeof value === 'string') writer.text(value)
  else if (typeof value === 'boolean') writer.boolean(value)
  else if (typeof value === 'bigint') writer.integer(value)
  else if (type === 'float' || !Number.isInteger(value)) writer.float(value)
  else writer.integer(value)
}
