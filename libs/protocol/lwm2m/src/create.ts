import { Code } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { encode } from '@fieldline/codec'
import { formatPath, pathLevel } from '@fieldline/object-model'
import type { DefinitionLookup, Node, Path } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { requestTo } from './request.js'
import type { RequestContext } from './request.js'

/** The instance id in the paths of a Create that leaves the choice to the device. */
export const UNASSIGNED_INSTANCE = 65_535

/** What a Create may say; `definitions` give the types of the values to the content formats that need them. */
export interface CreateOptions extends RequestContext {
  readonly definitions?: DefinitionLookup
}

/**
 * A Create of one or more instances of an object; the nodes' paths name them, or 65535 for the device to choose. Throws `RangeError` when `object`
 * is no object, or as `encode` does.
 * @see LwM2M Core 1.2 §6.3.6
 */
export function createRequest(
  object: Path,
  nodes: readonly Node[],
  format: number,
  options: CreateOptions = {},
): CoapRequest {
  if (pathLevel(object) !== 1) throw new RangeError(`${formatPath(object)} is not an object`)
  const { alternatePath, definitions = () => undefined } = options
  return requestTo(Code.Post, object, options, {
    contentFormat: format,
    payload: encode(format, nodes, { base: object, definitions, alternatePath }),
  })
}

/** The id of the instance created, where the device chose it and says so. */
export function createResult(response: CoapResponse): number | undefined {
  expectCode(response, 'Create', Code.Created)
  const last = response.locationPath?.at(-1)
  return last !== undefined && /^[0-9]{1,5}$/.test(last) ? Number(last) : undefined
}
