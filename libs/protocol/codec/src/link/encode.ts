import { formatPath } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { onlyNode } from '../check.js'
import { toUtf8 } from '../utf8.js'

/** The text of one Corelnk value. Throws `RangeError` for any other type. */
export function encodeLink(nodes: readonly Node[]): Uint8Array {
  const { path, type, value } = onlyNode(nodes, 'link-format')
  if (type !== 'corelnk' || typeof value !== 'string') {
    throw new RangeError(`${formatPath(path)}: link-format carries Corelnk values only`)
  }
  return toUtf8(value)
}
