import type { Code } from '@fieldline/bytes'
import type { Assembly } from './assembly.js'
import type { Block } from './block.js'
import { Type, noBytes } from './message.js'
import type { CoapResponse, Peer } from './message.js'
import type { MessageView } from './message-view.js'
import type { RequestFields } from './option-reading.js'
import type { IncomingRequest } from './port.js'
import type { RequestServer } from './request-server.js'

const noTexts: readonly string[] = []

/**
 * A request on its way to an answer: what the handler is given, and what is needed to answer it. Token and payload are looked at where they
 * arrived; most handlers never ask for the token.
 */
export class ServerExchange implements IncomingRequest, RequestFields {
  readonly code: Code
  uriPath = noTexts
  uriQuery = noTexts
  contentFormat: number | undefined = undefined
  accept: number | undefined = undefined
  observe: number | undefined = undefined
  etags: readonly Uint8Array[] | undefined = undefined
  ifMatch: readonly Uint8Array[] | undefined = undefined
  ifNoneMatch = false
  noResponse: number | undefined = undefined
  readonly confirmable: boolean
  /** @internal */
  readonly messageId: number
  /** @internal */
  block1: Block | undefined = undefined
  /** @internal */
  block2: Block | undefined = undefined
  /** @internal */
  size1: number | undefined = undefined
  /** @internal */
  echo: Uint8Array | undefined = undefined
  /** @internal */
  requestTag = ''
  /** @internal an empty acknowledgement has left. */
  separate = false
  /** @internal its answer was made for an earlier block. */
  isKept = false
  /** @internal the body was assembled from these blocks. */
  assembly: Assembly | undefined = undefined
  /** @internal the datagram, and where the token is in it. */
  readonly bytes: Uint8Array
  /** @internal */
  readonly tokenStart: number
  /** @internal */
  readonly tokenEnd: number
  readonly #payloadStart: number
  #payload: Uint8Array | undefined
  #token: Uint8Array | undefined
  readonly #server: RequestServer

  constructor(
    server: RequestServer,
    /** @internal */
    readonly peer: Peer,
    /** @internal in the deduplication */
    readonly entry: number,
    view: MessageView,
  ) {
    this.#server = server
    this.code = view.code
    this.messageId = view.messageId
    this.confirmable = view.type === Type.Confirmable
    this.bytes = view.bytes
    this.tokenStart = view.tokenStart
    this.tokenEnd = view.tokenEnd
    this.#payloadStart = view.payloadStart
  }

  get token(): Uint8Array {
    return (this.#token ??= this.#slice(this.tokenStart, this.tokenEnd))
  }

  get payload(): Uint8Array {
    return (this.#payload ??= this.#slice(this.#payloadStart, this.bytes.length))
  }

  /** @internal once the body is whole. */
  set payload(body: Uint8Array) {
    this.#payload = body
  }

  #slice(start: number, end: number): Uint8Array {
    const { bytes } = this
    return end > start ? new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start) : noBytes
  }

  acknowledge(): void {
    this.#server.acknowledge(this)
  }

  isFresh(withinMs: number): boolean {
    return this.#server.isFresh(this, withinMs)
  }

  /** @internal waits for the handler. */
  async settle(answer: Promise<CoapResponse>): Promise<void> {
    try {
      this.#server.answered(this, await answer)
    } catch (error) {
      this.#server.failed(this, error)
    } finally {
      this.#server.pending--
    }
  }
}
