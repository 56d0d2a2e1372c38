import { pathLevel } from '@fieldline/object-model'
import type { Node } from '@fieldline/object-model'
import { Code, ProtocolError } from '@fieldline/bytes'
import { Binder } from '../bind.js'
import type { DecodeContext } from '../context.js'
import { fromUtf8 } from '../utf8.js'
import { parseLinks } from './parse.js'

/** The value of a Corelnk resource; a list of anything else is not a value (`parseLinks` reads it). */
export function decodeLink(payload: Uint8Array, context: DecodeContext): Node[] {
  if (pathLevel(context.base) < 3) {
    throw new ProtocolError(Code.UnsupportedContentFormat, 'link-format carries a list of paths, not values')
  }
  parseLinks(payload)
  return [new Binder(context.definitions).node(context.base, fromUtf8(payload, 'link list'), 'corelnk')]
}
