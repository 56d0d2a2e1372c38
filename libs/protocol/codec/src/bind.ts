import {
  formatPath,
  isIntegerValue,
  isObjlnk,
  isWithin,
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
import type { EncodeContext } from './context.js'
import { badPayload, refusing } from './errors.js'

/** The definition of the resource a path names or lies in, if it has one that says a type. */
export function resourceAt(path: Path, definitions: DefinitionLookup): ResourceDefinition | undefined {
  if (path.objectId === undefined || path.resourceId === undefined) return undefined
  const resource = definitions(path.objectId)?.resources.get(path.resourceId)
  return resource && resource.type !== 'none' ? resource : undefined
}

/**
 * A node from a value as the format carried it. The definition's type decides: an integral float serves as an integer, an integer as a float,
 * 0 and 1 as a boolean, "66:0" as an object link. What the type cannot hold is refused with 4.00 naming the path. Without a definition the value
 * is kept as it came, with the type the format gave it.
 */
export function bindValue(
  path: Path,
  value: ResourceValue,
  carried: ResourceType,
  definitions: DefinitionLookup,
): Node {
  if (pathLevel(path) < 3)
    throw badPayload(`${formatPath(path)}: a value belongs to a resource, this path names none`)
  const definition = resourceAt(path, definitions)
  if (!definition) return { path, type: carried, value, untyped: true }
  return { path, type: definition.type, value: coerce(path, definition.type, value) }
}

function coerce(path: Path, type: ResourceType, value: ResourceValue): ResourceValue {
  const converted = convert(path, type, value)
  const mismatch = typeMismatch(type, converted)
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

/**
 * Checks what is about to be encoded: every value fits its type and lies within the base, at a resource or below. Throws `RangeError` naming the
 * path: the caller's fault, nothing has been sent.
 */
export function checkNodes(nodes: readonly Node[], context: EncodeContext): void {
  for (const node of nodes) {
    const where = formatPath(node.path)
    if (pathLevel(node.path) < 3) throw new RangeError(`${where} names no resource and cannot carry a value`)
    if (!isWithin(node.path, context.base))
      throw new RangeError(`${where} lies outside ${formatPath(context.base)}`)
    const mismatch = typeMismatch(node.type, node.value)
    if (mismatch) throw new RangeError(`${where}: the value must be ${mismatch}`)
  }
}

/** The one node a single-value format can carry. Throws `RangeError` when there are none or several. */
export function onlyNode(nodes: readonly Node[], format: string): Node {
  if (nodes.length !== 1) throw new RangeError(`${format} carries exactly one value, not ${nodes.length}`)
  return nodes[0]!
}
