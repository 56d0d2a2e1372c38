import { Code, InvariantError, ProtocolError, codeClass } from '@fieldline/bytes'
import { sizeExponent } from './block.js'
import type { Block } from './block.js'
import { RequestBody, ResponseBody } from './body-transfer.js'
import type { TransferStep } from './body-transfer.js'
import { RequestError } from './errors.js'
import type { RequestFailure } from './errors.js'
import type { InteractionList } from './interaction-list.js'
import { Type, noBytes } from './message.js'
import type { CoapRequest, CoapResponse, MessageType, Peer } from './message.js'
import type { MessageView } from './message-view.js'
import type { NotificationOrder } from './notification-order.js'
import { readResponse, responseOf } from './option-reading.js'
import type { ResponseFields } from './option-reading.js'
import { writeRequestOptions } from './options.js'
import { Interaction } from './outbox.js'
import type { Outbox } from './outbox.js'
import type { PeerState } from './peer-table.js'
import { maxTransmitWait } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import type { CoapLimits, RequestOptions } from './port.js'
import type { TokenTable } from './token-table.js'

/** What a client exchange needs of its endpoint. */
export interface ClientContext {
  readonly outbox: Outbox
  readonly tokens: TokenTable
  readonly order: NotificationOrder
  readonly limits: CoapLimits
  /** Bytes of a body that one message to a peer may carry. */
  readonly partBytes: (peer: Peer) => number
  /** Exchanges that have not ended, for `close`. */
  readonly open: InteractionList
  /** See `CoapEndpointOptions`. */
  readonly oneTokenPerBody: boolean
}

/** All classes of answers that No-Response can name (RFC 7967 §2.1). */
const noAnswerAtAll = 2 | 8 | 16
/** Bodies that share a token once that has helped: then it is seen anew whether the peer needs it, or had only restarted. */
const bodiesWithOneToken = 16

/** One request with its response: one message each way, or many where a body travels in blocks. */
export class ClientExchange extends Interaction {
  token: Uint8Array
  readonly response: Promise<CoapResponse>
  /** @internal in the token table. */
  key = 0
  /** @internal */
  nextInBucket: ClientExchange | undefined
  /** @internal in the token table. */
  isOpen = false
  readonly #context: ClientContext
  readonly #request: CoapRequest
  readonly #options: RequestOptions
  readonly #upload: RequestBody
  /** The token it began with, which names an observation: later blocks have others. */
  readonly #firstToken: Uint8Array
  #download: ResponseBody | undefined
  #type: MessageType = Type.Confirmable
  #running = false
  #sent = false
  #acknowledged = false
  #ended = false
  #echo: Uint8Array | undefined
  #echoes = 0
  #requestTag: number | undefined
  /** All blocks of this body have one token, because its peer seems to need it. */
  #oneToken = false
  /** It is on its way a second time. */
  #again = false
  #onAbort: (() => void) | undefined
  #resolve!: (response: CoapResponse) => void
  #reject!: (error: Error) => void

  constructor(
    context: ClientContext,
    state: PeerState,
    profile: TransmissionProfile,
    request: CoapRequest,
    options: RequestOptions,
    /** The first block, if it came as a notification: only the rest is asked for. */
    download?: ResponseBody,
  ) {
    super(context.outbox, state, profile)
    this.#context = context
    this.#request = request
    this.#options = options
    this.#upload = new RequestBody(request.payload, context.partBytes(state.peer))
    this.#download = download
    this.token = options.token ?? context.tokens.draw()
    this.#firstToken = this.token
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    context.open.add(this)
    if (options.signal) {
      this.#onAbort = () => this.fail('cancelled')
      options.signal.addEventListener('abort', this.#onAbort)
    }
  }

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
    const { state, outbox } = this
    if (this.#uploading && state.upload !== this) {
      state.upload = this
      if (state.bodiesWithOneToken > 0) {
        state.bodiesWithOneToken--
        this.#oneToken = true
      }
      // Blocks of a body given up may still arrive: a tag keeps them out of this one (RFC 9175 §3.5.1).
      if (state.abandoned > 0) this.#requestTag = state.abandoned
    }
    if (state.echo) {
      this.#echo = state.echo
      state.echo = undefined
    }
    const confirmable = this.#request.confirmable !== false || this.#upload.inBlocks || !!this.#download
    this.#type = confirmable ? Type.Confirmable : Type.NonConfirmable
    try {
      if (!this.#sent) this.#options.onSent?.()
      if (confirmable) outbox.transmit(this)
      else {
        this.messageId = state.takeMessageId(outbox.clock.now())
        outbox.send(this.encode(), state.peer)
      }
    } catch (error) {
      return this.#end(error instanceof Error ? error : new InvariantError(String(error)))
    }
    this.#sent = true
    outbox.counters.requestsSent++
    if (!confirmable && this.#wantsNothing) return this.#unanswered()
    this.#context.tokens.open(this)
    if (!confirmable) this.#awaitResponse()
  }

  override encode(): Uint8Array {
    const request = this.#request
    const download = this.#download
    const upload = this.#upload
    const { writer } = this.outbox
    writer.begin(this.#type, request.code, this.messageId, this.token)
    if (download) {
      const block2 = { num: download.num, more: false, szx: download.szx }
      writeRequestOptions(writer, request, { block2, echo: this.#echo, requestTag: this.#requestTag })
      // The payload of FETCH is part of what is asked for (RFC 8132 §2.3); that of other methods has been delivered.
      return writer.finish(request.code === Code.Fetch && !upload.inBlocks ? request.payload : noBytes)
    }
    writeRequestOptions(writer, request, {
      observe: request.observe,
      block2: this.#earlyBlock2(),
      block1: upload.inBlocks ? { num: upload.num, more: !upload.isLast, szx: upload.szx } : undefined,
      size1: upload.inBlocks && upload.isFirst ? request.payload.length : undefined,
      echo: this.#echo,
      requestTag: this.#requestTag,
    })
    return writer.finish(request.payload, upload.start, upload.end)
  }

  /** Early negotiation: the answer is to come in blocks of our size from the first on (RFC 7959 §2.4). */
  #earlyBlock2(): Block | undefined {
    const bytes = this.#context.partBytes(this.state.peer)
    const { code } = this.#request
    if (bytes >= 1024 || (code !== Code.Get && code !== Code.Fetch)) return undefined
    return { num: 0, more: false, szx: sizeExponent(bytes) }
  }

  #awaitResponse(): void {
    this.outbox.wheel.start(this, this.#options.responseTimeoutMs ?? maxTransmitWait(this.profile))
  }

  get #wantsNothing(): boolean {
    return ((this.#request.noResponse ?? 0) & noAnswerAtAll) === noAnswerAtAll && !this.#expectsMore
  }

  /** A block before the last is always answered: No-Response is about the request, not about its parts. */
  get #expectsMore(): boolean {
    return this.#download !== undefined || (this.#upload.inBlocks && !this.#upload.isLast)
  }

  /** No answer came, and where some are not wanted, that says all was well (RFC 7967 §2). */
  #unanswered(): void {
    this.#end({ code: Code.Empty, payload: noBytes })
  }

  protected override expired(): void {
    if ((this.#request.noResponse ?? 0) !== 0 && !this.#expectsMore) return this.#unanswered()
    this.outbox.counters.timeouts++
    this.fail('timeout')
  }

  override acknowledged(view: MessageView): boolean {
    if (view.code === Code.Empty) {
      this.#acknowledged = true
      this.outbox.arrived(this)
      if (this.#wantsNothing) this.#unanswered()
      else this.#awaitResponse()
      return true
    }
    // RFC 7252 §5.3.2: a piggybacked response must match the token, too.
    const { tokens } = this.#context
    if (tokens.find(this.state.peer, view.bytes, view.tokenStart, view.tokenEnd) !== this) return false
    let fields: ResponseFields
    try {
      fields = readResponse(view)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.outbox.counters.badOptions++
      this.#acknowledged = true
      this.outbox.arrived(this)
      this.fail('bad-response', error.message)
      return true
    }
    this.outbox.arrived(this)
    this.respond(fields)
    return true
  }

  /** The response to the message under way has arrived. */
  respond(fields: ResponseFields): void {
    this.#acknowledged = true
    if (this.#isRepeated(fields)) {
      this.outbox.counters.duplicates++
      return
    }
    this.outbox.settle(this)
    this.#context.tokens.close(this)
    if (fields.echo && this.#takeEcho(fields.code, fields.echo)) return
    if (this.#download) this.#takeBlock(fields)
    else if (!this.#takeUploadAnswer(fields)) {
      const { block2 } = fields
      if (block2 && codeClass(fields.code) === 2 && (block2.more || block2.num > 0)) {
        this.#download = new ResponseBody(this.#context.limits)
        this.#takeBlock(fields)
      } else this.#conclude(responseOf(fields))
    }
  }

  /**
   * A separate response to a block that was answered before: a peer that took a retransmission for a new request has answered both, and the
   * blocks of some bodies share their token.
   */
  #isRepeated({ type, code, block1, block2 }: ResponseFields): boolean {
    if (type === Type.Acknowledgement || codeClass(code) !== 2) return false
    if (this.#download) return this.#download.isPast(block2)
    return this.#upload.inBlocks && code === Code.Continue && this.#upload.isPast(block1)
  }

  /** Keeps an Echo value; true if the request is sent again with it, because its freshness was in doubt (RFC 9175 §2.3). */
  #takeEcho(code: Code, echo: Uint8Array): boolean {
    if (code !== Code.Unauthorized || this.#download || this.#echoes === this.#context.limits.maxEchoes) {
      // A copy, for a view would keep the datagram.
      this.state.echo = echo.slice()
      return false
    }
    this.#echoes++
    this.#echo = echo
    this.#upload.restart()
    this.#next()
    return true
  }

  /** True if the answer was to a block on the way, and not to the request. */
  #takeUploadAnswer(fields: ResponseFields): boolean {
    const upload = this.#upload
    if (fields.code === Code.RequestEntityTooLarge) {
      if (!upload.shrink(fields.block1)) return false
      this.#next()
      return true
    }
    if (!upload.inBlocks) return false
    if (codeClass(fields.code) !== 2) return this.#sendAgain(fields.code)
    if (upload.isLast && fields.code !== Code.Continue) return false
    const step = upload.isLast ? 'bad-response' : upload.accept(fields.block1)
    if (step === 'more') this.#next()
    else this.fail(step === 'too-large' ? step : 'bad-response')
    return true
  }

  #takeBlock(fields: ResponseFields): void {
    const response = responseOf(fields)
    if (codeClass(fields.code) !== 2) return this.#conclude(response)
    if (!fields.block2) return this.fail('bad-response')
    const download = this.#download!
    let step: TransferStep = download.add(response, fields.block2, fields.size2)
    // Only what is safe may be asked for again from the start.
    if (step === 'restart' && this.#request.code !== Code.Get && this.#request.code !== Code.Fetch) {
      step = 'bad-response'
    }
    if (step === 'whole') this.#conclude(download.whole())
    else if (step === 'more' || step === 'restart') {
      if (this.state.upload === this) this.state.upload = undefined
      this.#next()
    } else this.fail(step)
  }

  #next(): void {
    if (!this.#keepsToken) this.token = this.#context.tokens.draw()
    this.#running = false
    this.outbox.again(this)
  }

  /**
   * Each block has a token of its own, so that a late answer to one is not taken for that to another (RFC 9175 §4.2); but that of a request to
   * observe is the name of the observation, and some servers know by the token what belongs together.
   */
  get #keepsToken(): boolean {
    const { code, observe } = this.#request
    if (observe !== undefined) return !this.#download
    if (!this.#sharesToken) return false
    return !this.#download || this.#upload.inBlocks || (code !== Code.Get && code !== Code.Fetch)
  }

  get #sharesToken(): boolean {
    return this.#oneToken || this.#context.oneTokenPerBody || this.state.bodiesWithOneToken > 0
  }

  /**
   * True if the body is sent once more, with one token for all its blocks. A server that knows by the token what belongs together misses the
   * blocks before this one. It says so (4.08), or finds no transfer at the second block (Zephyr before 3.4: 4.04), or fails (node-coap: 5.00), after
   * which only what changes nothing when it is done twice is sent again.
   */
  #sendAgain(code: Code): boolean {
    const { code: asked, observe } = this.#request
    const isHarmless = asked === Code.Put || asked === Code.Fetch
    const mayMissBlocks =
      code === Code.RequestEntityIncomplete ||
      (code === Code.NotFound && this.#upload.isSecond) ||
      (code === Code.InternalServerError && isHarmless)
    const upload = this.#upload
    // a request to observe has had one token all along
    if (!mayMissBlocks || upload.isFirst || observe !== undefined || this.#sharesToken) return false
    if (upload.end > this.#context.limits.maxSentTwice) return false
    this.#again = true
    this.#oneToken = true
    this.outbox.counters.bodiesSentAgain++
    this.token = this.#context.tokens.draw()
    upload.restart()
    this.#next()
    return true
  }

  override fail(reason: RequestFailure, detail?: string): void {
    if (!this.#ended) this.#end(new RequestError(reason, this.#acknowledged, this.#sent, detail))
  }

  /** A response begins an observation with its value, continues none without one (RFC 7641 §3.1, §3.6). */
  #conclude(response: CoapResponse): void {
    const { observe } = this.#request
    if (this.#again && codeClass(response.code) === 2) this.state.bodiesWithOneToken = bodiesWithOneToken
    if (observe !== undefined) {
      const { order, outbox } = this.#context
      if (observe === 0 && response.observe !== undefined && codeClass(response.code) === 2) {
        order.admit(this.#firstToken, response.observe, outbox.clock.now())
      } else order.forget(this.#firstToken)
    }
    this.#end(response)
  }

  #end(outcome: CoapResponse | Error): void {
    if (this.#ended) return
    this.#ended = true
    this.#context.open.delete(this)
    if (this.#onAbort) this.#options.signal?.removeEventListener('abort', this.#onAbort)
    this.outbox.settle(this)
    this.#context.tokens.close(this)
    if (this.state.upload === this) {
      this.state.upload = undefined
      if (outcome instanceof RequestError) this.state.abandoned++
    }
    if (outcome instanceof Error) this.#reject(outcome)
    else this.#resolve(outcome)
    if (this.#running) this.outbox.release(this.state)
    else this.outbox.withdraw(this)
  }
}
