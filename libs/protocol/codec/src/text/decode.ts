import { formatPath, fromBase64 } from '@fieldline/object-model'
import type { Node, ResourceType, ResourceValue } from '@fieldline/object-model'
import { Binder, typeAt } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { badPayload, refusing } from '../errors.js'
import { parseDecimal } from '../json/numbers.js'
import { fromUtf8 } from '../utf8.js'

/** One value as text for the resource the request named; what it means, only the definition says. @see LwM2M Core 1.2 §7.4.1 */
export function decodeText(payload: Uint8Array, context: DecodeContext): Node[] {
  const where = formatPath(context.base)
  const text = fromUtf8(payload, where)
  const type = typeAt(context.base, context.definitions) ?? 'string'
  // Nothing at all is how a resource without a value reads.
  const carried = type === 'none' && text === '' ? 'none' : 'string'
  return [new Binder(context.definitions).node(context.base, valueOf(type, text, where), carried)]
}

function valueOf(type: ResourceType, text: string, where: string): ResourceValue {
  switch (type) {
    case 'integer':
    case 'unsigned':
    case 'float':
    case 'time': {
      const value = parseDecimal(text)
      if (value === undefined) throw badPayload(`${where}: "${text.slice(0, 40)}" is not a decimal number`)
      return value
    }
    case 'boolean':
      if (text !== '0' && text !== '1')
        throw badPayload(`${where}: a boolean is 0 or 1, not "${text.slice(0, 40)}"`)
      return text === '1'
    case 'opaque':
      return refusing(where, () => fromBase64(text))
    default:
      return text
  }
}
