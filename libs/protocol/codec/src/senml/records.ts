import { formatPath } from '@fieldline/object-model'
import type { Node, ResourceType, ResourceValue } from '@fieldline/object-model'
import { bindValue } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { badPayload } from '../errors.js'
import { pathFromName } from './names.js'

/** Most records in one pack. */
export const MAX_RECORDS = 20_000

/** One SenML record after the grammar: labels by their JSON names, numbers exact. */
export interface SenmlRecord {
  readonly bn?: string
  readonly bt?: number
  readonly n?: string
  readonly t?: number
  readonly bver?: number | bigint
  /** The one value, of whichever label, and the type the format gave it. */
  readonly value?: { readonly value: ResourceValue; readonly type: ResourceType }
}

/** Highest version of SenML understood. */
const SENML_VERSION = 10
/** Times below this, in seconds, are relative to now. @see RFC 8428 §4.5.3 */
const RELATIVE_BELOW = 2 ** 28
/** What a Date can hold, in milliseconds. */
const MAX_TIME = 8.64e15

/**
 * Resolves records (base names and times carry on to later records) into nodes, in the order of the pack. Records of one path must differ in
 * time. 4.00 on a record without a value, a name that is no path, or a path twice.
 * @see RFC 8428 §4.6
 */
export function resolveRecords(records: readonly SenmlRecord[], context: DecodeContext): Node[] {
  const nodes: Node[] = []
  const seen = new Set<string>()
  let baseName = ''
  let baseTime: number | undefined
  for (const record of records) {
    if (record.bver !== undefined && record.bver > SENML_VERSION)
      throw badPayload(`SenML version ${record.bver} is unknown`)
    baseName = record.bn ?? baseName
    baseTime = record.bt ?? baseTime
    const path = pathFromName(baseName + (record.n ?? ''), context.alternatePath)
    if (!record.value) throw badPayload(`${formatPath(path)}: the record has no value`)
    const time = resolveTime(baseTime, record.t, context.now)
    const key = `${formatPath(path)} ${time ?? ''}`
    if (seen.has(key)) throw badPayload(`${formatPath(path)}: twice in the payload`)
    seen.add(key)
    const node = bindValue(path, record.value.value, record.value.type, context.definitions)
    nodes.push(time === undefined ? node : { ...node, time })
  }
  return nodes
}

/** Epoch milliseconds of a record; undefined when neither it nor the base says a time. */
function resolveTime(base: number | undefined, own: number | undefined, now: number): number | undefined {
  if (base === undefined && own === undefined) return undefined
  const seconds = (base ?? 0) + (own ?? 0)
  const time = Math.round(seconds < RELATIVE_BELOW ? now + seconds * 1000 : seconds * 1000)
  if (!(Math.abs(time) <= MAX_TIME)) throw badPayload(`time ${seconds} is out of range`)
  return time
}
