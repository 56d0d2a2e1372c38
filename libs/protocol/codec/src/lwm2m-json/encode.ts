import { formatObjlnk, formatPath, isObjlnk, pathLevel, samePath, toBase64 } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import type { EncodeContext } from '../context.js'
import { writeJsonField, writeJsonObject } from '../json/write.js'
import type { JsonField } from '../json/write.js'
import { toUtf8 } from '../utf8.js'

/** The JSON of LwM2M 1.0 (11543). Throws `RangeError` on a float that is not finite, or when some values have a time and others none. */
export function encodeLwM2mJson(nodes: readonly Node[], context: EncodeContext): Uint8Array {
  const whole = nodes.every((node) => samePath(node.path, context.base))
  const root = pathLevel(context.base) === 0
  const bn = root ? '/' : whole ? formatPath(context.base) : `${formatPath(context.base)}/`
  const bt = nodes[0]?.time
  const elements = nodes.map((node) => {
    if ((node.time === undefined) !== (bt === undefined)) {
      throw new RangeError(`${formatPath(node.path)}: LwM2M JSON wants a time for every value or for none`)
    }
    const name = formatPath(node.path).slice(bn.length)
    const t = node.time === undefined || node.time === bt ? undefined : (node.time - bt!) / 1000
    return writeJsonObject([['n', name === '' ? undefined : name], valueField(node), ['t', t]])
  })
  const time = bt === undefined ? '' : `,"bt":${writeJsonField(bt / 1000)}`
  return toUtf8(`{"bn":${writeJsonField(bn)},"e":[${elements.join(',')}]${time}}`)
}

function valueField({ path, type, value }: Node): [string, JsonField] {
  if (type === 'none') throw new RangeError(`${formatPath(path)}: LwM2M JSON has no spelling for no value`)
  if (typeof value === 'string') return ['sv', value]
  if (typeof value === 'boolean') return ['bv', value]
  if (value instanceof Uint8Array) return ['sv', toBase64(value)]
  if (isObjlnk(value)) return ['ov', formatObjlnk(value)]
  return ['v', value]
}
