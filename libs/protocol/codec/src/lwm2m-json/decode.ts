import { formatPath, fromBase64, parseObjlnk } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import { bindValue, carriedType, resourceAt } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { badPayload, refusing } from '../errors.js'
import { parseJson } from '../json/grammar.js'
import type { JsonObject } from '../json/grammar.js'
import { pathFromBaseName, pathFromRelativeName } from '../senml/names.js'

/** Most elements in one payload. */
const MAX_ELEMENTS = 20_000
/** What a Date can hold, in milliseconds. */
const MAX_TIME = 8.64e15
/** Without a base time, times below this are relative to now, in seconds. */
const RELATIVE_BELOW = 2 ** 28

/** Values from the JSON of LwM2M 1.0 (11543). @see LwM2M TS 1.0.2 §6.4.4 */
export function decodeLwM2mJson(payload: Uint8Array, context: DecodeContext): Node[] {
  const body = parseJson(payload)
  if (!(body instanceof Map)) throw badPayload('LwM2M JSON: not an object')
  const members = body as JsonObject
  const elements = members.get('e') ?? []
  if (!Array.isArray(elements)) throw badPayload('LwM2M JSON: e is not an array')
  if (elements.length > MAX_ELEMENTS) throw badPayload(`LwM2M JSON: more than ${MAX_ELEMENTS} elements`)
  const baseName = text(members, 'bn', 'LwM2M JSON')
  const baseTime = seconds(members, 'bt', 'LwM2M JSON')
  const seen = new Set<string>()
  return elements.map((element, index) => {
    const where = `LwM2M JSON element ${index + 1}`
    if (!(element instanceof Map)) throw badPayload(`${where}: not an object`)
    const name = text(element as JsonObject, 'n', where) ?? ''
    const path =
      baseName === undefined
        ? pathFromRelativeName(name, context.base, context.alternatePath)
        : pathFromBaseName(baseName, name, context.base, context.alternatePath)
    const time = resolveTime(baseTime, seconds(element as JsonObject, 't', where), context.now)
    const key = `${formatPath(path)} ${time ?? ''}`
    if (seen.has(key)) throw badPayload(`${formatPath(path)}: twice in the payload`)
    seen.add(key)
    const { value, type } = valueOf(element as JsonObject, path, context, where)
    const node = bindValue(path, value, type, context.definitions)
    return time === undefined ? node : { ...node, time }
  })
}

function valueOf(
  element: JsonObject,
  path: Path,
  context: DecodeContext,
  where: string,
): { value: ResourceValue; type: ResourceType } {
  const labels = ['v', 'sv', 'bv', 'ov'].filter((label) => element.has(label))
  if (labels.length !== 1)
    throw badPayload(`${where}: ${labels.length === 0 ? 'no value' : 'more than one value'}`)
  const value = element.get(labels[0]!)
  switch (labels[0]) {
    case 'v':
      if (typeof value !== 'number' && typeof value !== 'bigint')
        throw badPayload(`${where}: v is not a number`)
      return { value, type: carriedType(value) }
    case 'bv':
      if (typeof value !== 'boolean') throw badPayload(`${where}: bv is not true or false`)
      return { value, type: 'boolean' }
    default: {
      if (typeof value !== 'string') throw badPayload(`${where}: ${labels[0]} is not a text`)
      if (labels[0] === 'ov') return { value: refusing(where, () => parseObjlnk(value)), type: 'objlnk' }
      // Opaque has no label of its own: only the definition tells base64 from text.
      if (resourceAt(path, context.definitions)?.type !== 'opaque') return { value, type: 'string' }
      return { value: refusing(where, () => fromBase64(value)), type: 'opaque' }
    }
  }
}

/** Epoch milliseconds. With a base time, `t` is relative to it whatever its size; without one, as in SenML. */
function resolveTime(base: number | undefined, own: number | undefined, now: number): number | undefined {
  if (base === undefined && own === undefined) return undefined
  const sum = (base ?? 0) + (own ?? 0)
  const time = Math.round(base === undefined && sum < RELATIVE_BELOW ? now + sum * 1000 : sum * 1000)
  if (!(Math.abs(time) <= MAX_TIME)) throw badPayload(`time ${sum} is out of range`)
  return time
}

function text(members: JsonObject, label: string, where: string): string | undefined {
  const value = members.get(label)
  if (value !== undefined && typeof value !== 'string') throw badPayload(`${where}: ${label} is not a text`)
  return value
}

function seconds(members: JsonObject, label: string, where: string): number | undefined {
  const value = members.get(label)
  if (value === undefined) return undefined
  if (typeof value !== 'number' && typeof value !== 'bigint')
    throw badPayload(`${where}: ${label} is not a number`)
  return Number(value)
}
