import type { Code } from '@fieldline/bytes'
import type { Assembly } from './assembly.js'
import { Type } from './message.js'
import type { CoapMessage, CoapResponse, Peer } from './message.js'
import type { RequestFields } from './options.js'
import type { IncomingRequest } from './port.js'
import type { RequestServer } from './request-server.js'

/** A request on its way to an answer: what the handler is given, and what is needed to answer it. */
export class ServerExchange implements IncomingRequest {
  readonly code: Code
  readonly uriPath: readonly string[]
  readonly uriQuery: readonly string[]
  readonly contentFormat: number | undefined
  readonly accept: number | undefined
  readonly observe: number | undefined
  readonly confirmable: boolean
  readonly token: Uint8Array
  payload: Uint8Array
  /** @internal */
  readonly messageId: number
  /** @internal */
  readonly block1: RequestFields['block1']
  /** @internal */
  readonly block2: RequestFields['block2']
  /** @internal an empty acknowledgement has left. */
  separate = false
  /** @internal the body was assembled from these blocks. */
  assembly: Assembly | undefined
  readonly #server: RequestServer

  constructor(
    server: RequestServer,
    /** @internal */
    readonly peer: Peer,
    /** @internal in the deduplication */
    readonly entry: number,
    message: CoapMessage,
    fields: RequestFields,
  ) {
    this.#server = server
    this.code = message.code
    this.messageId = message.messageId
    this.token = message.token
    this.payload = message.payload
    this.confirmable = message.type === Type.Confirmable
    this.uriPath = fields.uriPath
    this.uriQuery = fields.uriQuery
    this.contentFormat = fields.contentFormat
    this.accept = fields.accept
    this.observe = fields.observe
    this.block1 = fields.block1
    this.block2 = fields.block2
  }

  acknowledge(): void {
    this.#server.acknowledge(this)
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
