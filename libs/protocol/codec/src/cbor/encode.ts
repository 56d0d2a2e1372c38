import { formatObjlnk, isObjlnk } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { onlyNode } from '../check.js'
import { CborWriter } from './write.js'

/** One value as a CBOR data item. */
export function encodeCbor(nodes: readonly Node[]): Uint8Array {
  const writer = new CborWriter()
  writeCborValue(writer, onlyNode(nodes, 'CBOR'))
  return writer.finish()
}

/** Appends a node's value in the form its type has in CBOR. @see LwM2M Core 1.2 table C.1-1 */
export function writeCborValue(writer: CborWriter, { type, value }: Node): void {
  if (type === 'none') writer.null()
  else if (isObjlnk(value)) writer.text(formatObjlnk(value))
  else if (value instanceof Uint8Array) writer.bytes(value)
  else if (typeof value === 'string') writer.text(value)
  else if (typeof value === 'boolean') writer.boolean(value)
  else if (typeof value === 'bigint') writer.integer(value)
  else if (type === 'float' || !Number.isInteger(value)) writer.float(value)
  else writer.integer(value)
}
