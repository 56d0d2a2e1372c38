import { parseObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { isCborArray, isCborMap, readCbor } from '../cbor/read.js'
import type { CborItem } from '../cbor/read.js'
import { numberFromCbor, valueFromCbor } from '../cbor/values.js'
import type { DecodeContext } from '../context.js'
import { badPayload, refusing } from '../errors.js'
import { MAX_RECORDS, resolveRecords } from '../senml/records.js'
import type { SenmlRecord } from '../senml/records.js'
import { label } from './labels.js'

/** Values from a SenML CBOR pack; labels in any order, definite or indefinite lengths. @see RFC 8428 §6 */
export function decodeSenmlCbor(payload: Uint8Array, context: DecodeContext): Node[] {
  if (payload.length === 0) return []
  const pack = readCbor(payload)
  if (!isCborArray(pack)) throw badPayload('SenML CBOR: a pack is an array')
  if (pack.length > MAX_RECORDS) throw badPayload(`SenML CBOR: more than ${MAX_RECORDS} records`)
  return resolveRecords(pack.map(toRecord), context)
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

function toRecord(item: CborItem, index: number): SenmlRecord {
  const where = `SenML CBOR record ${index + 1}`
  if (!isCborMap(item)) throw badPayload(`${where}: not a map`)
  const record: Mutable<SenmlRecord> = {}
  for (const [key, field] of item.pairs) {
    switch (key) {
      case label.bn:
        record.bn = text(field, 'bn', where)
        break
      case label.n:
        record.n = text(field, 'n', where)
        break
      case label.bt:
        record.bt = Number(numberFromCbor(field, `${where}: bt`))
        break
      case label.t:
        record.t = Number(numberFromCbor(field, `${where}: t`))
        break
      case label.bver:
        record.bver = numberFromCbor(field, `${where}: bver`)
        break
      case label.bv:
      case label.bs:
        throw badPayload(`${where}: base values and sums are not used by LwM2M`)
      default: {
        const value = valueOf(key, field, where)
        if (value && record.value) throw badPayload(`${where}: more than one value`)
        record.value ??= value
      }
    }
  }
  return record
}

function valueOf(key: CborItem, field: CborItem, where: string): SenmlRecord['value'] {
  switch (key) {
    case label.v: {
      const value = valueFromCbor(field, `${where}: v`)
      if (typeof value.value !== 'number' && typeof value.value !== 'bigint')
        throw badPayload(`${where}: v is not a number`)
      return value
    }
    case label.vs:
      return { value: text(field, 'vs', where), type: 'string' }
    case label.vb:
      if (typeof field !== 'boolean') throw badPayload(`${where}: vb is not true or false`)
      return { value: field, type: 'boolean' }
    case label.vd:
      if (!(field instanceof Uint8Array)) throw badPayload(`${where}: vd is not a byte string`)
      return { value: field.slice(), type: 'opaque' }
    case label.vlo: {
      const link = text(field, 'vlo', where)
      return { value: refusing(where, () => parseObjlnk(link)), type: 'objlnk' }
    }
    default:
      // @see RFC 8428 §4.4: a label ending in "_" must be understood.
      if (typeof key === 'string' && key.endsWith('_')) {
        throw badPayload(`${where}: label "${key.slice(0, 40)}" must be understood and is not`)
      }
      return undefined
  }
}

function text(field: CborItem, name: string, where: string): string {
  if (typeof field !== 'string') throw badPayload(`${where}: ${name} is not a text`)
  return field
}
