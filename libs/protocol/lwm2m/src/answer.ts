import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapResponse } from '@fieldline/coap'
import { ContentFormat, decode } from '@fieldline/codec'
import { formatPath, isWithin, pathLevel } from '@fieldline/object-model'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import type { RequestContext } from './request.js'

/**
 * The values of a 2.05. A missing Content-Format is read as text for one resource and as TLV above it, what clients that forget the option mean.
 * Values outside `path` (a device may follow object links) are dropped; if nothing else is there, that is a `ProtocolError`.
 */
export function decodeAnswer(
  { contentFormat, payload }: CoapResponse,
  path: Path,
  definitions: DefinitionLookup,
  now: number,
  { alternatePath }: RequestContext,
): Node[] {
  if (contentFormat === undefined && payload.length === 0) return []
  const format = contentFormat ?? (pathLevel(path) >= 3 ? ContentFormat.Text : ContentFormat.Tlv)
  const nodes = decode(format, payload, { base: path, definitions, now, alternatePath })
  const own = nodes.filter((node) => isWithin(node.path, path))
  if (own.length === 0 && nodes.length > 0) {
    throw new ProtocolError(
      Code.BadRequest,
      `${formatPath(path)} was answered with ${formatPath(nodes[0]!.path)}`,
    )
  }
  return own
}
