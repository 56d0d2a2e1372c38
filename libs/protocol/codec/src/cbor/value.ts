import { INT64_MIN, UINT64_MAX, normaliseInteger } from '@fieldline/object-model'
import type { ResourceType, ResourceValue } from '@fieldline/object-model'
import { carriedType } from '../bind.js'
import { parseDecimal } from '../json/numbers.js'
import { Major } from './read.js'
import type { CborReader } from './read.js'

/** Longest bignum, in bytes without leading zeros, that is looked at: LwM2M integers have 8. */
const MAX_BIGNUM = 16
/** Decimal fractions beyond this exponent are not measurements. */
const MAX_EXPONENT = 400
const RFC_3339 =
  /^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt](?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$/

/** A resource value and the type that CBOR itself gave it. */
export interface CarriedValue {
  readonly value: ResourceValue
  readonly type: ResourceType
}

/**
 * Reads a resource value: tag 0 and 1 are times, 2 and 3 big integers, 4 a decimal fraction; other tags are looked through; null is no value of type
 * none. Undefined, arrays and maps are no values: 4.00.
 * @see LwM2M Core 1.2 table C.1-1, RFC 8949 §3.4
 */
export function readCborValue(reader: CborReader): CarriedValue {
  switch (reader.peek()) {
    case Major.Unsigned:
    case Major.Negative: {
      const value = reader.integer()
      return { value, type: carriedType(value) }
    }
    case Major.Text:
      return { value: reader.text(), type: 'string' }
    case Major.Bytes:
      // A copy: the value outlives the datagram.
      return { value: reader.bytes().slice(), type: 'opaque' }
    case Major.Tag: {
      const tagged = readTagged(reader, reader.openTag())
      reader.close()
      return tagged
    }
    case Major.Simple:
      return reader.isFloat() ? { value: reader.float(), type: 'float' } : simple(reader)
    default:
      throw reader.error('not a single value')
  }
}

/** Reads a number: integer, float, big integer, epoch time or decimal fraction. */
export function readCborNumber(reader: CborReader): number | bigint {
  const { value } = readCborValue(reader)
  if (typeof value !== 'number' && typeof value !== 'bigint') throw reader.error('not a number')
  return value
}

function simple(reader: CborReader): CarriedValue {
  const value = reader.simple()
  if (value === undefined) throw reader.error('undefined is no value')
  return value === null ? { value: '', type: 'none' } : { value, type: 'boolean' }
}

function readTagged(reader: CborReader, tag: number | bigint): CarriedValue {
  switch (tag) {
    case 0: {
      const time = instantOf(reader.text())
      if (Number.isNaN(time)) throw reader.error('not an RFC 3339 time')
      return { value: time / 1000, type: 'time' }
    }
    case 1:
      return { value: readCborNumber(reader), type: 'time' }
    case 2:
    case 3: {
      const magnitude = bigInteger(reader)
      const value = normaliseInteger(tag === 2 ? magnitude : -1n - magnitude)
      return { value, type: carriedType(value) }
    }
    case 4: {
      const value = decimalFraction(reader)
      return { value, type: typeof value === 'bigint' ? carriedType(value) : 'float' }
    }
    default:
      return readCborValue(reader)
  }
}

/** Epoch milliseconds of an RFC 3339 text; NaN where it is none, or names a day that its month does not have. */
function instantOf(text: string): number {
  const time = RFC_3339.test(text) ? Date.parse(text.toUpperCase()) : NaN
  const day = text.slice(0, 10)
  // Date takes 30 February for 1 March.
  return Number.isNaN(time) || new Date(day).toISOString().startsWith(day) ? time : NaN
}

function bigInteger(reader: CborReader): bigint {
  const bytes = reader.bytes()
  const first = bytes.findIndex((byte) => byte !== 0)
  if (first < 0) return 0n
  if (bytes.length - first > MAX_BIGNUM) throw reader.error('a big integer beyond any use')
  let value = 0n
  for (const byte of bytes.subarray(first)) value = (value << 8n) | BigInt(byte)
  return value
}

/** Through the decimal text, so that 4([-2, 2240]) is the double nearest to 22.40, and an integer of 64 bits stays whole. */
function decimalFraction(reader: CborReader): number | bigint {
  const length = reader.openArray()
  if (length >= 0 && length !== 2) throw reader.error('not a decimal fraction')
  const exponent = reader.integer()
  const tag = reader.peek() === Major.Tag ? reader.openTag() : undefined
  if (tag !== undefined && tag !== 2 && tag !== 3) throw reader.error('not a decimal fraction')
  const mantissa =
    tag === undefined ? reader.integer() : tag === 2 ? bigInteger(reader) : -1n - bigInteger(reader)
  if (tag !== undefined) reader.close()
  if (reader.more(length - 2)) throw reader.error('not a decimal fraction')
  reader.close()
  if (Math.abs(Number(exponent)) > MAX_EXPONENT) throw reader.error('not a decimal fraction')
  const value = parseDecimal(`${mantissa}e${exponent}`)
  if (value === undefined) throw reader.error('a decimal fraction beyond every number')
  return value > UINT64_MAX || value < INT64_MIN ? Number(value) : value
}
