import { pathIds, pathLevel } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { writeCborValue } from '../cbor/encode.js'
import { CborWriter } from '../cbor/write.js'
import { groupBy, singleOrInstances } from '../check.js'
import type { EncodeContext } from '../context.js'

/**
 * Values as LwM2M CBOR with absolute paths, definite lengths, and each shared part of a path said once. No values are no bytes: the format has no
 * empty map. Throws `RangeError` on two values at one path.
 */
export function encodeLwM2mCbor(nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const writer = new CborWriter()
  if (nodes.length === 0) return writer.finish()
  const { objectId, instanceId, resourceId } = context.base
  const key = (...ids: number[]): void => writeKey(writer, ids, context.gatewayPrefix)
  switch (pathLevel(context.base)) {
    case 0: {
      const instances = groupBy(nodes, ({ path }) => path.objectId! * 0x1_0000 + path.instanceId!)
      writer.map(instances.size)
      for (const members of instances.values()) {
        const { path } = members[0]!
        if (members.length === 1) {
          key(...pathIds(path))
          writeCborValue(writer, members[0]!)
        } else {
          key(path.objectId!, path.instanceId!)
          writeInstance(writer, members)
        }
      }
      break
    }
    case 1: {
      const instances = groupBy(nodes, ({ path }) => path.instanceId!)
      writer.map(1)
      if (instances.size === 1) {
        key(objectId!, nodes[0]!.path.instanceId!)
        writeInstance(writer, nodes)
        break
      }
      key(objectId!)
      writer.map(instances.size)
      for (const [id, members] of instances) {
        writer.integer(id)
        writeInstance(writer, members)
      }
      break
    }
    case 2:
      writer.map(1)
      key(objectId!, instanceId!)
      writeInstance(writer, nodes)
      break
    case 3:
      writer.map(1)
      key(objectId!, instanceId!, resourceId!)
      writeResource(writer, nodes)
      break
    case 4:
      writer.map(1)
      key(...pathIds(context.base))
      // Instances of one path: this is where a second value is refused.
      singleOrInstances(nodes, 'LwM2M CBOR')
      writeCborValue(writer, nodes[0]!)
  }
  return writer.finish()
}

function writeInstance(writer: CborWriter, nodes: readonly Node[]): void {
  const resources = groupBy(nodes, ({ path }) => path.resourceId!)
  writer.map(resources.size)
  for (const [id, members] of resources) {
    writer.integer(id)
    writeResource(writer, members)
  }
}

function writeResource(writer: CborWriter, members: readonly Node[]): void {
  const single = singleOrInstances(members, 'LwM2M CBOR')
  if (single) {
    writeCborValue(writer, single)
    return
  }
  writer.map(members.length)
  for (const node of members) {
    writer.integer(node.path.resourceInstanceId!)
    writeCborValue(writer, node)
  }
}

/** One id stands alone, several in a list; a gateway prefix goes first. */
function writeKey(writer: CborWriter, ids: readonly number[], prefix: string | undefined): void {
  if (prefix !== undefined) writer.array(ids.length + 1).text(prefix)
  else if (ids.length > 1) writer.array(ids.length)
  for (const id of ids) writer.integer(id)
}
