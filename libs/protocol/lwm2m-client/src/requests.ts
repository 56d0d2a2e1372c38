import { Code, ProtocolError, formatCode } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { noBytes } from '@fieldline/coap'
import type { CoapResponse } from '@fieldline/coap'
import { ContentFormat, currentFormat, decode, encode, formatLinks, formatName } from '@fieldline/codec'
import type { LinkToFormat } from '@fieldline/codec'
import { parseAttributes, parseExecuteArguments } from '@fieldline/lwm2m'
import { formatPath, pathLevel, pathOf } from '@fieldline/object-model'
import type { Node, Path } from '@fieldline/object-model'
import type { ServerRequest } from './link.js'
import type { ObjectStore } from './object-store.js'
import type { Observations } from './observations.js'

/** What a server asked. */
export type RequestKind =
  'read' | 'discover' | 'observe' | 'cancel-observe' | 'write' | 'write-attributes' | 'execute' | 'other'

/** A request that was handled, and how it was answered. */
export interface HandledRequest {
  readonly kind: RequestKind
  readonly path: string
  /** `2.04` */
  readonly code: string
  readonly token: Uint8Array
  /** What a Write carried. */
  readonly nodes?: readonly Node[]
  /** The arguments of an Execute as text, or the attributes of a Write-Attributes. */
  readonly text?: string
}

export interface RequestsOptions {
  readonly clock: Clock
  readonly store: ObjectStore
  readonly observations: Observations
  /** Content formats spoken; the first is the answer to a request without Accept. */
  readonly formats: readonly number[]
  readonly onHandled: (handled: HandledRequest) => void
}

/** Formats that carry one value. */
const singleFormats: readonly number[] = [ContentFormat.Text, ContentFormat.Opaque, ContentFormat.Cbor]
const shownAttributes = ['pmin', 'pmax', 'gt', 'lt', 'st'] as const
const done = (code: Code): CoapResponse => ({ code, payload: noBytes })

interface Answer {
  readonly kind: RequestKind
  readonly response: CoapResponse
  readonly nodes?: readonly Node[]
  readonly text?: string
}

/** The device management and reporting requests of a server, answered from an object store. @see LwM2M Core 1.2 §6.3, §6.4 */
export class Requests {
  constructor(private readonly options: RequestsOptions) {}

  /** Answers one request. Throws `ProtocolError` with the code of a refusal. */
  handle(request: ServerRequest): CoapResponse {
    const { token } = request
    const where = `/${request.uriPath.join('/')}`
    try {
      const path = pathOfRequest(request)
      const { kind, response, nodes, text } = this.#answer(request, path)
      this.options.onHandled({ kind, path: where, code: formatCode(response.code), token, nodes, text })
      return response
    } catch (error) {
      if (error instanceof ProtocolError)
        this.options.onHandled({ kind: 'other', path: where, code: formatCode(error.code), token })
      throw error
    }
  }

  #answer(request: ServerRequest, path: Path): Answer {
    const { store } = this.options
    const level = pathLevel(path)
    switch (request.code) {
      case Code.Get:
        return this.#get(request, path)
      case Code.Put: {
        if (request.contentFormat === undefined && request.payload.length === 0)
          return this.#writeAttributes(request, path)
        return this.#write(request, path, 'replace')
      }
      case Code.Post: {
        if (level === 2) return this.#write(request, path, 'partial')
        if (level !== 3)
          throw new ProtocolError(Code.MethodNotAllowed, 'instances are not created on this device')
        const args = parseExecuteArguments(request.payload)
        store.execute(path, args)
        const text = new TextDecoder().decode(request.payload)
        return { kind: 'execute', response: done(Code.Changed), text }
      }
      default:
        throw new ProtocolError(Code.MethodNotAllowed, 'this device reads, writes, executes and observes')
    }
  }

  #get(request: ServerRequest, path: Path): Answer {
    const { store, observations, clock } = this.options
    if (request.accept === ContentFormat.Link) return { kind: 'discover', response: this.#discover(path) }
    if (pathLevel(path) === 0) throw new ProtocolError(Code.MethodNotAllowed, 'the root is not read')
    const nodes = store.read(path)
    const format = this.#format(request.accept, path, nodes)
    const payload = encode(format, nodes, { base: path, definitions: store.definitions })
    const response: CoapResponse = { code: Code.Content, contentFormat: format, payload }
    if (request.observe === 0) {
      const { counter } = observations.begin(request.token, path, format, nodes, clock.now())
      return { kind: 'observe', response: { ...response, observe: counter }, nodes }
    }
    if (request.observe === 1) observations.end(request.token, path)
    return { kind: request.observe === 1 ? 'cancel-observe' : 'read', response, nodes }
  }

  #format(accept: number | undefined, path: Path, nodes: readonly Node[]): number {
    const { formats } = this.options
    const format = accept === undefined ? formats[0] : currentFormat(accept)
    const single = pathLevel(path) >= 3 && nodes.length === 1 && samePathLevel(path, nodes[0].path)
    const possible =
      formats.includes(format) &&
      (!singleFormats.includes(format) || single) &&
      (format !== ContentFormat.Opaque || nodes[0]?.type === 'opaque')
    if (!possible)
      throw new ProtocolError(
        Code.NotAcceptable,
        `${formatPath(path)} cannot be said in ${formatName(format)}`,
      )
    return format
  }

  #write(request: ServerRequest, path: Path, mode: 'replace' | 'partial'): Answer {
    const { store, formats, clock } = this.options
    const format = request.contentFormat === undefined ? undefined : currentFormat(request.contentFormat)
    if (format === undefined || !formats.includes(format))
      throw new ProtocolError(Code.UnsupportedContentFormat, 'this device does not read that content format')
    if (pathLevel(path) < 2)
      throw new ProtocolError(Code.MethodNotAllowed, 'only instances and resources are written')
    const nodes = decode(format, request.payload, {
      base: path,
      definitions: store.definitions,
      now: clock.now(),
    })
    if (nodes.length === 0) throw new ProtocolError(Code.BadRequest, 'a Write without a value')
    store.write(path, nodes, mode)
    return { kind: 'write', response: done(Code.Changed), nodes }
  }

  #writeAttributes(request: ServerRequest, path: Path): Answer {
    const { store, observations } = this.options
    store.pathsBelow(path)
    observations.attach(path, parseAttributes(request.uriQuery))
    return { kind: 'write-attributes', response: done(Code.Changed), text: request.uriQuery.join('&') }
  }

  #discover(path: Path): CoapResponse {
    const { store, observations } = this.options
    const links = store.pathsBelow(path).map((at): LinkToFormat => {
      const attached = observations.attachedAt(at)
      const attributes: [string, string | number][] = []
      const dimension = pathLevel(at) === 3 ? store.dimension(at) : undefined
      if (dimension !== undefined) attributes.push(['dim', dimension])
      for (const name of shownAttributes) if (attached[name] != null) attributes.push([name, attached[name]])
      return { target: formatPath(at), attributes }
    })
    const payload = new TextEncoder().encode(formatLinks(links))
    return { code: Code.Content, contentFormat: ContentFormat.Link, payload }
  }
}

function samePathLevel(a: Path, b: Path): boolean {
  return pathLevel(a) === pathLevel(b)
}

function pathOfRequest({ uriPath }: ServerRequest): Path {
  if (uriPath.length > 4 || uriPath.some((segment) => !/^(0|[1-9][0-9]{0,4})$/.test(segment)))
    throw new ProtocolError(Code.NotFound, 'no such path on this device')
  const ids = uriPath.map(Number)
  if (ids.some((id) => id > 65_534)) throw new ProtocolError(Code.NotFound, 'no such path on this device')
  // Keys and credentials are for the Bootstrap-Server only. @see LwM2M Core 1.2 §6.3
  if (ids[0] === 0 || ids[0] === 21) throw new ProtocolError(Code.Unauthorized, 'not for an LwM2M Server')
  return pathOf(...ids)
}
