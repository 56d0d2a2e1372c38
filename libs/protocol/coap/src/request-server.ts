import { Code, ProtocolError, codeClass } from '@fieldline/bytes'
import { Assemblies } from './assembly.js'
import { blockSize, contentTag, exponentFor, partSize } from './block.js'
import { EchoValues } from './echo.js'
import type { EndpointParts } from './endpoint-parts.js'
import { FreshnessRequired, NoAnswer } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapResponse, MessageType, Peer } from './message.js'
import type { MessageView } from './message-view.js'
import { SeparateResponse } from './one-message.js'
import { readRequestOptions } from './option-reading.js'
import { writeResponseOptions } from './options.js'
import type { ResponseExtras } from './options.js'
import type { RequestHandler, ServeOptions } from './port.js'
import { exchangeLifetime } from './profile.js'
import { Representations } from './representations.js'
import { ServerExchange } from './server-exchange.js'
import { sameBytes } from './token-table.js'
import type { Random } from '@fieldline/bytes'

const textEncoder = new TextEncoder()
/** Characters of a diagnostic payload (RFC 7252 §5.5.2): it must not need blocks. */
const maxDiagnostic = 256
/** Seconds after which a peer that was refused for want of room may try again. */
const retryAfter = 30
/** The last method there is; others are answered 4.05 (RFC 7252 §5.8, RFC 8132 §6). */
const lastMethod = Code.IPatch
const noExtras: ResponseExtras = {}

function response(code: Code, detail?: string): CoapResponse {
  return { code, payload: detail ? textEncoder.encode(detail.slice(0, maxDiagnostic)) : noBytes }
}

/** Names what a request asks of whom, so that its blocks belong together whatever their tokens (RFC 7959 §2.3, RFC 9175 §3.3). */
function blockKey({ peer, code, uriPath, uriQuery, requestTag }: ServerExchange): string {
  return JSON.stringify([peer.id, code, requestTag, uriPath, uriQuery])
}

/**
 * Names a representation across its blocks: as above, in the format asked for. What a FETCH asks for is in its payload, which comes with the
 * request for every block, unless it was itself sent in blocks (RFC 8132 §2.1).
 */
function representationKey(exchange: ServerExchange): string {
  const { accept, code, payload, block1 } = exchange
  const asked = code === Code.Fetch && !block1 && payload.length > 0 ? String(contentTag(payload)) : ''
  return `${accept ?? ''} ${asked} ${blockKey(exchange)}`
}

/** The part of a response that one message carries. */
interface Part {
  readonly response: CoapResponse
  readonly extras: ResponseExtras
  readonly start: number
  readonly end: number
}

/** The server half of an endpoint: blocks in, handler, blocks out. */
export class RequestServer {
  readonly #parts: EndpointParts
  readonly #assemblies: Assemblies
  readonly #representations: Representations
  readonly #echoes: EchoValues
  #handler: RequestHandler = () => response(Code.NotFound)
  #conditional = false
  #looseMessageId: number
  /** Handlers at work. */
  pending = 0

  constructor(parts: EndpointParts, random: Random) {
    this.#parts = parts
    const { limits, profile, counters, outbox, clock } = parts
    const lifetime = exchangeLifetime(profile)
    this.#assemblies = new Assemblies(limits, lifetime, counters, outbox.wheel, () => clock.now())
    this.#representations = new Representations(limits.maxRepresentationBytes, lifetime, counters)
    this.#echoes = new EchoValues(random, clock)
    this.#looseMessageId = Math.floor(random.unit() * 0x8000)
  }

  serve(handler: RequestHandler, options: ServeOptions): void {
    this.#handler = handler
    this.#conditional = options.conditional === true
  }

  close(): void {
    this.#assemblies.close()
  }

  /** Takes a request that was not seen before; `entry` remembers it. */
  receive(view: MessageView, peer: Peer, entry: number): void {
    const exchange = new ServerExchange(this, peer, entry, view)
    try {
      readRequestOptions(view, exchange, this.#conditional)
    } catch (error) {
      this.#refuse(exchange, error)
      return
    }
    if (exchange.tokenEnd - exchange.tokenStart > this.#parts.limits.maxTokenBytes) {
      // RFC 8974 §2.2.2: not by a reset, which would say that no extended token is understood.
      this.#send(
        exchange,
        response(Code.BadRequest, `a token of more than ${this.#parts.limits.maxTokenBytes} bytes`),
      )
      return
    }
    if (exchange.code > lastMethod) {
      this.#send(exchange, response(Code.MethodNotAllowed))
      return
    }
    if (exchange.block1 && !this.#assemble(exchange)) return
    if (exchange.block2 && exchange.block2.num > 0 && this.#repeat(exchange)) return
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

  /**
   * An option that cannot be accepted: where it is not understood, only a confirmable request is told (RFC 7252 §5.4.1); what is wrong with one
   * that is understood, a reserved block size or a proxy, every request is told (RFC 7959 §2.2, RFC 7252 §5.10.2).
   */
  #refuse(exchange: ServerExchange, error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error
    this.#parts.counters.badOptions++
    exchange.block1 = undefined
    exchange.block2 = undefined
    exchange.noResponse = undefined
    if (exchange.confirmable || error.code !== Code.BadOption)
      this.#send(exchange, response(error.code, error.message))
  }

  /** Takes a block of a body; true if the body is whole. */
  #assemble(exchange: ServerExchange): boolean {
    const { clock, seen, counters } = this.#parts
    const key = blockKey(exchange)
    const outcome = this.#assemblies.take(key, exchange.peer.id, exchange, exchange.payload, clock.now())
    switch (outcome.kind) {
      case 'body':
        exchange.payload = outcome.body
        exchange.assembly = outcome.assembly
        return true
      case 'answer': {
        const answer = response(outcome.code, outcome.detail)
        const isFull = outcome.code === Code.ServiceUnavailable
        this.#send(exchange, isFull ? { ...answer, maxAge: retryAfter } : answer)
        return false
      }
      case 'busy':
        // This Message ID is not ours to remember: once the handler has withheld its answer, it must be taken as new.
        seen.release(exchange.entry)
        counters.duplicates++
        return false
    }
  }

  /** Answers a later block from the representation kept; false if there is none and the handler must make it again. */
  #repeat(exchange: ServerExchange): boolean {
    const kept = this.#representations.get(representationKey(exchange), this.#parts.clock.now())
    if (kept) {
      exchange.isKept = true
      this.#send(exchange, kept)
    } else if (exchange.code === Code.Get || exchange.code === Code.Fetch) return false
    else this.#send(exchange, response(Code.RequestEntityIncomplete, 'this answer is no longer kept'))
    return true
  }

  /**
   * A peer is sent the first block of a new representation: the blocks it asks for next must not be those of an older one (RFC 7959 §2.6). The
   * handler makes them.
   */
  superseded(peer: Peer): void {
    this.#representations.forget(peer.id)
  }

  /** Whether the request proves by its Echo that it was made within the given time (RFC 9175 §2.3). */
  isFresh(exchange: ServerExchange, withinMs: number): boolean {
    const age = exchange.echo && this.#echoes.age(exchange.echo, exchange.peer.id)
    return age !== undefined && age >= 0 && age <= withinMs
  }

  /** The handler wants time: its answer will be a separate one. */
  acknowledge(exchange: ServerExchange): void {
    if (!exchange.confirmable || exchange.separate) return
    exchange.separate = true
    this.#acknowledgeEmpty(exchange)
  }

  #acknowledgeEmpty(exchange: ServerExchange): void {
    const { outbox, seen } = this.#parts
    const datagram = outbox.writer.empty(Type.Acknowledgement, exchange.messageId)
    seen.store(exchange.entry, datagram)
    outbox.send(datagram, exchange.peer)
  }

  /** The handler has answered. */
  answered(exchange: ServerExchange, answer: CoapResponse): void {
    if (exchange.assembly) this.#assemblies.drop(exchange.assembly)
    this.#parts.counters.answers++
    this.#send(exchange, answer)
  }

  /** The handler has failed. */
  failed(exchange: ServerExchange, error: unknown): void {
    const { counters, seen } = this.#parts
    if (error instanceof NoAnswer) {
      counters.withheld++
      if (exchange.assembly) exchange.assembly.delivering = false
      if (!exchange.separate) seen.release(exchange.entry)
      return
    }
    if (exchange.assembly) this.#assemblies.drop(exchange.assembly)
    if (error instanceof FreshnessRequired) {
      counters.echoesDemanded++
      this.#send(exchange, response(Code.Unauthorized), this.#echoes.make(exchange.peer.id))
    } else if (error instanceof ProtocolError) this.#send(exchange, response(error.code, error.message))
    else {
      counters.handlerErrors++
      this.#send(exchange, response(Code.InternalServerError))
    }
  }

  /** RFC 7967 §2.1: the bit of the class of an answer; an answer to a block on the way is none to the request. */
  #isUnwanted({ noResponse }: ServerExchange, code: Code): boolean {
    if (noResponse === undefined || noResponse === 0 || code === Code.Continue) return false
    return (noResponse & (1 << (codeClass(code) - 1))) !== 0
  }

  #send(exchange: ServerExchange, answer: CoapResponse, echo?: Uint8Array): void {
    const { seen, outbox, counters } = this.#parts
    if (outbox.closed) return
    if (this.#isUnwanted(exchange, answer.code)) {
      counters.suppressedAnswers++
      if (exchange.confirmable && !exchange.separate) this.#acknowledgeEmpty(exchange)
      return
    }
    const part = this.#partOf(exchange, answer, echo)
    if (exchange.confirmable && !exchange.separate) {
      const datagram = this.#encode(exchange, part, Type.Acknowledgement, exchange.messageId)
      seen.store(exchange.entry, datagram)
      outbox.send(datagram, exchange.peer)
    } else if (exchange.separate) this.#sendSeparately(exchange, part)
    else {
      const messageId = this.#messageIdFor(exchange.peer)
      if (messageId < 0) counters.messageIdsExhausted++
      else outbox.send(this.#encode(exchange, part, Type.NonConfirmable, messageId), exchange.peer)
    }
  }

  /** RFC 7252 §5.2.2. */
  #sendSeparately(exchange: ServerExchange, part: Part): void {
    const { outbox, peers, profileOf, open, counters, limits } = this.#parts
    const state = peers.open(exchange.peer)
    if (!state || state.outstanding >= limits.maxQueue) {
      counters.droppedOverload++
      return
    }
    state.outstanding++
    new SeparateResponse(outbox, state, profileOf(exchange.peer), open, (messageId) =>
      this.#encode(exchange, part, Type.Confirmable, messageId),
    ).start()
  }

  #encode(exchange: ServerExchange, part: Part, type: MessageType, messageId: number): Uint8Array {
    const { writer } = this.#parts.outbox
    const { bytes, tokenStart, tokenEnd } = exchange
    writer.begin(type, part.response.code, messageId, bytes, tokenStart, tokenEnd)
    writeResponseOptions(writer, part.response, part.extras)
    return writer.finish(part.response.payload, part.start, part.end)
  }

  /**
   * A Message ID for an answer that nobody acknowledges; a peer known only by its requests, perhaps forged, gets no state for it. Such IDs are
   * those of the lower half, and peers with state begin in the upper one.
   */
  #messageIdFor(peer: Peer): number {
    const { peers, clock, profileOf } = this.#parts
    const state = peers.find(peer)
    if (!state) return (this.#looseMessageId = (this.#looseMessageId + 1) & 0x7fff)
    const now = clock.now()
    return state.messageIdWait(now, profileOf(peer)) > 0 ? -1 : state.takeMessageId(now)
  }

  /** What of an answer the next message carries: all of it, or the block that was asked for. */
  #partOf(exchange: ServerExchange, answer: CoapResponse, echo: Uint8Array | undefined): Part {
    const { block1, block2 } = exchange
    const { code, payload } = answer
    const bytes = this.#parts.partBytes(exchange.peer)
    const ourSzx = exponentFor(bytes)
    const isLong = payload.length > partSize(ourSzx, bytes)
    if (!block1 && !block2 && !isLong) {
      return { response: answer, extras: echo ? { echo } : noExtras, start: 0, end: payload.length }
    }
    const acknowledged = block1 && {
      num: block1.num,
      more: code === Code.Continue,
      szx: Math.min(block1.szx, ourSzx),
    }
    const size1 = block1 && code === Code.RequestEntityTooLarge ? this.#parts.limits.maxBody : undefined
    const inBlocks = codeClass(code) === 2 && code !== Code.Continue && (block2 !== undefined || isLong)
    if (!inBlocks) {
      const end = Math.min(payload.length, Math.max(1024, partSize(ourSzx, bytes)))
      return { response: answer, extras: { block1: acknowledged, size1, echo }, start: 0, end }
    }
    const szx = Math.min(block2?.szx ?? ourSzx, ourSzx)
    const size = partSize(szx, bytes)
    const start = block2 ? block2.num * blockSize(block2.szx) : 0
    if (start > 0 && start >= payload.length) {
      const refusal = response(Code.BadRequest, 'no such block')
      return { response: refusal, extras: noExtras, start: 0, end: refusal.payload.length }
    }
    const etag = answer.etag ?? (payload.length > size ? contentTag(payload) : undefined)
    const more = start + size < payload.length
    if ((more || start > 0) && !exchange.isKept) this.#keep(exchange, answer, etag)
    return {
      response: answer,
      extras: {
        etag,
        block1: acknowledged,
        block2: { num: start / blockSize(szx), more, szx },
        size2: start === 0 ? payload.length : undefined,
        echo,
      },
      start,
      end: Math.min(payload.length, start + size),
    }
  }

  #keep(exchange: ServerExchange, answer: CoapResponse, etag: Uint8Array | undefined): void {
    const same = etag && answer.etag && sameBytes(etag, answer.etag)
    const kept = { ...answer, observe: undefined, etag: same ? answer.etag : etag }
    const now = this.#parts.clock.now()
    this.#representations.put(representationKey(exchange), exchange.peer.id, kept, now)
  }
}
