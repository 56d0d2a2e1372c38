import { ByteWriter } from '@fieldline/bytes'
import { formatPath, pathLevel } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type { EncodeContext } from '../context.js'
import { TlvKind } from './read.js'
import { valueToTlv } from './values.js'
import { writeTlv } from './write.js'

/** The instance id that stands for "none yet": a Create leaves the choice to the client. */
const NO_INSTANCE = 65_535

/**
 * Values as TLV, in the order given, grouped by instance and resource. Object instances are wrapped exactly when the base names none; instance
 * 65535 is written without a wrapper. Throws `RangeError` on two values at one path: TLV has no time series.
 */
export function encodeTlv(nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const level = pathLevel(context.base)
  if (level === 0) throw new RangeError('TLV does not name objects: encode one object at a time')
  const writer = new ByteWriter()
  if (level === 4) for (const node of nodes) writeResourceInstance(writer, node)
  else if (level >= 2) writeResources(writer, nodes)
  else {
    for (const [instanceId, members] of group(nodes, (node) => node.path.instanceId!)) {
      if (instanceId === NO_INSTANCE) {
        writeResources(writer, members)
        continue
      }
      const inner = new ByteWriter()
      writeResources(inner, members)
      writeTlv(writer, TlvKind.Instance, instanceId, inner.finish())
    }
  }
  return writer.finish()
}

function writeResources(writer: ByteWriter, nodes: readonly Node[]): void {
  for (const [resourceId, members] of group(nodes, (node) => node.path.resourceId!)) {
    const single = members.find((node) => node.path.resourceInstanceId === undefined)
    if (single) {
      if (members.length > 1)
        throw new RangeError(`${formatPath(single.path)}: TLV carries one value at a path`)
      writeTlv(writer, TlvKind.Resource, resourceId, valueToTlv(single))
      continue
    }
    const inner = new ByteWriter()
    const ids = new Set(members.map((node) => node.path.resourceInstanceId))
    if (ids.size !== members.length) {
      throw new RangeError(`${formatPath(members[0]!.path)}: TLV carries one value at a path`)
    }
    for (const node of members) writeResourceInstance(inner, node)
    writeTlv(writer, TlvKind.MultipleResource, resourceId, inner.finish())
  }
}

function writeResourceInstance(writer: ByteWriter, node: Node): void {
  writeTlv(writer, TlvKind.ResourceInstance, node.path.resourceInstanceId!, valueToTlv(node))
}

function group(nodes: readonly Node[], key: (node: Node) => number): Map<number, Node[]> {
  const groups = new Map<number, Node[]>()
  for (const node of nodes) {
    const members = groups.get(key(node))
    if (members) members.push(node)
    else groups.set(key(node), [node])
  }
  return groups
}
