import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import type { Path } from '@fieldline/object-model'
import { formatAttributes } from './attributes.js'
import type { NotificationAttributes } from './attributes.js'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** Attaches attributes at a path: a PUT with a query and no payload. Throws `RangeError` in words on a set that cannot be. @see LwM2M Core 1.2 §6.3.4 */
export function writeAttributesRequest(
  path: Path,
  attributes: NotificationAttributes,
  context: RequestContext = {},
): CoapRequest {
  return requestTo(Code.Put, path, context, { uriQuery: formatAttributes(attributes) })
}

/** Passes when the device took the attributes. */
export function writeAttributesResult(response: CoapResponse): void {
  expectCode(response, 'Write-Attributes', Code.Changed)
}
