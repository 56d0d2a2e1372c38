import type { Node } from '@fieldline/object-model'
import { Binder } from '../bind.js'
import type { DecodeContext } from '../context.js'

/** The payload as it is, for an Opaque resource or one without a definition. @see LwM2M Core 1.2 §7.4.2 */
export function decodeOpaque(payload: Uint8Array, context: DecodeContext): Node[] {
  return [new Binder(context.definitions).node(context.base, payload.slice(), 'opaque')]
}
