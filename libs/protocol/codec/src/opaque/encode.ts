import { formatPath } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { onlyNode } from '../check.js'

/** The bytes of one Opaque value. Throws `RangeError` for any other type. */
export function encodeOpaque(nodes: readonly Node[]): Uint8Array {
  const { path, value } = onlyNode(nodes, 'octet-stream')
  if (!(value instanceof Uint8Array))
    throw new RangeError(`${formatPath(path)}: octet-stream carries bytes only`)
  return value.slice()
}
