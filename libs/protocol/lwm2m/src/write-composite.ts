import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { encodeChanges } from '@fieldline/codec'
import type { Change } from '@fieldline/codec'
import { rootPath } from '@fieldline/object-model'
import type { DefinitionLookup } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What a Write-Composite has to say; `definitions` give the types of the values to the content formats that need them. */
export interface WriteCompositeOptions extends RequestContext {
  /** SenML or SenML-ETCH, JSON or CBOR, or LwM2M CBOR; only SenML-ETCH can remove a resource instance. */
  readonly contentFormat: number
  readonly definitions?: DefinitionLookup
}

/**
 * A Write-Composite: values of any objects, all or none of which take effect. Throws `RangeError` in words where a change cannot be said in the
 * format. @see LwM2M Core 1.2 §6.3.9
 */
export function writeCompositeRequest(
  changes: readonly Change[],
  options: WriteCompositeOptions,
): CoapRequest {
  const { contentFormat, alternatePath, definitions = () => undefined } = options
  return requestTo(
    Code.IPatch,
    rootPath,
    {},
    {
      contentFormat,
      payload: encodeChanges(contentFormat, changes, { definitions, alternatePath }),
    },
  )
}

/** Passes when the device accepted all changes; that is not yet the effect, which only a Read shows. */
export function writeCompositeResult(response: CoapResponse): void {
  expectCode(response, 'Write-Composite', Code.Changed)
}
