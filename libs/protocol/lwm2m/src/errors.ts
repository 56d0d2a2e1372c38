import { Code, ProtocolError, codeClass, formatCode } from '@fieldline/bytes'
import type { CoapResponse } from '@fieldline/coap'

/** A device's answer that says no: `code` is the CoAP code it answered with. Not a malformed answer, which is a `ProtocolError`. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message)
  }
}

/** Longest diagnostic text of a device that is passed on. */
const MAX_DIAGNOSTIC = 120

/**
 * Passes when a response has one of the wanted codes. Throws `RefusedError` on a 4.xx or 5.xx (with the device's diagnostic text, if it sent one),
 * `ProtocolError` on a success code that this operation cannot have.
 */
export function expectCode(response: CoapResponse, operation: string, ...wanted: readonly Code[]): void {
  if (wanted.includes(response.code)) return
  const kind = codeClass(response.code)
  if (kind === 4 || kind === 5) {
    const diagnostic = diagnosticOf(response)
    throw new RefusedError(
      response.code,
      `${operation} was refused with ${formatCode(response.code)}${diagnostic && `: ${diagnostic}`}`,
    )
  }
  throw new ProtocolError(Code.BadRequest, `${operation} was answered with ${formatCode(response.code)}`)
}

/** @see RFC 7252 §5.5.2: the payload of an error without a Content-Format is a text for people. */
function diagnosticOf({ contentFormat, payload }: CoapResponse): string {
  if (payload.length === 0 || (contentFormat !== undefined && contentFormat !== 0)) return ''
  const text = new TextDecoder().decode(payload.subarray(0, MAX_DIAGNOSTIC))
  return text.replace(/\p{Cc}/gu, ' ').trim()
}
