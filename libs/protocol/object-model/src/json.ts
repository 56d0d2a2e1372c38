import { fromBase64, toBase64 } from './base64.js'
import { formatObjlnk, isObjlnk, normaliseInteger, parseObjlnk, typeMismatch } from './value.js'
import type { ResourceType, ResourceValue } from './value.js'

/** A value in the form REST, events and the console carry. */
export type JsonValue = string | number | boolean

/**
 * The REST form of a value: integers beyond ±(2^53−1) as decimal strings, opaque as base64, object links as `"66:0"`, floats that are not finite
 * as `"NaN"`, `"Infinity"`, `"-Infinity"`, times as Unix seconds.
 */
export function valueToJson(type: ResourceType, value: ResourceValue): JsonValue {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return toBase64(value)
  if (isObjlnk(value)) return formatObjlnk(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value
}

const nonFinite: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity }

const expected: Readonly<Record<ResourceType, string>> = {
  string: 'a string',
  corelnk: 'a string in link format',
  integer: 'an integer in −2^63..2^63−1; beyond ±9007199254740991 as a decimal string',
  unsigned: 'an integer in 0..2^64−1; beyond 9007199254740991 as a decimal string',
  float: 'a number, or "NaN", "Infinity", "-Infinity"',
  boolean: 'true or false',
  opaque: 'a base64 string',
  time: 'a time in Unix seconds',
  objlnk: 'an object link as a string "object:instance"',
  none: 'no value: the resource has none',
}

/** A value from its REST form (see `valueToJson`). Throws `RangeError` in words that name what is expected. */
export function valueFromJson(type: ResourceType, json: unknown): ResourceValue {
  const value = convert(type, json)
  if (value === undefined || typeMismatch(type, value)) throw new RangeError(`expected ${expected[type]}`)
  return value
}

function convert(type: ResourceType, json: unknown): ResourceValue | undefined {
  switch (type) {
    case 'integer':
    case 'unsigned':
    case 'time':
      if (typeof json === 'string' && /^-?[0-9]{1,20}$/.test(json)) return normaliseInteger(BigInt(json))
      return typeof json === 'number' ? json : undefined
    case 'float':
      if (typeof json === 'string' && Object.hasOwn(nonFinite, json)) return nonFinite[json]
      return typeof json === 'number' ? json : undefined
    case 'opaque':
      return typeof json === 'string' ? orUndefined(() => fromBase64(json)) : undefined
    case 'objlnk':
      return typeof json === 'string' ? orUndefined(() => parseObjlnk(json)) : undefined
    case 'string':
    case 'corelnk':
      return typeof json === 'string' ? json : undefined
    case 'boolean':
      return typeof json === 'boolean' ? json : undefined
    case 'none':
      return undefined
  }
}

function orUndefined<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
