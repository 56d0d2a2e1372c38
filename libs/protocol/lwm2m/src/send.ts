import { Code, ProtocolError } from '@fieldline/bytes'
import type { CoapRequest, CoapResponse } from '@fieldline/coap'
import { ContentFormat, decode, encode, formatName } from '@fieldline/codec'
import { formatPath, rootPath } from '@fieldline/object-model'
import type { DefinitionLookup, Node } from '@fieldline/object-model'
import { expectCode } from './errors.js'
import { announcedIn } from './object-links.js'
import type { ObjectLinks } from './object-links.js'
import { requestToServer } from './request.js'

/** What the server knows about who sends. */
export interface SendContext {
  readonly definitions: DefinitionLookup
  /** Epoch milliseconds. */
  readonly now: number
  /** When given, every value must lie in an announced instance, and names may carry the device's alternate path. */
  readonly objectLinks?: ObjectLinks
}

/** Formats a Send may have. @see LwM2M Core 1.2 §6.4.5 */
const sendFormats: readonly (number | undefined)[] = [
  ContentFormat.SenmlJson,
  ContentFormat.SenmlCbor,
  ContentFormat.LwM2mCbor,
]

/**
 * The values of a Send, with the times it carries, in its order. 4.15 in another format, 4.00 on a payload without a value or not understood, 4.04
 * on an instance that is not registered.
 * @see LwM2M Core 1.2 §6.4.5
 */
export function parseSend(payload: Uint8Array, format: number | undefined, context: SendContext): Node[] {
  if (format === undefined || !sendFormats.includes(format)) {
    const name = format === undefined ? 'no content format' : formatName(format)
    throw new ProtocolError(
      Code.UnsupportedContentFormat,
      `a Send has SenML JSON, SenML CBOR or LwM2M CBOR, not ${name}`,
    )
  }
  const { definitions, now, objectLinks } = context
  const nodes = decode(format, payload, {
    base: rootPath,
    definitions,
    now,
    alternatePath: objectLinks?.alternatePath,
  })
  if (nodes.length === 0) throw new ProtocolError(Code.BadRequest, 'the Send has no value')
  const isAnnounced = objectLinks && announcedIn(objectLinks)
  for (const { path } of isAnnounced ? nodes : []) {
    if (!isAnnounced!(path.objectId!, path.instanceId!)) {
      throw new ProtocolError(
        Code.NotFound,
        `/${path.objectId}/${path.instanceId} is not registered (${formatPath(path)})`,
      )
    }
  }
  return nodes
}

/** A client's Send in one of the formats above; LwM2M CBOR has no times. Throws `RangeError` as `encode` does. */
export function sendRequest(nodes: readonly Node[], format: number = ContentFormat.SenmlCbor): CoapRequest {
  return requestToServer(Code.Post, ['dp'], {
    contentFormat: format,
    payload: encode(format, nodes, { base: rootPath, definitions: () => undefined }),
  })
}

/** Passes when the server has the values. */
export function sendResult(response: CoapResponse): void {
  expectCode(response, 'Send', Code.Changed)
}
