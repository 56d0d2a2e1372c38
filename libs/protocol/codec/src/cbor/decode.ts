import type { Node } from '@fieldline/object-model'
import { Binder } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { CborReader } from './read.js'
import { readCborValue } from './value.js'

/** One CBOR value for the resource or resource instance the request named. @see LwM2M Core 1.2 §7.4.3 */
export function decodeCbor(payload: Uint8Array, context: DecodeContext): Node[] {
  const reader = new CborReader(payload)
  const { value, type } = readCborValue(reader)
  reader.end()
  return [new Binder(context.definitions).node(context.base, value, type)]
}
