import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { decodeAnswer } from './answer.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What a Read may say. */
export interface ReadOptions extends RequestContext {
  /** Content format to ask for; absent lets the device choose. */
  readonly accept?: number
}

/** A Read of an object, object instance, resource or resource instance. @see LwM2M Core 1.2 §6.3.1 */
export function readRequest(path: Path, options: ReadOptions = {}): CoapRequest {
  return requestTo(Code.Get, path, options, options.accept === undefined ? {} : { accept: options.accept })
}

/**
 * The values a Read, an Observe or a notification brought; `now` is epoch milliseconds. Empty for something that exists and holds nothing. Throws
 * `RefusedError` when the device said no, `ProtocolError` when its answer cannot be understood or says nothing about `path`.
 */
export function readResult(
  response: CoapResponse,
  path: Path,
  definitions: DefinitionLookup,
  now: number,
  context: RequestContext = {},
): Node[] {
  expectCode(response, 'Read', Code.Content)
  return decodeAnswer(response, path, definitions, now, context)
}
