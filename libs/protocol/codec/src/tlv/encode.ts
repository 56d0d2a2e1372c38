import { ByteWriter } from '@fieldline/bytes'
import { pathLevel } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { NO_INSTANCE, groupBy, singleOrInstances } from '../check.js'
import type { EncodeContext } from '../context.js'
import { TlvKind } from './kind.js'
import { valueToTlv } from './values.js'
import { writeTlv } from './write.js'

/**
 * Values as TLV, in the order given, grouped by instance and resource. Object instances are wrapped exactly when the base names none; instance
 * 65535 is written without a wrapper. Throws `RangeError` on two values at one path: TLV has no time series.
 */
export function encodeTlv(nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const level = pathLevel(context.base)
  if (level === 0) throw new RangeError('TLV does not name objects: encode one object at a time')
  const writer = new ByteWriter()
  if (level === 4) {
    // Instances of one path: this is where a second value is refused.
    singleOrInstances(nodes, 'TLV')
    for (const node of nodes) writeResourceInstance(writer, node)
  } else if (level >= 2) writeResources(writer, nodes)
  else {
    for (const [instanceId, members] of groupBy(nodes, (node) => node.path.instanceId!)) {
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
  for (const [resourceId, members] of groupBy(nodes, (node) => node.path.resourceId!)) {
    const single = singleOrInstances(members, 'TLV')
    if (single) {
      writeTlv(writer, TlvKind.Resource, resourceId, valueToTlv(single))
      continue
    }
    const inner = new ByteWriter()
    for (const node of members) writeResourceInstance(inner, node)
    writeTlv(writer, TlvKind.MultipleResource, resourceId, inner.finish())
  }
}

function writeResourceInstance(writer: ByteWriter, node: Node): void {
  writeTlv(writer, TlvKind.ResourceInstance, node.path.resourceInstanceId!, valueToTlv(node))
}
