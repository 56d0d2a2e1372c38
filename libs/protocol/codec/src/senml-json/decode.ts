import { fromBase64, parseObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { carriedType } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { badPayload, refusing } from '../errors.js'
import { parseJson } from '../json/grammar.js'
import type { JsonItem, JsonObject } from '../json/grammar.js'
import { MAX_RECORDS, resolveRecords } from '../senml/records.js'
import type { SenmlRecord } from '../senml/records.js'

/** Values from a SenML JSON pack. @see RFC 8428 §5, LwM2M Core 1.2 §7.4.4 */
export function decodeSenmlJson(payload: Uint8Array, context: DecodeContext): Node[] {
  // A Read of something empty may be answered with nothing at all.
  if (payload.length === 0) return []
  const pack = parseJson(payload)
  if (!Array.isArray(pack)) throw badPayload('SenML JSON: a pack is an array')
  if (pack.length > MAX_RECORDS) throw badPayload(`SenML JSON: more than ${MAX_RECORDS} records`)
  return resolveRecords(pack.map(toRecord), context)
}

function toRecord(item: JsonItem, index: number): SenmlRecord {
  const where = `SenML JSON record ${index + 1}`
  if (!(item instanceof Map)) throw badPayload(`${where}: not an object`)
  const record = item as JsonObject
  let value: SenmlRecord['value']
  for (const [label, field] of record) {
    const found = valueOf(label, field, where)
    if (found === undefined) continue
    if (value) throw badPayload(`${where}: more than one value`)
    value = found
  }
  return {
    bn: text(record, 'bn', where),
    n: text(record, 'n', where),
    bt: seconds(record, 'bt', where),
    t: seconds(record, 't', where),
    bver: integer(record, where),
    value,
  }
}

function valueOf(label: string, field: JsonItem, where: string): SenmlRecord['value'] {
  switch (label) {
    case 'v':
      if (typeof field !== 'number' && typeof field !== 'bigint')
        throw badPayload(`${where}: v is not a number`)
      return { value: field, type: carriedType(field) }
    case 'vs':
      if (typeof field !== 'string') throw badPayload(`${where}: vs is not a text`)
      return { value: field, type: 'string' }
    case 'vb':
      if (typeof field !== 'boolean') throw badPayload(`${where}: vb is not true or false`)
      return { value: field, type: 'boolean' }
    case 'vd':
      if (typeof field !== 'string') throw badPayload(`${where}: vd is not a text`)
      return { value: refusing(where, () => fromBase64(field)), type: 'opaque' }
    case 'vlo':
      if (typeof field !== 'string') throw badPayload(`${where}: vlo is not a text`)
      return { value: refusing(where, () => parseObjlnk(field)), type: 'objlnk' }
    case 'bv':
    case 'bs':
      // Ignoring a base value would change readings without a word.
      throw badPayload(`${where}: base values and sums are not used by LwM2M`)
    default:
      // @see RFC 8428 §4.4: a label ending in "_" must be understood.
      if (label.endsWith('_'))
        throw badPayload(`${where}: label "${label.slice(0, 40)}" must be understood and is not`)
      return undefined
  }
}

function text(record: JsonObject, label: string, where: string): string | undefined {
  const field = record.get(label)
  if (field !== undefined && typeof field !== 'string') throw badPayload(`${where}: ${label} is not a text`)
  return field
}

function seconds(record: JsonObject, label: string, where: string): number | undefined {
  const field = record.get(label)
  if (field === undefined) return undefined
  if (typeof field !== 'number' && typeof field !== 'bigint')
    throw badPayload(`${where}: ${label} is not a number`)
  return Number(field)
}

function integer(record: JsonObject, where: string): number | bigint | undefined {
  const field = record.get('bver')
  if (field === undefined) return undefined
  if (typeof field !== 'number' && typeof field !== 'bigint')
    throw badPayload(`${where}: bver is not a number`)
  return field
}
