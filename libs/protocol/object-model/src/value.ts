import type { Path } from './path.js'

/** The data types of a resource; `none` is an executable's.
 * @see LwM2M Core 1.2 appendix C */
export const resourceTypes = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
  'none',
] as const
export type ResourceType = (typeof resourceTypes)[number]

/** A reference to an object instance; 65535:65535 refers to nothing. */
export interface Objlnk {
  readonly objectId: number
  readonly instanceId: number
}

/**
 * A value in memory. By type: string, corelnk → string; integer, unsigned → number inside ±(2^53−1), bigint beyond; float → number, non-finite ones
 * included; time → Unix seconds as a number that may have a fraction (bigint beyond 2^53); opaque → bytes; objlnk → `Objlnk`; none → empty string.
 */
export type ResourceValue = string | number | bigint | boolean | Uint8Array | Objlnk

/** One value at a resource or resource instance, as a payload carried it. */
export interface Node {
  readonly path: Path
  readonly type: ResourceType
  readonly value: ResourceValue
  /** Epoch milliseconds, when the payload said when the value was taken. */
  readonly time?: number
  /** No definition is known: `type` is what the format said, opaque where the format says nothing. */
  readonly untyped?: boolean
}

/** Least Integer and Time. @see LwM2M Core 1.2 appendix C */
export const INT64_MIN = -(2n ** 63n)
/** Greatest Integer and Time. */
export const INT64_MAX = 2n ** 63n - 1n
/** Greatest Unsigned Integer. */
export const UINT64_MAX = 2n ** 64n - 1n
const SAFE = BigInt(Number.MAX_SAFE_INTEGER)

/** The one decision on integers: a number inside ±(2^53−1), a bigint beyond. */
export function normaliseInteger(value: bigint): number | bigint {
  return value >= -SAFE && value <= SAFE ? Number(value) : value
}

/** Whether a value is an integer in the form above: a safe integral number, or a bigint. */
export function isIntegerValue(value: ResourceValue): value is number | bigint {
  return typeof value === 'bigint' || (typeof value === 'number' && Number.isSafeInteger(value))
}

/** Whether a value is an object link. */
export function isObjlnk(value: unknown): value is Objlnk {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof Uint8Array) &&
    isLinkId((value as Partial<Objlnk>).objectId) &&
    isLinkId((value as Partial<Objlnk>).instanceId)
  )
}

function isLinkId(id: unknown): boolean {
  return typeof id === 'number' && Number.isInteger(id) && id >= 0 && id <= 65_535
}

/** `66:0`. */
export function formatObjlnk(link: Objlnk): string {
  return `${link.objectId}:${link.instanceId}`
}

/** Reads `66:0`, and `FFFF:FFFF` as the specification prints the link to nothing. Throws `RangeError` in words. */
export function parseObjlnk(text: string): Objlnk {
  const match = /^([0-9]{1,5}|[fF]{4}):([0-9]{1,5}|[fF]{4})$/.exec(text)
  const ids = match?.slice(1).map((part) => (/^f/i.test(part) ? 65_535 : Number(part)))
  if (!ids || ids.some((id) => id > 65_535)) {
    throw new RangeError(
      `an object link is written "object:instance" with ids 0..65535, not "${text.slice(0, 40)}"`,
    )
  }
  return { objectId: ids[0]!, instanceId: ids[1]! }
}

/** Whether two values are the same: NaN equals NaN, 0 equals −0, byte for byte for opaque. */
export function sameValue(a: ResourceValue, b: ResourceValue): boolean {
  if (a instanceof Uint8Array || b instanceof Uint8Array) {
    if (!(a instanceof Uint8Array && b instanceof Uint8Array) || a.length !== b.length) return false
    return a.every((byte, index) => byte === b[index])
  }
  if (typeof a === 'object' || typeof b === 'object') {
    return isObjlnk(a) && isObjlnk(b) && a.objectId === b.objectId && a.instanceId === b.instanceId
  }
  return a === b || (typeof a === 'number' && typeof b === 'number' && Number.isNaN(a) && Number.isNaN(b))
}

/**
 * What is wrong with a value for a type, in words that follow "it must be"; undefined when it fits. Integers must lie in −2^63..2^63−1,
 * unsigned ones in 0..2^64−1.
 */
export function typeMismatch(type: ResourceType, value: ResourceValue): string | undefined {
  switch (type) {
    case 'string':
    case 'corelnk':
      return typeof value === 'string' && !/[\ud800-\udfff]/u.test(value) ? undefined : 'a well-formed text'
    case 'integer':
      // Most are small: no bigint for them.
      if (typeof value === 'number' && Number.isSafeInteger(value)) return undefined
      return isIntegerValue(value) && BigInt(value) >= INT64_MIN && BigInt(value) <= INT64_MAX
        ? undefined
        : 'an integer in −2^63..2^63−1'
    case 'unsigned':
      return isIntegerValue(value) && BigInt(value) >= 0n && BigInt(value) <= UINT64_MAX
        ? undefined
        : 'an integer in 0..2^64−1'
    case 'float':
      return typeof value === 'number' ? undefined : 'a number'
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'opaque':
      return value instanceof Uint8Array ? undefined : 'bytes'
    case 'time':
      // a double beyond 2^53 is no second any more: such a time comes as a bigint, or is none
      return (typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER) ||
        (typeof value === 'bigint' && value >= INT64_MIN && value <= INT64_MAX)
        ? undefined
        : 'a time in Unix seconds'
    case 'objlnk':
      return isObjlnk(value) ? undefined : 'an object link "object:instance"'
    case 'none':
      return value === '' ? undefined : 'nothing: the resource has no value'
  }
}
