import type { Code } from '@fieldline/bytes'
import type { CoapRequest } from '@fieldline/coap'
import { pathIds } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'

/** What every request to a device needs beside its own arguments. */
export interface RequestContext {
  /** The device's alternate path, such as `/lwm2m`; put before every path. @see LwM2M Transport 1.2 §6.4.1 */
  readonly alternatePath?: string
}

const noPayload = new Uint8Array(0)

/** Uri-Path segments of a path below the device's alternate path. */
export function uriPathOf(path: Path, alternatePath?: string): string[] {
  const prefix = alternatePath === undefined ? [] : alternatePath.split('/').filter((part) => part !== '')
  return [...prefix, ...pathIds(path).map(String)]
}

/** A request to a path of a device; what `fields` leaves out is absent. */
export function requestTo(
  code: Code,
  path: Path,
  context: RequestContext,
  fields: Partial<Pick<CoapRequest, 'uriQuery' | 'contentFormat' | 'accept' | 'observe' | 'payload'>> = {},
): CoapRequest {
  return {
    code,
    uriPath: uriPathOf(path, context.alternatePath),
    uriQuery: [],
    payload: noPayload,
    ...fields,
  }
}

/** A request to one of the server's own paths. */
export function requestToServer(
  code: Code,
  uriPath: readonly string[],
  fields: Partial<Pick<CoapRequest, 'uriQuery' | 'contentFormat' | 'payload'>> = {},
): CoapRequest {
  return { code, uriPath, uriQuery: [], payload: noPayload, ...fields }
}
