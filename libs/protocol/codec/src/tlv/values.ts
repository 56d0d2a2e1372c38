import { ByteWriter } from '@fieldline/bytes'
import { formatPath, isObjlnk, normaliseInteger } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import { badPayload } from '../errors.js'
import { fromUtf8, toUtf8 } from '../utf8.js'

/**
 * The value of the bytes `start`..`end`; TLV does not say a type, so the definition must. 4.00 when the length does not suit it. `none` is the empty
 * text when there are no bytes, else the bytes.
 */
export function valueFromTlv(
  type: ResourceType,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  end: number,
  path: Path,
): ResourceValue {
  const length = end - start
  switch (type) {
    case 'string':
    case 'corelnk':
      return fromUtf8(bytes, path, start, end)
    case 'integer':
    case 'time':
      if (length === 1) return view.getInt8(start)
      if (length === 2) return view.getInt16(start)
      if (length === 4) return view.getInt32(start)
      if (length === 8) return readInt64(view, start)
      throw badLength(path, 'an integer has 1, 2, 4 or 8 bytes', length)
    case 'unsigned':
      if (length === 1) return bytes[start]!
      if (length === 2) return view.getUint16(start)
      if (length === 4) return view.getUint32(start)
      if (length === 8) return normaliseInteger(view.getBigUint64(start))
      throw badLength(path, 'an integer has 1, 2, 4 or 8 bytes', length)
    case 'float':
      if (length === 4) return view.getFloat32(start)
      if (length === 8) return view.getFloat64(start)
      throw badLength(path, 'a float has 4 or 8 bytes', length)
    case 'boolean':
      if (length !== 1 || bytes[start]! > 1) throw badLength(path, 'a boolean is one byte, 0 or 1', length)
      return bytes[start] === 1
    case 'objlnk':
      if (length !== 4) throw badLength(path, 'an object link has 4 bytes', length)
      return { objectId: view.getUint16(start), instanceId: view.getUint16(start + 2) }
    case 'none':
      return length === 0 ? '' : bytes.slice(start, end)
    default:
      return bytes.slice(start, end)
  }
}

function readInt64(view: DataView, at: number): number | bigint {
  const high = view.getInt32(at)
  // Inside ±2^52 without a bigint on the way; the edge up to ±(2^53−1) is the bigint's.
  if (high >= -0x10_0000 && high < 0x10_0000) return high * 0x1_0000_0000 + view.getUint32(at + 4)
  return normaliseInteger(view.getBigInt64(at))
}

function badLength(path: Path, rule: string, length: number): Error {
  return badPayload(`${formatPath(path)}: ${rule}, not ${length}`)
}

/** An entry's bytes for a value: integers and floats in the fewest bytes that hold them. Throws `RangeError` on a time with a fraction. */
export function valueToTlv({ path, type, value }: Node): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return toUtf8(value)
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0)
  if (isObjlnk(value)) return new ByteWriter(4).u16(value.objectId).u16(value.instanceId).finish()
  if (type === 'float') return floatBytes(Number(value))
  if (typeof value === 'number' && !Number.isInteger(value)) {
    throw new RangeError(`${formatPath(path)}: TLV carries times in whole seconds, not ${value}`)
  }
  return integerBytes(BigInt(value), type === 'unsigned')
}

function floatBytes(value: number): Uint8Array {
  const writer = new ByteWriter(8)
  return (Object.is(Math.fround(value), value) ? writer.f32(value) : writer.f64(value)).finish()
}

function integerBytes(value: bigint, isUnsigned: boolean): Uint8Array {
  for (const width of [1, 2, 4, 8]) {
    const fits = isUnsigned
      ? BigInt.asUintN(width * 8, value) === value
      : BigInt.asIntN(width * 8, value) === value
    if (!fits && width < 8) continue
    return new ByteWriter(8)
      .u64(BigInt.asUintN(64, value))
      .finish()
      .slice(8 - width)
  }
  return new Uint8Array()
}
