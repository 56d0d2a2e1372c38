/**
 * CoAP methods and response codes as the single byte that travels: class in the upper three bits, detail in the lower five.
 * @see RFC 7252 §12.1, RFC 7959 §2.9, RFC 8132 §6
 */
export const Code = {
  Empty: 0x00,
  Get: 0x01,
  Post: 0x02,
  Put: 0x03,
  Delete: 0x04,
  Fetch: 0x05,
  Patch: 0x06,
  IPatch: 0x07,
  Created: 0x41,
  Deleted: 0x42,
  Valid: 0x43,
  Changed: 0x44,
  Content: 0x45,
  Continue: 0x5f,
  BadRequest: 0x80,
  Unauthorized: 0x81,
  BadOption: 0x82,
  Forbidden: 0x83,
  NotFound: 0x84,
  MethodNotAllowed: 0x85,
  NotAcceptable: 0x86,
  RequestEntityIncomplete: 0x88,
  Conflict: 0x89,
  PreconditionFailed: 0x8c,
  RequestEntityTooLarge: 0x8d,
  UnsupportedContentFormat: 0x8f,
  InternalServerError: 0xa0,
  NotImplemented: 0xa1,
  ServiceUnavailable: 0xa3,
  ProxyingNotSupported: 0xa5,
} as const

/** A CoAP code byte: a method, a response code, or 0 for an empty message. */
export type Code = number

/** `0x45` as the standard writes it: `2.05`. */
export function formatCode(code: Code): string {
  return `${code >> 5}.${String(code & 0x1f).padStart(2, '0')}`
}

/** The class digit of a code: 0 request, 2 success, 4 client error, 5 server error. */
export function codeClass(code: Code): number {
  return code >> 5
}

/**
 * The peer's fault. `code` is the CoAP response code the peer is to be answered with; `message` says what was wrong and where.
 */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message)
  }
}

/** Our own fault: a state that the code holds to be impossible. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}
