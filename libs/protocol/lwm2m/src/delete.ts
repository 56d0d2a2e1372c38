import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { formatPath, pathLevel } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** A Delete of an object instance, or from 1.2 on of a resource instance. Throws `RangeError` on another path. @see LwM2M Core 1.2 §6.3.7 */
export function deleteRequest(path: Path, context: RequestContext = {}): CoapRequest {
  if (pathLevel(path) !== 2 && pathLevel(path) !== 4) {
    throw new RangeError(`${formatPath(path)} is neither an object instance nor a resource instance`)
  }
  return requestTo(Code.Delete, path, context)
}

/** Passes when the device has deleted the instance. */
export function deleteResult(response: CoapResponse): void {
  expectCode(response, 'Delete', Code.Deleted)
}
