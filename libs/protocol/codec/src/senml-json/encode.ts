import { formatObjlnk, isObjlnk, toBase64Url } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type { EncodeContext } from '../context.js'
import { writeJsonObject } from '../json/write.js'
import type { JsonField } from '../json/write.js'
import { planRecords } from '../senml/plan.js'
import { toUtf8 } from '../utf8.js'

/** A SenML JSON pack. Throws `RangeError` on a float that is not finite. */
export function encodeSenmlJson(nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const records = planRecords(nodes, context).map(({ bn, bt, n, t, node }) =>
    writeJsonObject([['bn', bn], ['bt', bt], ['n', n], ['t', t], valueField(node)]),
  )
  return toUtf8(`[${records.join(',')}]`)
}

function valueField({ value }: Node): [string, JsonField] {
  if (typeof value === 'string') return ['vs', value]
  if (typeof value === 'boolean') return ['vb', value]
  if (value instanceof Uint8Array) return ['vd', toBase64Url(value)]
  if (isObjlnk(value)) return ['vlo', formatObjlnk(value)]
  return ['v', value]
}
