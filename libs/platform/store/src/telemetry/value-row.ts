import { Code, ProtocolError } from '@fieldline/bytes'
import { formatObjlnk, isObjlnk, parseObjlnk } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'

/** The numbers are stored: append, never reorder. */
const types = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
] as const satisfies readonly ResourceType[]
export const valueSources = ['read', 'notify', 'send', 'register'] as const
export type ValueSource = (typeof valueSources)[number]

/** A device's clock is believed from 1970 to 2100; what lies outside keeps the time of arrival. */
const LAST_TIME_MS = Date.UTC(2100, 0, 1)

/** One value as a row of `telemetry.value`; absent path levels are -1, times are epoch milliseconds. */
export interface ValueRow {
  readonly organisationId: string
  readonly deviceId: string
  readonly objectId: number
  readonly instanceId: number
  readonly resourceId: number
  readonly resourceInstanceId: number
  readonly time: number
  readonly receivedAt: number
  readonly type: number
  readonly source: number
  readonly number: number | null
  readonly text: string | null
  readonly bytes: Uint8Array | null
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()
// PostgreSQL's text holds neither NUL nor half a surrogate pair
const unstorable = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/

function columns(type: ResourceType, value: ResourceValue): Pick<ValueRow, 'number' | 'text' | 'bytes'> {
  if (value instanceof Uint8Array) return { number: null, text: null, bytes: value }
  if (isObjlnk(value)) return { number: null, text: formatObjlnk(value), bytes: null }
  if (typeof value === 'bigint') return { number: Number(value), text: value.toString(), bytes: null }
  if (typeof value === 'boolean') return { number: value ? 1 : 0, text: null, bytes: null }
  if (typeof value === 'number') return { number: value, text: null, bytes: null }
  return unstorable.test(value)
    ? { number: null, text: null, bytes: encoder.encode(value) }
    : { number: null, text: value, bytes: null }
}

/**
 * The row of a decoded node; undefined for what has no value to keep (an executable, an instance without resources).
 * @param receivedAt epoch milliseconds of arrival
 */
export function toRow(
  node: Node,
  device: { organisationId: string; deviceId: string },
  source: ValueSource,
  receivedAt: number,
): ValueRow | undefined {
  const type = types.indexOf(node.type as (typeof types)[number])
  const { objectId, instanceId, resourceId, resourceInstanceId } = node.path
  if (type < 0 || objectId === undefined || instanceId === undefined || resourceId === undefined)
    return undefined
  const time =
    node.time !== undefined && node.time >= 0 && node.time < LAST_TIME_MS ? Math.round(node.time) : receivedAt
  return {
    organisationId: device.organisationId,
    deviceId: device.deviceId,
    objectId,
    instanceId,
    resourceId,
    resourceInstanceId: resourceInstanceId ?? -1,
    time,
    receivedAt,
    type,
    source: valueSources.indexOf(source),
    ...columns(node.type, node.value),
  }
}

/** The value of a row, exact. */
export function fromRow(row: Pick<ValueRow, 'type' | 'number' | 'text' | 'bytes'>): {
  type: ResourceType
  value: ResourceValue
} {
  const type = types[row.type]
  if (!type)
    throw new ProtocolError(Code.InternalServerError, `a stored value has the unknown type ${row.type}`)
  if (type === 'opaque') return { type, value: new Uint8Array(row.bytes ?? []) } // a plain array, not a Buffer
  if (type === 'objlnk') return { type, value: parseObjlnk(row.text ?? '') }
  if (type === 'boolean') return { type, value: row.number === 1 }
  if (type === 'string' || type === 'corelnk')
    return { type, value: row.text ?? decoder.decode(row.bytes ?? new Uint8Array()) }
  if (row.text !== null) return { type, value: BigInt(row.text) }
  return { type, value: row.number ?? Number.NaN }
}

/** The path of a row. */
export function rowPath(
  row: Pick<ValueRow, 'objectId' | 'instanceId' | 'resourceId' | 'resourceInstanceId'>,
): Path {
  const { objectId, instanceId, resourceId, resourceInstanceId } = row
  return resourceInstanceId < 0
    ? { objectId, instanceId, resourceId }
    : { objectId, instanceId, resourceId, resourceInstanceId }
}
