import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat, formatName, parseLinks } from '@fieldline/codec'
import type { Link } from '@fieldline/codec'
import type { Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What a Discover may say. */
export interface DiscoverOptions extends RequestContext {
  /** How far down to list, 0..3, from LwM2M 1.2 on; older devices pass it over. */
  readonly depth?: 0 | 1 | 2 | 3
}

/** A Discover of an object, object instance or resource. @see LwM2M Core 1.2 §6.3.2 */
export function discoverRequest(path: Path, options: DiscoverOptions = {}): CoapRequest {
  return requestTo(Code.Get, path, options, {
    accept: ContentFormat.Link,
    uriQuery: options.depth === undefined ? [] : [`depth=${options.depth}`],
  })
}

/** The links a Discover brought, targets without the alternate path. Throws as `readResult` does. */
export function discoverResult(response: CoapResponse, { alternatePath }: RequestContext = {}): Link[] {
  expectCode(response, 'Discover', Code.Content)
  if (response.contentFormat !== undefined && response.contentFormat !== ContentFormat.Link) {
    throw new ProtocolError(Code.BadRequest, `Discover was answered in ${formatName(response.contentFormat)}`)
  }
  const links = parseLinks(response.payload)
  if (alternatePath === undefined) return links
  return links.map((link) =>
    link.target.startsWith(`${alternatePath}/`)
      ? { ...link, target: link.target.slice(alternatePath.length) }
      : link,
  )
}
