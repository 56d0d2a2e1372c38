import { Code, ProtocolError, codeClass, formatCode } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { RequestError } from '@fieldline/coap'
import type { CoapEndpoint, CoapRequest, CoapResponse, RequestOptions } from '@fieldline/coap'
import {
  cancelObserveRequest,
  discoverRequest,
  discoverResult,
  executeRequest,
  isFormatRefusal,
  observeRequest,
  preferredFormats,
  readRequest,
  readResult,
  writeRequest,
} from '@fieldline/lwm2m'
import type { Node } from '@fieldline/object-model'
import type { LiveRegistration } from './live-registration.js'
import { readCounting } from './malformed.js'
import type { DownlinkOperation, DownlinkOutcome, Observation } from './ports.js'

/** Content formats that can carry any path; the first of them a client answers in is the one it is asked for from then on. */
const structured = new Set([11542, 11543, 110, 112, 11544])

/** What conversations need. */
export interface ConversationOptions {
  readonly endpoint: CoapEndpoint
  readonly clock: Clock
  /** A client answered in a structured format for the first time. */
  readonly onFormatLearned: (registration: LiveRegistration) => void
  /** An answer came that cannot be read. */
  readonly onUndecodable: () => void
}

/** Carries one operation to a client and its answer back: the request, the content format it takes, and what the answer means. */
export class Conversation {
  constructor(private readonly options: ConversationOptions) {}

  /**
   * Runs one operation to its outcome; never rejects. For an observation, `observation` holds its token; `signal` ends the waiting for an answer.
   */
  async run(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    { observation, signal }: { observation?: Observation; signal?: AbortSignal } = {},
  ): Promise<DownlinkOutcome> {
    const options: RequestOptions = { ...(observation && { token: observation.token }), signal }
    const ask = (request: CoapRequest): Promise<CoapResponse> => this.#request(registration, request, options)
    const base = this.#base(registration)
    const { path } = operation
    try {
      switch (operation.kind) {
        case 'read':
          return this.#nodes(registration, operation, await this.#read(registration, operation, options))
        case 'observe':
          return this.#nodes(registration, operation, await this.#read(registration, operation, options, 0))
        case 'cancel-observe':
          return answered(await ask(cancelObserveRequest(path, base)))
        case 'write':
          return answered(await this.#write(registration, operation, options))
        case 'execute':
          return answered(await ask(executeRequest(path, operation.args, base)))
        case 'discover': {
          const response = await ask(discoverRequest(path, base))
          return codeClass(response.code) === 2
            ? {
                ...answered(response),
                links: readCounting(() => discoverResult(response, base), this.options.onUndecodable),
              }
            : answered(response)
        }
      }
    } catch (error) {
      return failed(error)
    }
  }

  #base({ objectLinks }: LiveRegistration): { alternatePath?: string } {
    return { alternatePath: objectLinks.alternatePath }
  }

  #request(
    registration: LiveRegistration,
    request: CoapRequest,
    options: RequestOptions,
  ): Promise<CoapResponse> {
    return this.options.endpoint.request(registration.peer, request, options)
  }

  /** Asks without Accept first, then in the formats the client is known or said to speak. */
  async #read(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    options: RequestOptions,
    observe?: 0,
  ): Promise<CoapResponse> {
    let response: CoapResponse | undefined
    const { version, objectLinks, contentFormat } = registration
    for (const accept of preferredFormats(version, objectLinks.contentFormats, contentFormat).read) {
      const parameters = { ...this.#base(registration), ...(accept === undefined ? {} : { accept }) }
      const request =
        observe === undefined
          ? readRequest(operation.path, parameters)
          : observeRequest(operation.path, parameters)
      response = await this.#request(registration, request, options)
      if (!isFormatRefusal(response.code)) break
    }
    if (!response) throw new ProtocolError(Code.NotAcceptable, 'no content format is left to ask in')
    if (codeClass(response.code) === 2) this.#learn(registration, response.contentFormat)
    return response
  }

  async #write(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    options: RequestOptions,
  ): Promise<CoapResponse> {
    const nodes = operation.nodes ?? []
    let response: CoapResponse | undefined
    const { version, objectLinks, contentFormat } = registration
    const single = nodes.length === 1 ? nodes[0]?.type : undefined
    for (const format of preferredFormats(version, objectLinks.contentFormats, contentFormat, single).write) {
      const request = writeRequest(operation.path, nodes, format, {
        ...this.#base(registration),
        mode: 'replace',
        definitions: registration.definitions,
      })
      response = await this.#request(registration, request, options)
      // a 5.00 may have come after the value was written: a PUT may be repeated without harm (RFC 7252 §5.8.3)
      if (!isFormatRefusal(response.code)) break
    }
    if (!response)
      throw new ProtocolError(Code.UnsupportedContentFormat, 'no content format can carry this value')
    return response
  }

  #nodes(
    registration: LiveRegistration,
    operation: DownlinkOperation,
    response: CoapResponse,
  ): DownlinkOutcome {
    if (codeClass(response.code) !== 2) return answered(response)
    const { clock, onUndecodable } = this.options
    const { definitions } = registration
    const nodes: Node[] = readCounting(
      () => readResult(response, operation.path, definitions, clock.now(), this.#base(registration)),
      onUndecodable,
    )
    const observing = operation.kind !== 'observe' || response.observe !== undefined
    return {
      ...answered(response),
      nodes,
      ...(observing ? {} : { detail: 'the device answered, but does not observe this path' }),
    }
  }

  #learn(registration: LiveRegistration, contentFormat: number | undefined): void {
    if (
      registration.contentFormat !== undefined ||
      contentFormat === undefined ||
      !structured.has(contentFormat)
    )
      return
    registration.change({ contentFormat })
    this.options.onFormatLearned(registration)
  }
}

function answered(response: CoapResponse): Extract<DownlinkOutcome, { type: 'answered' }> {
  const diagnostic =
    codeClass(response.code) === 2 || response.payload.length === 0 ? undefined : printable(response.payload)
  return { type: 'answered', code: formatCode(response.code), ...(diagnostic ? { detail: diagnostic } : {}) }
}

function failed(error: unknown): DownlinkOutcome {
  if (error instanceof RequestError)
    return { type: error.sent ? 'no-answer' : 'not-sent', detail: error.message }
  // an answer we cannot read is an answer all the same: repeating the request would not make it readable
  if (error instanceof ProtocolError)
    return {
      type: 'answered',
      code: formatCode(Code.UnsupportedContentFormat),
      detail: `unreadable answer: ${error.message}`,
    }
  return { type: 'no-answer', detail: error instanceof Error ? error.message : String(error) }
}

/** A diagnostic payload as text; empty for bytes that are not. @see RFC 7252 §5.5.2 */
function printable(payload: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(payload.subarray(0, 200))
  return /[\p{Cc}\ufffd]/u.test(text) ? undefined : text
}
