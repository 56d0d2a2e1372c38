import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { encode } from '@fieldline/codec'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** What a Write has to say; `definitions` give the types of the values to the content formats that need them. */
export interface WriteOptions extends RequestContext {
  /** `replace` takes the place of what is there (PUT); `partial` adds and overwrites, and leaves the rest (POST). */
  readonly mode: 'replace' | 'partial'
  readonly definitions?: DefinitionLookup
}

/**
 * A Write of nodes, all within `path`, in a content format. Throws `RangeError` in words where a value cannot be said in it.
 * @see LwM2M Core 1.2 §6.3.3
 */
export function writeRequest(
  path: Path,
  nodes: readonly Node[],
  format: number,
  options: WriteOptions,
): CoapRequest {
  const { alternatePath, definitions = () => undefined } = options
  return requestTo(options.mode === 'replace' ? Code.Put : Code.Post, path, options, {
    contentFormat: format,
    payload: encode(format, nodes, { base: path, definitions, alternatePath }),
  })
}

/** Passes when the device accepted the values; that is not yet the effect, which only a Read shows. */
export function writeResult(response: CoapResponse): void {
  expectCode(response, 'Write', Code.Changed)
}
