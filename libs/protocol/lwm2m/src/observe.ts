import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import { decodeAnswer } from './answer.js'
import { formatAttributes } from './attributes.js'
import type { NotificationAttributes } from './attributes.js'
import { expectCode } from './errors.js'
import type { ReadOptions } from './read.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What an Observe may say. */
export interface ObserveOptions extends ReadOptions {
  /** Attributes for this observation alone, from LwM2M 1.2 on. */
  readonly attributes?: NotificationAttributes
}

/** An Observe; the answer is the first notification. @see LwM2M Core 1.2 §6.4.1 */
export function observeRequest(path: Path, options: ObserveOptions = {}): CoapRequest {
  return requestTo(Code.Get, path, options, {
    observe: 0,
    uriQuery: options.attributes ? formatAttributes(options.attributes) : [],
    ...(options.accept !== undefined && { accept: options.accept }),
  })
}

/** The end of an observation; to be sent with the token that began it. @see LwM2M Core 1.2 §6.4.3 */
export function cancelObserveRequest(path: Path, options: ReadOptions = {}): CoapRequest {
  return requestTo(Code.Get, path, options, {
    observe: 1,
    ...(options.accept !== undefined && { accept: options.accept }),
  })
}

/** The answer to an Observe. */
export interface ObserveResult {
  readonly nodes: Node[]
  /** False: the device answered as to a Read and will not notify. */
  readonly observing: boolean
}

/** Values and standing of an Observe. Throws as `readResult` does. */
export function observeResult(
  response: CoapResponse,
  path: Path,
  definitions: DefinitionLookup,
  now: number,
  context: RequestContext = {},
): ObserveResult {
  expectCode(response, 'Observe', Code.Content)
  return {
    nodes: decodeAnswer(response, path, definitions, now, context),
    observing: response.observe !== undefined,
  }
}
