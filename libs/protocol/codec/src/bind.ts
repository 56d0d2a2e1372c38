import {
  INT64_MIN,
  UINT64_MAX,
  formatPath,
  isIntegerValue,
  isObjlnk,
  normaliseInteger,
  parseObjlnk,
  pathLevel,
  typeMismatch,
} from '@fieldline/object-model'
import type {
  DefinitionLookup,
  Node,
  Path,
  ResourceDefinition,
  ResourceType,
  ResourceValue,
} from '@fieldline/object-model'
import { badPayload, refusing } from './errors.js'

/**
 * Joins the values of one payload with the definitions of their resources. Remembers the object last asked for, so that a payload about one object
 * instance looks its definition up once.
 */
export class Binder {
  readonly #definitions: DefinitionLookup
  #objectId = -1
  #resources: ReadonlyMap<number, ResourceDefinition> | undefined

  constructor(definitions: DefinitionLookup) {
    this.#definitions = definitions
  }

  /** The registered type of a resource; undefined when no definition is known. */
  typeOf(objectId: number, resourceId: number): ResourceType | undefined {
    if (objectId !== this.#objectId) {
      this.#objectId = objectId
      this.#resources = this.#definitions(objectId)?.resources
    }
    return this.#resources?.get(resourceId)?.type
  }

  /**
   * A node from a value as the format carried it. The definition's type decides: an integral float serves as an integer, an integer as a float,
   * 0 and 1 as a boolean, "66:0" as an object link. What the type cannot hold is refused with 4.00 naming the path. Without a definition, or where
   * the definition says no type, the value is kept as it came, with the type the format gave it.
   */
  node(path: Path, value: ResourceValue, carried: ResourceType, time?: number): Node {
    if (path.objectId === undefined || path.resourceId === undefined)
      throw badPayload(`${formatPath(path)}: a value belongs to a resource, this path names none`)
    const type = this.typeOf(path.objectId, path.resourceId)
    if (type === undefined || (type === 'none' && carried !== 'none')) {
      if (typeof value === 'bigint' && (value > UINT64_MAX || value < INT64_MIN))
        throw badPayload(`${formatPath(path)}: an integer beyond 64 bits`)
      // A tag of CBOR says that it is a time, also of what can be none.
      const mismatch = carried === 'time' ? typeMismatch(carried, value) : undefined
      if (mismatch) throw badPayload(`${formatPath(path)}: the value must be ${mismatch}`)
      return time === undefined
        ? { path, type: carried, value, untyped: true }
        : { path, type: carried, value, time, untyped: true }
    }
    const bound = bind(path, type, value, carried)
    return time === undefined ? { path, type, value: bound } : { path, type, value: bound, time }
  }
}

/** The type of the resource a request named, if a definition is known. */
export function typeAt(path: Path, definitions: DefinitionLookup): ResourceType | undefined {
  if (pathLevel(path) < 3) return undefined
  return definitions(path.objectId!)?.resources.get(path.resourceId!)?.type
}

function bind(path: Path, type: ResourceType, value: ResourceValue, carried: ResourceType): ResourceValue {
  switch (type) {
    case 'string':
    case 'corelnk':
      // Every grammar hands over well-formed text only.
      if (typeof value === 'string' && carried !== 'none') return value
      break
    case 'integer':
    case 'unsigned':
      if (Number.isSafeInteger(value) && ((value as number) >= 0 || type === 'integer'))
        return (value as number) + 0 // −0 is 0
      break
    case 'float':
      if (typeof value === 'number') return value
      break
    case 'boolean':
      if (typeof value === 'boolean') return value
      break
    case 'opaque':
      if (value instanceof Uint8Array) return value
      break
    default:
  }
  const converted = convert(path, type, value)
  const mismatch =
    typeMismatch(type, converted) ?? (carried === 'none' && type !== 'none' ? 'present' : undefined)
  if (mismatch) throw badPayload(`${formatPath(path)}: the value must be ${mismatch}`)
  return converted
}

function convert(path: Path, type: ResourceType, value: ResourceValue): ResourceValue {
  switch (type) {
    case 'integer':
    case 'unsigned':
      return typeof value === 'number' && Number.isInteger(value) ? normaliseInteger(BigInt(value)) : value
    case 'float':
      return typeof value === 'bigint' ? Number(value) : value
    case 'boolean':
      return value === 0 ? false : value === 1 ? true : value
    case 'objlnk':
      return typeof value === 'string' ? refusing(formatPath(path), () => parseObjlnk(value)) : value
    default:
      return value
  }
}

/** The type of a value that a self-describing format carried and no definition explains. */
export function carriedType(value: ResourceValue): ResourceType {
  if (typeof value === 'string') return 'string'
  if (typeof value === 'boolean') return 'boolean'
  if (value instanceof Uint8Array) return 'opaque'
  if (isObjlnk(value)) return 'objlnk'
  if (!isIntegerValue(value)) return 'float'
  return typeof value === 'bigint' && value >= 2n ** 63n ? 'unsigned' : 'integer'
}
