import { formatPath, isWithin, pathOf } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import { bindValue, resourceAt } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { badPayload } from '../errors.js'
import { TlvKind, readTlv } from './read.js'
import type { TlvEntry } from './read.js'
import { valueFromTlv } from './values.js'

/** The instance id that stands for "none yet" where a payload names no instance. @see LwM2M Core 1.2 §7.4.5 */
const NO_INSTANCE = 65_535

/**
 * Values from TLV. The request's path completes what the entries leave out: bare resources belong to its instance, bare resource instances to its
 * resource; an object-level payload without instance entries means instance 0 of a single-instance object and "none yet" (65535) of another.
 */
export function decodeTlv(payload: Uint8Array, context: DecodeContext): Node[] {
  const { objectId } = context.base
  if (objectId === undefined) throw badPayload('TLV: the payload does not name objects, so the path must')
  const nodes: Node[] = []
  const seen = new Set<string>()

  const add = (path: Path, entry: TlvEntry): void => {
    if (!isWithin(path, context.base))
      throw badPayload(`${formatPath(path)}: a value above ${formatPath(context.base)}`)
    const type = resourceAt(path, context.definitions)?.type ?? 'opaque'
    nodes.push(
      bindValue(path, valueFromTlv(type, entry.value, formatPath(path)), 'opaque', context.definitions),
    )
  }
  const at = (path: Path): Path => {
    const key = formatPath(path)
    if (seen.has(key)) throw badPayload(`${key}: twice in the payload`)
    seen.add(key)
    // A wrapper around what was asked for lies above it, not within it.
    if (!isWithin(path, context.base) && !isWithin(context.base, path)) {
      throw badPayload(`${key}: outside ${formatPath(context.base)}, which was asked for`)
    }
    return path
  }
  const resource = (instanceId: number, entry: TlvEntry): void => {
    const path = at(pathOf(objectId, instanceId, entry.id))
    if (entry.kind === TlvKind.Resource) add(path, entry)
    else if (entry.kind === TlvKind.MultipleResource) {
      for (const inner of readTlv(entry.value)) resourceInstance(path, inner)
    } else throw badPayload(`${formatPath(path)}: an entry of kind ${entry.kind} inside an object instance`)
  }
  const resourceInstance = (path: Path, entry: TlvEntry): void => {
    if (entry.kind !== TlvKind.ResourceInstance)
      throw badPayload(`${formatPath(path)}: holds more than resource instances`)
    add(at(pathOf(objectId, path.instanceId!, path.resourceId!, entry.id)), entry)
  }

  for (const entry of readTlv(payload)) {
    if (entry.kind === TlvKind.Instance) {
      const instance = at(pathOf(objectId, entry.id))
      for (const inner of readTlv(entry.value)) resource(instance.instanceId!, inner)
    } else if (entry.kind === TlvKind.ResourceInstance) {
      if (context.base.resourceId === undefined)
        throw badPayload(`TLV: resource instance ${entry.id} of no resource`)
      resourceInstance(context.base, entry)
    } else {
      resource(context.base.instanceId ?? unnamedInstance(objectId, context), entry)
    }
  }
  return nodes
}

function unnamedInstance(objectId: number, context: DecodeContext): number {
  const definition = context.definitions(objectId)
  return definition && !definition.multiple ? 0 : NO_INSTANCE
}
