import { formatPath } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { bindValue } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { readCbor } from './read.js'
import { valueFromCbor } from './values.js'

/** One CBOR value for the resource or resource instance the request named. @see LwM2M Core 1.2 §7.4.3 */
export function decodeCbor(payload: Uint8Array, context: DecodeContext): Node[] {
  const { value, type } = valueFromCbor(readCbor(payload), formatPath(context.base))
  return [bindValue(context.base, value, type, context.definitions)]
}
