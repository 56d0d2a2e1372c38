import { formatObjlnk, formatPath, isObjlnk, toBase64Url } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type { EncodeContext } from '../context.js'
import { writeJsonObject } from '../json/write.js'
import type { JsonField } from '../json/write.js'
import { planRecords } from '../senml/plan.js'
import type { Change } from '../senml/records.js'
import { toUtf8 } from '../utf8.js'

/** A SenML JSON pack; a removal becomes the null of SenML-ETCH. Throws `RangeError` on a float that is not finite, or a resource without a value. */
export function encodeSenmlJson(changes: readonly Change[], context: EncodeContext): Uint8Array {
  const records = planRecords(changes, context).map(({ bn, bt, n, t, item }) =>
    writeJsonObject([
      ['bn', bn],
      ['bt', bt],
      ['n', n],
      ['t', t],
      'removed' in item ? ['v', null] : valueField(item),
    ]),
  )
  return toUtf8(`[${records.join(',')}]`)
}

function valueField({ path, type, value }: Node): [string, JsonField] {
  if (type === 'none') throw new RangeError(`${formatPath(path)}: SenML JSON has no spelling for no value`)
  if (typeof value === 'string') return ['vs', value]
  if (typeof value === 'boolean') return ['vb', value]
  if (value instanceof Uint8Array) return ['vd', toBase64Url(value)]
  if (isObjlnk(value)) return ['vlo', formatObjlnk(value)]
  return ['v', value]
}
