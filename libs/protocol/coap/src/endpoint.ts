import { Code, InvariantError, ProtocolError, codeClass } from '@fieldline/bytes'
import type { Clock, Random } from '@fieldline/bytes'
import { blockSize, contentTag, encodeBlock, sizeExponent } from './block.js'
import { ClientExchange } from './client-exchange.js'
import type { ClientContext } from './client-exchange.js'
import { createCounters } from './counters.js'
import type { CoapCounters } from './counters.js'
import { Deduplication } from './deduplication.js'
import { RequestError } from './errors.js'
import { Type, decodeMessage, encodeEmpty, encodeMessage } from './message.js'
import type {
  CoapMessage,
  CoapRequest,
  CoapResponse,
  DatagramTransport,
  MessageType,
  Peer,
} from './message.js'
import { NotificationIntake } from './notification-intake.js'
import { OptionNumber, readResponseOptions, responseOptions } from './options.js'
import { uintValue } from './uint.js'
import type { ResponseFields } from './options.js'
import { Outbox } from './outbox.js'
import { PeerTable } from './peer-table.js'
import { defaultLimits } from './port.js'
import type {
  CoapEndpoint,
  CoapLimits,
  NotificationHandler,
  NotifyResult,
  ObservationPath,
  RequestHandler,
  RequestOptions,
} from './port.js'
import { exchangeLifetime, nonLifetime, profiles } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import { RequestServer } from './request-server.js'
import type { EndpointParts } from './request-server.js'
import { ConfirmableNotification, Ping } from './one-message.js'
import { wheelOf } from './timer-wheel.js'
import { TokenTable } from './token-table.js'

/** What an endpoint is made of. */
export interface CoapEndpointOptions {
  readonly transport: DatagramTransport
  readonly clock: Clock
  readonly random: Random
  /** Default `profiles.wired`. */
  readonly profile?: TransmissionProfile
  readonly limits?: Partial<CoapLimits>
}

/** Creates an endpoint and starts listening on its transport. */
export function createCoapEndpoint(options: CoapEndpointOptions): CoapEndpoint {
  return new Endpoint(options)
}

/** Non-confirmable notifications per peer whose tokens are remembered for a late reset. */
const maxNotified = 8

function isMulticast(address: string): boolean {
  if (address.includes(':')) return /^ff/i.test(address)
  const first = Number.parseInt(address, 10)
  return first >= 224 && first <= 255
}

class Endpoint implements CoapEndpoint {
  readonly counters: CoapCounters = createCounters()
  readonly #transport: DatagramTransport
  readonly #parts: EndpointParts
  readonly #client: ClientContext
  readonly #tokens: TokenTable
  readonly #server: RequestServer
  readonly #intake: NotificationIntake
  readonly #exchangeLifetime: number
  readonly #nonLifetime: number
  #onObserverGone: ((token: Uint8Array, peer: Peer) => void) | undefined
  #closed = false

  constructor(options: CoapEndpointOptions) {
    const { transport, clock, random, profile = profiles.wired } = options
    const limits: CoapLimits = { ...defaultLimits, ...options.limits }
    const { counters } = this
    this.#transport = transport
    this.#exchangeLifetime = exchangeLifetime(profile)
    this.#nonLifetime = nonLifetime(profile)
    this.#tokens = new TokenTable(random)
    this.#parts = {
      clock,
      outbox: new Outbox(transport, wheelOf(clock), random, counters, limits.maxQueue),
      peers: new PeerTable(limits.maxPeers, random),
      seen: new Deduplication(limits.maxExchanges, limits.maxAnswerBytes, random, counters),
      counters,
      limits,
      profile,
      open: new Set(),
    }
    this.#client = {
      outbox: this.#parts.outbox,
      tokens: this.#tokens,
      profile,
      maxBody: limits.maxBody,
      blockSize: limits.blockSize,
      open: this.#parts.open,
    }
    this.#server = new RequestServer(this.#parts)
    this.#intake = new NotificationIntake(this.#parts, this.#client)
    transport.listen((datagram, peer) => this.#receive(datagram, peer))
  }

  serve(handler: RequestHandler): void {
    this.#server.serve(handler)
  }

  onNotification(handler: NotificationHandler, observationPath?: ObservationPath): void {
    this.#intake.handle(handler, observationPath)
  }

  onObserverGone(handler: (token: Uint8Array, peer: Peer) => void): void {
    this.#onObserverGone = handler
  }

  newToken(): Uint8Array {
    return this.#tokens.draw()
  }

  request(peer: Peer, request: CoapRequest, options: RequestOptions = {}): Promise<CoapResponse> {
    if (options.token && options.token.length > 8) {
      return Promise.reject(new InvariantError(`a token of ${options.token.length} bytes`))
    }
    if (options.signal?.aborted) return Promise.reject(new RequestError('cancelled', false, false))
    const state = this.#closed ? undefined : this.#parts.peers.open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const exchange = new ClientExchange(this.#client, state, request, options)
    this.#parts.outbox.enqueue(exchange)
    return exchange.response
  }

  #unavailable(): RequestError {
    return new RequestError(this.#closed ? 'closed' : 'overload', false, false)
  }

  ping(peer: Peer): Promise<void> {
    const { outbox, peers, profile, open } = this.#parts
    const state = this.#closed ? undefined : peers.open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const ping = new Ping(outbox, state, profile, open)
    outbox.enqueue(ping)
    return ping.result
  }

  notify(
    peer: Peer,
    notification: CoapResponse & { readonly token: Uint8Array },
    options: { readonly confirmable?: boolean } = {},
  ): Promise<NotifyResult> {
    const { outbox, peers, profile, open, limits } = this.#parts
    const state = this.#closed ? undefined : peers.open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const { code, token } = notification
    let { payload } = notification
    const szx = sizeExponent(limits.blockSize)
    const long = payload.length > blockSize(szx)
    const messageOptions = responseOptions(
      long ? { ...notification, etag: notification.etag ?? contentTag(payload) } : notification,
    )
    if (long) {
      // The observer asks for the later blocks with a GET, which the request handler answers (RFC 7959 §2.6).
      messageOptions.push({ number: OptionNumber.Block2, value: encodeBlock(0, true, szx) })
      messageOptions.push({ number: OptionNumber.Size2, value: uintValue(payload.length) })
      payload = payload.subarray(0, blockSize(szx))
    }
    const build = (type: MessageType, messageId: number): Uint8Array =>
      encodeMessage({ type, code, messageId, token, options: messageOptions, payload })
    if (options.confirmable === false) {
      const messageId = state.takeMessageId()
      if (messageId < 0) return Promise.reject(this.#unavailable())
      state.notified.push({ messageId, token })
      if (state.notified.length > maxNotified) state.notified.shift()
      outbox.send(build(Type.NonConfirmable, messageId), peer)
      return Promise.resolve('acknowledged')
    }
    const confirmable = new ConfirmableNotification(outbox, state, profile, open, (messageId) =>
      build(Type.Confirmable, messageId),
    )
    outbox.enqueue(confirmable)
    return confirmable.result
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#parts.outbox.closed = true
    for (const interaction of [...this.#parts.open]) interaction.fail('closed')
    await this.#transport.close()
  }

  #receive(datagram: Uint8Array, peer: Peer): void {
    const { counters } = this
    counters.received++
    if (this.#closed) return
    // Nothing can be answered to a group or to port 0: both are forged.
    if (peer.port === 0 || isMulticast(peer.address)) {
      counters.ignored++
      return
    }
    let message: CoapMessage
    try {
      message = decodeMessage(datagram)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      counters.malformed++
      this.#rejectMalformed(datagram, peer)
      return
    }
    const { type, code } = message
    if (code === Code.Empty) this.#receiveEmpty(message, peer)
    else if (type === Type.Acknowledgement) this.#receivePiggybacked(message, peer)
    else {
      const kind = codeClass(code)
      if (kind === 0) this.#receiveRequest(message, peer)
      else if (kind === 2 || kind === 4 || kind === 5) this.#receiveResponse(message, peer)
      else this.#rejectReserved(message, peer)
    }
  }

  /** A confirmable message with a format error is rejected if its header could be read (RFC 7252 §4.2). */
  #rejectMalformed(datagram: Uint8Array, peer: Peer): void {
    if (datagram.length < 4 || datagram[0] >> 6 !== 1 || ((datagram[0] >> 4) & 3) !== Type.Confirmable) return
    this.#reset((datagram[2] << 8) | datagram[3], peer)
  }

  #rejectReserved(message: CoapMessage, peer: Peer): void {
    this.counters.ignored++
    if (message.type === Type.Confirmable) this.#reset(message.messageId, peer)
  }

  #reset(messageId: number, peer: Peer): void {
    this.counters.resetsSent++
    this.#parts.outbox.send(encodeEmpty(Type.Reset, messageId), peer)
  }

  #receiveEmpty(message: CoapMessage, peer: Peer): void {
    const { outbox, peers } = this.#parts
    const { messageId } = message
    switch (message.type) {
      case Type.Confirmable:
        this.counters.pings++
        outbox.send(encodeEmpty(Type.Reset, messageId), peer)
        return
      case Type.NonConfirmable:
        this.counters.ignored++
        return
      case Type.Acknowledgement:
        outbox.acknowledge(message, peers.find(peer))
        return
      case Type.Reset:
        if (!outbox.reset(messageId, peers.find(peer))) this.#resetNotification(messageId, peer)
    }
  }

  #resetNotification(messageId: number, peer: Peer): void {
    const notified = this.#parts.peers.find(peer)?.notified ?? []
    const at = notified.findIndex((sent) => sent.messageId === messageId)
    if (at < 0) {
      this.counters.unmatched++
      return
    }
    this.counters.resets++
    const [{ token }] = notified.splice(at, 1)
    this.#onObserverGone?.(token, peer)
  }

  #receivePiggybacked(message: CoapMessage, peer: Peer): void {
    const kind = codeClass(message.code)
    if (kind !== 2 && kind !== 4 && kind !== 5) this.counters.ignored++
    else this.#parts.outbox.acknowledge(message, this.#parts.peers.find(peer))
  }

  /** Remembers a message; -1 if it is a duplicate, which is dealt with, or if there is no room to handle it. */
  #remember(message: CoapMessage, peer: Peer): number {
    const { seen, clock, outbox, limits } = this.#parts
    const now = clock.now()
    const known = seen.find(peer.id, message.messageId, now)
    const confirmable = message.type === Type.Confirmable
    if (known >= 0) {
      this.counters.duplicates++
      const answer = seen.answer(known)
      if (answer && confirmable) {
        this.counters.repeatedAnswers++
        outbox.send(answer, peer)
      }
      return -1
    }
    if (this.#server.pending + this.#intake.pending >= limits.maxPending) {
      // Not remembered: the retransmission finds more room.
      this.counters.droppedOverload++
      return -1
    }
    return seen.add(peer.id, message.messageId, now, confirmable ? this.#exchangeLifetime : this.#nonLifetime)
  }

  #receiveRequest(message: CoapMessage, peer: Peer): void {
    const entry = this.#remember(message, peer)
    if (entry >= 0) this.#server.receive(message, peer, entry)
  }

  /** A separate response or a notification. */
  #receiveResponse(message: CoapMessage, peer: Peer): void {
    const entry = this.#remember(message, peer)
    if (entry < 0) return
    const exchange = this.#tokens.find(peer, message.token)
    const confirmable = message.type === Type.Confirmable
    let fields: ResponseFields
    try {
      fields = readResponseOptions(message.options)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counters.badOptions++
      if (confirmable) {
        this.#parts.seen.store(entry, encodeEmpty(Type.Reset, message.messageId))
        this.#reset(message.messageId, peer)
      }
      exchange?.fail('bad-response', error.message)
      return
    }
    if (!exchange || exchange.isStrayNotification(fields)) {
      this.#intake.receive(message, fields, peer, entry)
      return
    }
    if (confirmable) {
      const acknowledgement = encodeEmpty(Type.Acknowledgement, message.messageId)
      this.#parts.seen.store(entry, acknowledgement)
      this.#parts.outbox.send(acknowledgement, peer)
    }
    exchange.respond(message, fields)
  }
}
