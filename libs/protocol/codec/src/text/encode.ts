import { formatObjlnk, formatPath, isObjlnk, toBase64 } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { onlyNode } from '../check.js'
import { plainDecimal } from '../json/numbers.js'
import { toUtf8 } from '../utf8.js'

/** One value as text. Throws `RangeError` on a float that is not finite: the format has no spelling for it. */
export function encodeText(nodes: readonly Node[]): Uint8Array {
  const node = onlyNode(nodes, 'plain text')
  return toUtf8(textOf(node))
}

function textOf({ path, value }: Node): string {
  if (typeof value === 'string') return value
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (value instanceof Uint8Array) return toBase64(value)
  if (isObjlnk(value)) return formatObjlnk(value)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new RangeError(`${formatPath(path)}: plain text cannot carry ${value}`)
  }
  return plainDecimal(value)
}
