import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat } from '@fieldline/codec'
import { formatPath, pathLevel } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** One argument of an Execute. */
export interface ExecuteArgument {
  /** 0..9, each at most once. */
  readonly digit: number
  readonly value?: string
}

// @see LwM2M Core 1.2 §6.3.5: no space, quotation mark, apostrophe or backslash. The specification's own example has a space, so it is read, never written.
const strict = /([0-9])(?:='([\x21\x23-\x26\x28-\x5b\x5d-\x7e]*)')?(,|$)/y
const tolerant = /([0-9])(?:='([\x20\x21\x23-\x26\x28-\x5b\x5d-\x7e]*)')?(,|$)/y

function readArguments(text: string, pattern: RegExp): ExecuteArgument[] | undefined {
  const found: ExecuteArgument[] = []
  pattern.lastIndex = 0
  for (let more = text !== ''; more;) {
    const match = pattern.exec(text)
    if (!match || found.some(({ digit }) => digit === Number(match[1]))) return undefined
    found.push({ digit: Number(match[1]), ...(match[2] !== undefined && { value: match[2] }) })
    more = match[3] === ','
  }
  return found
}

/** Why a text is not an argument list, in words; undefined when it is one. The empty text is the empty list. */
export function checkExecuteArguments(text: string): string | undefined {
  return readArguments(text, strict)
    ? undefined
    : "arguments are digits, each at most once, with an optional value: 0='10',1; a value has no space, quote or backslash"
}

/** An argument list as a client receives it. 4.00 when it is none. */
export function parseExecuteArguments(payload: Uint8Array): ExecuteArgument[] {
  const found = readArguments(new TextDecoder().decode(payload), tolerant)
  if (!found) throw new ProtocolError(Code.BadRequest, 'not a list of Execute arguments')
  return found
}

/** An Execute of a resource. Throws `RangeError` in words on a path that is none, or arguments outside the grammar. @see LwM2M Core 1.2 §6.3.5 */
export function executeRequest(path: Path, args = '', context: RequestContext = {}): CoapRequest {
  if (pathLevel(path) !== 3)
    throw new RangeError(`${formatPath(path)} is not a resource and cannot be executed`)
  const wrong = checkExecuteArguments(args)
  if (wrong) throw new RangeError(wrong)
  return requestTo(
    Code.Post,
    path,
    context,
    args === '' ? {} : { contentFormat: ContentFormat.Text, payload: new TextEncoder().encode(args) },
  )
}

/** Passes when the device accepted the Execute. */
export function executeResult(response: CoapResponse): void {
  expectCode(response, 'Execute', Code.Changed)
}
