import { Code, ProtocolError } from '@fieldline/bytes'

/** Longest payload looked at, in bytes: a firmware package in one TLV, and its header. */
const MAX_PAYLOAD = 2 ** 24 + 64

/** A payload that cannot be understood: 4.00 to the peer, in words to people. */
export function badPayload(message: string): ProtocolError {
  return new ProtocolError(Code.BadRequest, message)
}

/** A payload beyond a limit: 4.13 to the peer, in words to people. */
export function tooLarge(message: string): ProtocolError {
  return new ProtocolError(Code.RequestEntityTooLarge, message)
}

/** 4.13 on a payload longer than any format has a use for. */
export function refuseTooLong(payload: Uint8Array, format: string): void {
  if (payload.length > MAX_PAYLOAD) throw tooLarge(`${format}: more than ${MAX_PAYLOAD} bytes`)
}

/** Runs `read` and turns a `RangeError` (how object-model refuses a value) into 4.00. */
export function refusing<T>(where: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) throw badPayload(`${where}: ${error.message}`)
    throw error
  }
}
