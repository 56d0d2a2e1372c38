import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { expectCode } from './errors.js'
import { requestToServer } from './request.js'

/** A client's De-register; `location` is what Register answered. @see LwM2M Core 1.2 §6.2.3 */
export function deregisterRequest(location: readonly string[]): CoapRequest {
  return requestToServer(Code.Delete, location)
}

/** Passes when the server has ended the registration. */
export function deregisterResult(response: CoapResponse): void {
  expectCode(response, 'De-register', Code.Deleted)
}
