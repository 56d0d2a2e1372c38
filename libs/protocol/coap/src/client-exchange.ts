import { Code, InvariantError, ProtocolError, codeClass } from '@fieldline/bytes'
import { encodeBlock, sizeExponent } from './block.js'
import { RequestBody, ResponseBody } from './body-transfer.js'
import type { TransferStep } from './body-transfer.js'
import { RequestError } from './errors.js'
import type { RequestFailure } from './errors.js'
import { Type, encodeMessage, noBytes } from './message.js'
import type { CoapMessage, CoapOption, CoapRequest, CoapResponse } from './message.js'
import { OptionNumber, readResponseOptions, requestOptions, responseOf } from './options.js'
import { uintValue } from './uint.js'
import type { ResponseFields } from './options.js'
import { Interaction } from './outbox.js'
import type { Outbox } from './outbox.js'
import type { PeerState } from './peer-table.js'
import { maxTransmitWait } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import type { RequestOptions } from './port.js'
import type { TokenTable } from './token-table.js'

/** What a client exchange needs of its endpoint. */
export interface ClientContext {
  readonly outbox: Outbox
  readonly tokens: TokenTable
  readonly profile: TransmissionProfile
  readonly maxBody: number
  readonly blockSize: number
  /** Exchanges that have not ended, for `close`. */
  readonly open: Set<Interaction>
}

function sameToken(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** One request with its response: one message each way, or many where a body travels in blocks. */
export class ClientExchange extends Interaction {
  token: Uint8Array
  readonly response: Promise<CoapResponse>
  readonly #context: ClientContext
  readonly #request: CoapRequest
  readonly #options: RequestOptions
  readonly #upload: RequestBody
  #download: ResponseBody | undefined
  #running = false
  #sent = false
  #acknowledged = false
  #ended = false
  #resolve!: (response: CoapResponse) => void
  #reject!: (error: Error) => void

  constructor(
    context: ClientContext,
    state: PeerState,
    request: CoapRequest,
    options: RequestOptions,
    /** The first block, if it came as a notification: only the rest is asked for. */
    download?: ResponseBody,
  ) {
    super(context.outbox, state, options.profile ?? context.profile)
    this.#context = context
    this.#request = request
    this.#options = options
    this.#upload = new RequestBody(request.payload, context.blockSize)
    this.#download = download
    this.token = options.token ?? context.tokens.draw()
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    context.open.add(this)
    options.signal?.addEventListener('abort', this.#onAbort)
  }

  readonly #onAbort = (): void => this.fail('cancelled')

  /** A separate response with Observe while the observation is being cancelled is a last notification, not the answer. */
  isStrayNotification(fields: ResponseFields): boolean {
    return this.#request.observe === 1 && fields.observe !== undefined
  }

  get #uploading(): boolean {
    return this.#upload.inBlocks && this.#download === undefined
  }

  override canStart(): boolean {
    const { upload } = this.state
    if (this.#uploading && upload !== undefined && upload !== this) return false
    return this.#context.tokens.find(this.state.peer, this.token) === undefined
  }

  override start(): void {
    this.#running = true
    if (this.#uploading) this.state.upload = this
    const messageId = this.state.takeMessageId()
    if (messageId < 0) return this.fail('overload')
    const confirmable = this.#request.confirmable !== false || this.#upload.inBlocks || !!this.#download
    let datagram: Uint8Array
    try {
      datagram = encodeMessage(this.#message(confirmable, messageId))
      if (!this.#sent) this.#options.onSent?.()
    } catch (error) {
      return this.#end(error instanceof Error ? error : new InvariantError(String(error)))
    }
    this.#sent = true
    this.outbox.counters.requestsSent++
    this.#context.tokens.open(this)
    if (confirmable) this.outbox.transmit(this, datagram, messageId)
    else {
      this.#awaitResponse()
      this.outbox.send(datagram, this.state.peer)
    }
  }

  #message(confirmable: boolean, messageId: number): CoapMessage {
    const request = this.#request
    const download = this.#download
    const options = requestOptions(request, download ? undefined : request.observe)
    let payload: Uint8Array = noBytes
    if (download) {
      options.push(this.#blockOption(OptionNumber.Block2, download.num, false, download.szx))
      // The payload of FETCH is part of what is asked for (RFC 8132 §2.3); that of other methods has been delivered.
      if (request.code === Code.Fetch && !this.#upload.inBlocks) payload = request.payload
    } else {
      payload = this.#upload.current
      const { blockSize } = this.#context
      const reads = request.code === Code.Get || request.code === Code.Fetch
      if (blockSize < 1024 && reads) {
        options.push(this.#blockOption(OptionNumber.Block2, 0, false, sizeExponent(blockSize)))
      }
      if (this.#upload.inBlocks) {
        const { num, isLast, szx } = this.#upload
        options.push(this.#blockOption(OptionNumber.Block1, num, !isLast, szx))
        if (this.#upload.isFirst) {
          options.push({ number: OptionNumber.Size1, value: uintValue(request.payload.length) })
        }
      }
    }
    return {
      type: confirmable ? Type.Confirmable : Type.NonConfirmable,
      code: request.code,
      messageId,
      token: this.token,
      options,
      payload,
    }
  }

  #blockOption(number: number, num: number, more: boolean, szx: number): CoapOption {
    return { number, value: encodeBlock(num, more, szx) }
  }

  #awaitResponse(): void {
    this.outbox.wheel.start(this, this.#options.responseTimeoutMs ?? maxTransmitWait(this.profile))
  }

  protected override expired(): void {
    this.outbox.counters.timeouts++
    this.fail('timeout')
  }

  override acknowledged(message: CoapMessage): boolean {
    if (message.code === Code.Empty) {
      this.#acknowledged = true
      this.outbox.settle(this)
      this.#awaitResponse()
      return true
    }
    if (!sameToken(message.token, this.token)) return false
    let fields: ResponseFields
    try {
      fields = readResponseOptions(message.options)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.outbox.counters.badOptions++
      this.#acknowledged = true
      this.fail('bad-response', error.message)
      return true
    }
    this.respond(message, fields)
    return true
  }

  /** The response to the message under way has arrived. */
  respond(message: CoapMessage, fields: ResponseFields): void {
    this.#acknowledged = true
    this.outbox.settle(this)
    this.#context.tokens.close(this)
    if (this.#download) this.#takeBlock(message, fields)
    else if (!this.#takeUploadAnswer(message, fields)) {
      const { block2 } = fields
      if (block2 && codeClass(message.code) === 2 && (block2.more || block2.num > 0)) {
        this.#download = new ResponseBody(this.#context.maxBody)
        this.#takeBlock(message, fields)
      } else this.#end(responseOf(message.code, fields, message.payload))
    }
  }

  /** True if the answer was to a block on the way, and not to the request. */
  #takeUploadAnswer(message: CoapMessage, fields: ResponseFields): boolean {
    const upload = this.#upload
    if (message.code === Code.RequestEntityTooLarge) {
      if (!upload.shrink(fields.block1)) return false
      this.#next()
      return true
    }
    if (!upload.inBlocks || codeClass(message.code) !== 2) return false
    if (upload.isLast && message.code !== Code.Continue) return false
    const step = upload.isLast ? 'bad-response' : upload.accept(fields.block1)
    if (step === 'more') this.#next()
    else this.fail(step === 'too-large' ? step : 'bad-response')
    return true
  }

  #takeBlock(message: CoapMessage, fields: ResponseFields): void {
    const response = responseOf(message.code, fields, message.payload)
    if (codeClass(message.code) !== 2) return this.#end(response)
    if (!fields.block2) return this.fail('bad-response')
    const download = this.#download!
    let step: TransferStep = download.add(response, fields.block2, fields.size2)
    // Only what is safe may be asked for again from the start.
    if (step === 'restart' && this.#request.code !== Code.Get && this.#request.code !== Code.Fetch) {
      step = 'bad-response'
    }
    if (step === 'whole') this.#end(download.whole())
    else if (step === 'more' || step === 'restart') {
      if (this.state.upload === this) this.state.upload = undefined
      // The token of an observation belongs to its notifications. Any other is kept: some servers find the rest of an answer by it.
      if (this.#request.observe !== undefined) this.token = this.#context.tokens.draw()
      this.#next()
    } else this.fail(step)
  }

  #next(): void {
    this.#running = false
    this.outbox.again(this)
  }

  override fail(reason: RequestFailure, detail?: string): void {
    if (!this.#ended) this.#end(new RequestError(reason, this.#acknowledged, this.#sent, detail))
  }

  #end(outcome: CoapResponse | Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#context.open.delete(this)
    this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.outbox.settle(this)
    this.#context.tokens.close(this)
    if (this.state.upload === this) this.state.upload = undefined
    if (outcome instanceof Error) this.#reject(outcome)
    else this.#resolve(outcome)
    if (this.#running) this.outbox.release(this.state)
    else this.outbox.withdraw(this)
  }
}
