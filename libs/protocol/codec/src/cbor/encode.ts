import type { Node } from '@fieldline/object-model'
import { onlyNode } from '../bind.js'
import { writeCborValue } from './values.js'
import { CborWriter } from './write.js'

/** One value as a CBOR data item. */
export function encodeCbor(nodes: readonly Node[]): Uint8Array {
  const writer = new CborWriter()
  writeCborValue(writer, onlyNode(nodes, 'CBOR'))
  return writer.finish()
}
