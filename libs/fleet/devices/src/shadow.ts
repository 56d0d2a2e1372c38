import type { Scalar, ValueType, WriteValue } from '@fieldline/contracts'
import { sameValue, valueFromJson } from '@fieldline/object-model'

/**
 * Whether two values in their JSON form are the same value of a type: integers by size, opaque byte for byte, floats by value. A device that
 * keeps 32-bit floats reads back the nearest one; that is the same value.
 */
export function sameScalar(type: ValueType, desired: Scalar, reported: Scalar): boolean {
  try {
    const a = valueFromJson(type, desired)
    const b = valueFromJson(type, reported)
    if (sameValue(a, b)) return true
    return type === 'float' && typeof a === 'number' && typeof b === 'number' && Math.fround(a) === b
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** As `sameScalar`, for multiple-instance resources too: the same instances with the same values. */
export function sameWritten(type: ValueType, desired: WriteValue, reported: WriteValue | undefined): boolean {
  if (reported === undefined) return false
  if (typeof desired !== 'object' || typeof reported !== 'object') {
    return typeof desired !== 'object' && typeof reported !== 'object' && sameScalar(type, desired, reported)
  }
  const keys = Object.keys(desired)
  if (keys.length !== Object.keys(reported).length) return false
  return keys.every((key) => {
    const there = reported[key]
    return there !== undefined && sameScalar(type, desired[key] as Scalar, there)
  })
}

/** The state of one desired value: what a person wants beside what the device says. */
export function shadowState(
  type: ValueType,
  desired: WriteValue,
  reported: WriteValue | undefined,
  last: { accepted: boolean; readBackSince: boolean } | undefined,
): 'in-sync' | 'pending' | 'diverged' | 'rejected' {
  if (sameWritten(type, desired, reported)) return 'in-sync'
  if (last === undefined) return 'pending'
  if (!last.accepted) return 'rejected'
  return last.readBackSince ? 'diverged' : 'pending'
}
