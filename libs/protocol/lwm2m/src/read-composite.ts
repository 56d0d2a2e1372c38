import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { encodePaths } from '@fieldline/codec'
import { rootPath } from '@fieldline/object-model'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import { decodeAnswer } from './answer.js'
import { formatAttributes } from './attributes.js'
import { expectCode } from './errors.js'
import type { ObserveOptions, ObserveResult } from './observe.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What a Read-Composite has to say. */
export interface ReadCompositeOptions extends RequestContext {
  /** Content format of the list of paths: SenML or SenML-ETCH, JSON or CBOR. */
  readonly contentFormat: number
  /** Content format to ask for; absent lets the device choose. */
  readonly accept?: number
}

/** A Read-Composite of several paths at once, of any objects; `/` means all that can be read. @see LwM2M Core 1.2 §6.3.8 */
export function readCompositeRequest(paths: readonly Path[], options: ReadCompositeOptions): CoapRequest {
  const { contentFormat, accept, alternatePath } = options
  return requestTo(
    Code.Fetch,
    rootPath,
    {},
    {
      contentFormat,
      payload: encodePaths(contentFormat, paths, { alternatePath }),
      ...(accept !== undefined && { accept }),
    },
  )
}

/**
 * The values a Read-Composite brought: those paths that have any, the others are left out without an error. Throws `RefusedError` when the
 * device said no, `ProtocolError` when its answer cannot be understood. `now` is epoch milliseconds.
 */
export function readCompositeResult(
  response: CoapResponse,
  definitions: DefinitionLookup,
  now: number,
  context: RequestContext = {},
): Node[] {
  expectCode(response, 'Read-Composite', Code.Content)
  return decodeAnswer(response, rootPath, definitions, now, context)
}

/** An Observe-Composite; the answer is the first notification, with all the paths. @see LwM2M Core 1.2 §6.4.2 */
export function observeCompositeRequest(
  paths: readonly Path[],
  options: ReadCompositeOptions & Pick<ObserveOptions, 'attributes'>,
): CoapRequest {
  const { attributes } = options
  return {
    ...readCompositeRequest(paths, options),
    observe: 0,
    uriQuery: attributes ? formatAttributes(attributes) : [],
  }
}

/** The end of an Observe-Composite: the same list, sent with the token that began it. @see LwM2M Core 1.2 §6.4.4 */
export function cancelObserveCompositeRequest(
  paths: readonly Path[],
  options: ReadCompositeOptions,
): CoapRequest {
  return { ...readCompositeRequest(paths, options), observe: 1 }
}

/** Values and standing of an Observe-Composite. Throws as `readCompositeResult` does. */
export function observeCompositeResult(
  response: CoapResponse,
  definitions: DefinitionLookup,
  now: number,
  context: RequestContext = {},
): ObserveResult {
  expectCode(response, 'Observe-Composite', Code.Content)
  return {
    nodes: decodeAnswer(response, rootPath, definitions, now, context),
    observing: response.observe !== undefined,
  }
}
