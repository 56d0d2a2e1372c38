import { ByteReader, ByteWriter } from '@fieldline/bytes'
import { formatPath, isObjlnk, normaliseInteger } from '@fieldline/object-model'
import type { Node, ResourceType, ResourceValue } from '@fieldline/object-model'
import { badPayload } from '../errors.js'
import { fromUtf8, toUtf8 } from '../utf8.js'

/** The value of an entry's bytes; TLV does not say a type, so the definition must. 4.00 when the length does not suit it. */
export function valueFromTlv(type: ResourceType, bytes: Uint8Array, where: string): ResourceValue {
  switch (type) {
    case 'string':
    case 'corelnk':
      return fromUtf8(bytes, where)
    case 'integer':
    case 'time':
      return normaliseInteger(BigInt.asIntN(bytes.length * 8, unsigned(bytes, where)))
    case 'unsigned':
      return normaliseInteger(unsigned(bytes, where))
    case 'float':
      if (bytes.length === 4) return new ByteReader(bytes).f32()
      if (bytes.length === 8) return new ByteReader(bytes).f64()
      throw badPayload(`${where}: a float has 4 or 8 bytes, not ${bytes.length}`)
    case 'boolean':
      if (bytes.length !== 1 || bytes[0]! > 1) throw badPayload(`${where}: a boolean is one byte, 0 or 1`)
      return bytes[0] === 1
    case 'objlnk': {
      if (bytes.length !== 4) throw badPayload(`${where}: an object link has 4 bytes, not ${bytes.length}`)
      const reader = new ByteReader(bytes)
      return { objectId: reader.u16(), instanceId: reader.u16() }
    }
    default:
      return bytes.slice()
  }
}

function unsigned(bytes: Uint8Array, where: string): bigint {
  const reader = new ByteReader(bytes)
  switch (bytes.length) {
    case 1:
      return BigInt(reader.u8())
    case 2:
      return BigInt(reader.u16())
    case 4:
      return BigInt(reader.u32())
    case 8:
      return reader.u64()
    default:
      throw badPayload(`${where}: an integer has 1, 2, 4 or 8 bytes, not ${bytes.length}`)
  }
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
