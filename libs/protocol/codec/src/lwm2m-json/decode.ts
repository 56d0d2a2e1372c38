import { fromBase64, parseObjlnk } from '@fieldline/object-model'
import type { Node, Path, ResourceType, ResourceValue } from '@fieldline/object-model'
import { Binder, carriedType } from '../bind.js'
import { nameRoot } from '../context.js'
import type { DecodeContext } from '../context.js'
import { badPayload, refusing, tooLarge } from '../errors.js'
import { parseJson } from '../json/tree.js'
import type { JsonObject } from '../json/tree.js'
import { MAX_NAME, pathFromBaseName, pathFromRelativeName } from '../senml/names.js'
import { Repeats } from '../senml/repeats.js'
import { RELATIVE_BELOW, resolveTime } from '../senml/times.js'

/** Most elements in one payload. */
const MAX_ELEMENTS = 20_000
/** Values from the JSON of LwM2M 1.0 (11543). @see LwM2M TS 1.0.2 §6.4.4 */
export function decodeLwM2mJson(payload: Uint8Array, context: DecodeContext): Node[] {
  const body = parseJson(payload)
  if (!(body instanceof Map)) throw badPayload('LwM2M JSON: not an object')
  const members = body as JsonObject
  const elements = members.get('e') ?? []
  if (!Array.isArray(elements)) throw badPayload('LwM2M JSON: e is not an array')
  if (elements.length > MAX_ELEMENTS) throw tooLarge(`LwM2M JSON: more than ${MAX_ELEMENTS} elements`)
  const baseName = text(members, 'bn', 'LwM2M JSON')
  const baseTime = seconds(members, 'bt', 'LwM2M JSON')
  if (baseName !== undefined && baseName.length > MAX_NAME)
    throw badPayload(`LwM2M JSON: bn is longer than ${MAX_NAME} characters`)
  const root = nameRoot(context)
  const binder = new Binder(context.definitions)
  const repeats = new Repeats()
  return elements.map((element, index) => {
    const where = `LwM2M JSON element ${index + 1}`
    if (!(element instanceof Map)) throw badPayload(`${where}: not an object`)
    const name = text(element as JsonObject, 'n', where) ?? ''
    const path =
      baseName === undefined
        ? pathFromRelativeName(name, context.base, root)
        : pathFromBaseName(baseName, name, context.base, root)
    const own = seconds(element as JsonObject, 't', where)
    // With a base time, `t` is relative to it whatever its size; without one, small times are relative to now as in SenML.
    const sum = (baseTime ?? 0) + (own ?? 0)
    const time =
      baseTime === undefined && own === undefined
        ? undefined
        : resolveTime(sum, context.now, baseTime === undefined && sum < RELATIVE_BELOW)
    repeats.check(path, time)
    const { value, type } = valueOf(element as JsonObject, path, binder, where)
    return binder.node(path, value, type, time)
  })
}

function valueOf(
  element: JsonObject,
  path: Path,
  binder: Binder,
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
      if (binder.typeOf(path.objectId ?? -1, path.resourceId ?? -1) !== 'opaque')
        return { value, type: 'string' }
      return { value: refusing(where, () => fromBase64(value)), type: 'opaque' }
    }
  }
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
