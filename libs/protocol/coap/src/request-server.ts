import { Code, ProtocolError, codeClass } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { Assemblies } from './assembly.js'
import { blockSize, contentTag, encodeBlock, sizeExponent } from './block.js'
import type { CoapCounters } from './counters.js'
import type { Deduplication } from './deduplication.js'
import { NoAnswer } from './errors.js'
import { Type, encodeEmpty, encodeMessage, noBytes } from './message.js'
import type { CoapMessage, CoapOption, CoapResponse, Peer } from './message.js'
import { OptionNumber, readRequestOptions, responseOptions } from './options.js'
import { uintValue } from './uint.js'
import type { RequestFields } from './options.js'
import type { Interaction, Outbox } from './outbox.js'
import type { PeerTable } from './peer-table.js'
import type { CoapLimits, RequestHandler } from './port.js'
import { exchangeLifetime } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import { Representations } from './representations.js'
import { ServerExchange } from './server-exchange.js'
import { SeparateResponse } from './one-message.js'

/** What the parts of an endpoint share. */
export interface EndpointParts {
  readonly clock: Clock
  readonly outbox: Outbox
  readonly peers: PeerTable
  readonly seen: Deduplication
  readonly counters: CoapCounters
  readonly limits: CoapLimits
  readonly profile: TransmissionProfile
  readonly open: Set<Interaction>
}

const textEncoder = new TextEncoder()
/** Characters of a diagnostic payload (RFC 7252 §5.5.2): it must not need blocks. */
const maxDiagnostic = 256
/** Seconds after which a peer that was refused for want of room may try again. */
const retryAfter = 30

function response(code: Code, detail?: string): CoapResponse {
  return { code, payload: detail ? textEncoder.encode(detail.slice(0, maxDiagnostic)) : noBytes }
}

/** Names a request across its blocks. */
function blockKey(
  peer: Peer,
  code: Code,
  fields: { uriPath: readonly string[]; uriQuery: readonly string[] },
) {
  return JSON.stringify([peer.id, code, fields.uriPath, fields.uriQuery])
}

/** The server half of an endpoint: blocks in, handler, blocks out. */
export class RequestServer {
  readonly #parts: EndpointParts
  readonly #assemblies: Assemblies
  readonly #representations: Representations
  readonly #szx: number
  #handler: RequestHandler = () => response(Code.NotFound)
  #looseMessageId = 0
  /** Handlers at work. */
  pending = 0

  constructor(parts: EndpointParts) {
    this.#parts = parts
    const lifetime = exchangeLifetime(parts.profile)
    this.#assemblies = new Assemblies(parts.limits, lifetime, parts.counters)
    this.#representations = new Representations(parts.limits.maxRepresentationBytes, lifetime)
    this.#szx = sizeExponent(parts.limits.blockSize)
  }

  serve(handler: RequestHandler): void {
    this.#handler = handler
  }

  /** Takes a request that was not seen before; `entry` remembers it. */
  receive(message: CoapMessage, peer: Peer, entry: number): void {
    let fields: RequestFields
    try {
      fields = readRequestOptions(message.options)
    } catch (error) {
      this.#refuse(message, peer, entry, error)
      return
    }
    const exchange = new ServerExchange(this, peer, entry, message, fields)
    if (fields.block1 && !this.#assemble(exchange, fields)) return
    if (fields.block2 && fields.block2.num > 0 && this.#repeat(exchange)) return
    this.#parts.counters.requests++
    try {
      const answer = this.#handler(exchange, peer)
      if (answer instanceof Promise) {
        this.pending++
        void exchange.settle(answer)
      } else this.answered(exchange, answer)
    } catch (error) {
      this.failed(exchange, error)
    }
  }

  /** An option that cannot be accepted: a confirmable request is told, another is left without an answer (RFC 7252 §5.4.1). */
  #refuse(message: CoapMessage, peer: Peer, entry: number, error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    this.#parts.counters.badOptions++
    if (message.type !== Type.Confirmable) return
    const { messageId, token } = message
    const answer = response(error.code, error.message)
    const datagram = encodeMessage({
      type: Type.Acknowledgement,
      code: error.code,
      messageId,
      token,
      options: [],
      payload: answer.payload,
    })
    this.#parts.seen.store(entry, datagram)
    this.#parts.outbox.send(datagram, peer)
  }

  /** Takes a block of a body; true if the body is whole. */
  #assemble(exchange: ServerExchange, fields: RequestFields): boolean {
    const tag = fields.requestTag ? `#${String(fields.requestTag)}` : ''
    const key = blockKey(exchange.peer, exchange.code, fields) + tag
    const outcome = this.#assemblies.take(key, fields, exchange.payload, this.#parts.clock.now())
    switch (outcome.kind) {
      case 'body':
        exchange.payload = outcome.body
        exchange.assembly = outcome.assembly
        return true
      case 'answer': {
        const answer = response(outcome.code, outcome.detail)
        this.#send(
          exchange,
          outcome.code === Code.ServiceUnavailable ? { ...answer, maxAge: retryAfter } : answer,
        )
        return false
      }
      case 'busy':
        // This Message ID is not ours to remember: once the handler has withheld its answer, it must be taken as new.
        this.#parts.seen.release(exchange.entry)
        this.#parts.counters.duplicates++
        return false
    }
  }

  /** Answers a later block from the representation kept; false if there is none and the handler must make it again. */
  #repeat(exchange: ServerExchange): boolean {
    const kept = this.#representations.get(
      blockKey(exchange.peer, exchange.code, exchange),
      this.#parts.clock.now(),
    )
    if (kept) this.#send(exchange, kept)
    else if (exchange.code === Code.Get || exchange.code === Code.Fetch) return false
    else this.#send(exchange, response(Code.RequestEntityIncomplete, 'this answer is no longer kept'))
    return true
  }

  /** The handler wants time: its answer will be a separate one. */
  acknowledge(exchange: ServerExchange): void {
    if (!exchange.confirmable || exchange.separate) return
    exchange.separate = true
    const datagram = encodeEmpty(Type.Acknowledgement, exchange.messageId)
    this.#parts.seen.store(exchange.entry, datagram)
    this.#parts.outbox.send(datagram, exchange.peer)
  }

  /** The handler has answered. */
  answered(exchange: ServerExchange, answer: CoapResponse): void {
    this.#assemblies.drop(exchange.assembly)
    this.#parts.counters.answers++
    this.#send(exchange, answer)
  }

  /** The handler has failed. */
  failed(exchange: ServerExchange, error: unknown): void {
    if (error instanceof NoAnswer) {
      this.#parts.counters.withheld++
      if (exchange.assembly) exchange.assembly.delivering = false
      if (!exchange.separate) this.#parts.seen.release(exchange.entry)
      return
    }
    this.#assemblies.drop(exchange.assembly)
    if (error instanceof ProtocolError) this.#send(exchange, response(error.code, error.message))
    else {
      this.#parts.counters.handlerErrors++
      this.#send(exchange, response(Code.InternalServerError))
    }
  }

  #send(exchange: ServerExchange, answer: CoapResponse): void {
    const { options, payload, code } = this.#present(exchange, answer)
    const { token } = exchange
    const { seen, outbox, peers, profile, open } = this.#parts
    if (exchange.confirmable && !exchange.separate) {
      const { messageId } = exchange
      const type = Type.Acknowledgement
      const datagram = encodeMessage({ type, code, messageId, token, options, payload })
      seen.store(exchange.entry, datagram)
      outbox.send(datagram, exchange.peer)
      return
    }
    if (!exchange.separate) {
      const type = Type.NonConfirmable
      const messageId = this.#messageIdFor(exchange.peer)
      if (messageId < 0) this.#parts.counters.droppedOverload++
      else outbox.send(encodeMessage({ type, code, messageId, token, options, payload }), exchange.peer)
      return
    }
    const state = peers.open(exchange.peer)
    if (!state) {
      this.#parts.counters.droppedOverload++
      return
    }
    const type = Type.Confirmable
    const build = (messageId: number): Uint8Array =>
      encodeMessage({ type, code, messageId, token, options, payload })
    state.outstanding++
    new SeparateResponse(outbox, state, profile, open, build).start()
  }

  /** A Message ID for an answer that nobody acknowledges; a peer known only by its requests, perhaps forged, gets no state for it. */
  #messageIdFor(peer: Peer): number {
    const state = this.#parts.peers.find(peer)
    if (state) return state.takeMessageId()
    this.#looseMessageId = (this.#looseMessageId + 1) & 0xffff
    return this.#looseMessageId
  }

  /** The options and payload of the message that carries an answer, or the block of it that was asked for. */
  #present(
    exchange: ServerExchange,
    answer: CoapResponse,
  ): { code: Code; options: CoapOption[]; payload: Uint8Array } {
    const { block1, block2 } = exchange
    const szx = Math.min(block2?.szx ?? this.#szx, this.#szx)
    let { code, payload } = answer
    let options: CoapOption[]
    if (
      codeClass(code) === 2 &&
      code !== Code.Continue &&
      (block2 || payload.length > blockSize(this.#szx))
    ) {
      const size = blockSize(szx)
      const start = (block2?.num ?? 0) * blockSize(block2?.szx ?? szx)
      if (start > 0 && start >= payload.length) {
        return { ...response(Code.BadRequest, 'no such block'), options: [] }
      }
      const etag = answer.etag ?? (payload.length > size ? contentTag(payload) : undefined)
      const more = start + size < payload.length
      if (more && start === 0) {
        const kept = etag === answer.etag ? answer : { ...answer, etag }
        const key = blockKey(exchange.peer, exchange.code, exchange)
        this.#representations.put(key, { ...kept, observe: undefined }, this.#parts.clock.now())
      }
      options = responseOptions(etag === answer.etag ? answer : { ...answer, etag })
      options.push({ number: OptionNumber.Block2, value: encodeBlock(start / size, more, szx) })
      if (start === 0) options.push({ number: OptionNumber.Size2, value: uintValue(payload.length) })
      payload = payload.subarray(start, start + size)
    } else options = responseOptions(answer)
    if (block1) {
      const ours = Math.min(block1.szx, this.#szx)
      options.push({
        number: OptionNumber.Block1,
        value: encodeBlock(block1.num, code === Code.Continue, ours),
      })
      if (code === Code.RequestEntityTooLarge) {
        options.push({ number: OptionNumber.Size1, value: uintValue(this.#parts.limits.maxBody) })
      }
    }
    return { code, options, payload }
  }
}
