import { Code, InvariantError, ProtocolError, codeClass } from '@fieldline/bytes'
import { contentTag, exponentFor, partSize } from './block.js'
import { ClientExchange } from './client-exchange.js'
import type { ClientContext } from './client-exchange.js'
import { createCounters } from './counters.js'
import type { CoapCounters } from './counters.js'
import { Deduplication, noEntry } from './deduplication.js'
import type { EndpointParts } from './endpoint-parts.js'
import { RequestError } from './errors.js'
import { isGroup } from './group.js'
import { InteractionList } from './interaction-list.js'
import { LatestByToken } from './latest-by-token.js'
import { Type } from './message.js'
import type { CoapRequest, CoapResponse, DatagramTransport, MessageType, Peer } from './message.js'
import { MessageView } from './message-view.js'
import { maxTokenLength } from './message-writer.js'
import { NotificationIntake } from './notification-intake.js'
import { NotificationOrder } from './notification-order.js'
import { ConfirmableNotification, Ping } from './one-message.js'
import { readResponse } from './option-reading.js'
import type { ResponseFields } from './option-reading.js'
import { writeResponseOptions } from './options.js'
import type { ResponseExtras } from './options.js'
import { Outbox } from './outbox.js'
import { PeerTable } from './peer-table.js'
import type { PeerState } from './peer-table.js'
import { defaultLimits } from './port.js'
import type {
  CoapEndpoint,
  CoapEndpointOptions,
  CoapLimits,
  NotificationHandler,
  NotificationOptions,
  NotifyResult,
  ObservationPath,
  RequestHandler,
  RequestOptions,
  ServeOptions,
} from './port.js'
import { Lifetimes, profiles } from './profile.js'
import { RequestServer } from './request-server.js'
import { wheelOf } from './timer-wheel.js'
import { TokenTable } from './token-table.js'

/** Creates an endpoint and starts listening on its transport. */
export function createCoapEndpoint(options: CoapEndpointOptions): CoapEndpoint {
  return new Endpoint(options)
}

const noOptions = {}

class Endpoint implements CoapEndpoint {
  readonly counters: CoapCounters = createCounters()
  readonly #transport: DatagramTransport
  readonly #parts: EndpointParts
  readonly #client: ClientContext
  readonly #tokens: TokenTable
  readonly #server: RequestServer
  readonly #intake: NotificationIntake
  readonly #lifetimes = new Lifetimes()
  readonly #view: MessageView
  #isReading = false
  #onObserverGone: ((token: Uint8Array, peer: Peer) => void) | undefined
  #closed = false

  constructor(options: CoapEndpointOptions) {
    const { transport, clock, random, profile = profiles.wired, profileOf, oneTokenPerBody = false } = options
    const limits: CoapLimits = { ...defaultLimits, ...options.limits }
    const { counters } = this
    this.#transport = transport
    this.#tokens = new TokenTable(random)
    this.#view = new MessageView(transport.ordered, limits.maxOptions)
    const peers = new PeerTable(limits.maxPeers, random, counters)
    this.#parts = {
      clock,
      outbox: new Outbox(transport, wheelOf(clock), clock, random, counters, peers, limits.maxQueue),
      peers,
      seen: new Deduplication(limits.maxExchanges, limits.maxAnswerBytes, random, counters),
      order: new NotificationOrder(
        new LatestByToken(limits.maxObservations, random, () => counters.observationsEvicted++),
      ),
      counters,
      limits,
      profileOf: profileOf ? (peer) => profileOf(peer) ?? profile : () => profile,
      profile,
      open: new InteractionList(),
      partBytes: (peer) => transport.partBytes?.(peer) ?? limits.blockSize,
      ordered: transport.ordered === true,
    }
    this.#client = {
      outbox: this.#parts.outbox,
      tokens: this.#tokens,
      order: this.#parts.order,
      limits,
      partBytes: this.#parts.partBytes,
      open: this.#parts.open,
      oneTokenPerBody,
    }
    this.#server = new RequestServer(this.#parts, random)
    this.#intake = new NotificationIntake(this.#parts, this.#client)
    transport.listen(
      (datagram, peer) => this.#receive(datagram, peer),
      (peer) => this.#gone(peer),
    )
  }

  serve(handler: RequestHandler, options: ServeOptions = noOptions): void {
    this.#server.serve(handler, options)
  }

  onNotification(
    handler: NotificationHandler,
    observationPath?: ObservationPath,
    options: NotificationOptions = noOptions,
  ): void {
    this.#intake.handle(handler, observationPath, options)
  }

  onObserverGone(handler: (token: Uint8Array, peer: Peer) => void): void {
    this.#onObserverGone = handler
  }

  newToken(): Uint8Array {
    return this.#tokens.draw().slice()
  }

  request(peer: Peer, request: CoapRequest, options: RequestOptions = noOptions): Promise<CoapResponse> {
    if (options.token && options.token.length > maxTokenLength) {
      return Promise.reject(new InvariantError(`a token of ${options.token.length} bytes`))
    }
    if (isGroup(peer.address)) return Promise.reject(new InvariantError(`${peer.address} is a group`))
    if (options.signal?.aborted) return Promise.reject(new RequestError('cancelled', false, false))
    if (this.#transport.reaches?.(peer) === false)
      return Promise.reject(new RequestError('closed', false, false, 'the peer has no session'))
    const state = this.#open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const profile = options.profile ?? this.#parts.profileOf(peer)
    const exchange = new ClientExchange(this.#client, state, profile, request, options)
    this.#parts.outbox.enqueue(exchange)
    return exchange.response
  }

  #open(peer: Peer): PeerState | undefined {
    const state = this.#closed ? undefined : this.#parts.peers.open(peer)
    if (!state && !this.#closed) this.counters.queueOverflows++
    return state
  }

  #unavailable(): RequestError {
    return new RequestError(this.#closed ? 'closed' : 'overload', false, false)
  }

  nudge(peer: Peer): void {
    const state = this.#parts.peers.find(peer)
    if (state) this.#parts.outbox.nudge(state)
  }

  ping(peer: Peer): Promise<void> {
    const { outbox, profileOf, open } = this.#parts
    const state = this.#open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const ping = new Ping(outbox, state, profileOf(peer), open)
    outbox.enqueue(ping)
    return ping.result
  }

  notify(
    peer: Peer,
    notification: CoapResponse & { readonly token: Uint8Array },
    options: { readonly confirmable?: boolean } = noOptions,
  ): Promise<NotifyResult> {
    const { outbox, profileOf, open, partBytes } = this.#parts
    const state = this.#open(peer)
    if (!state) return Promise.reject(this.#unavailable())
    const { code, token, payload } = notification
    const bytes = partBytes(peer)
    const szx = exponentFor(bytes)
    const size = partSize(szx, bytes)
    const isLong = payload.length > size
    // The observer asks for the later blocks with a GET, which the request handler answers (RFC 7959 §2.6).
    const extras: ResponseExtras = isLong
      ? {
          etag: notification.etag ?? contentTag(payload),
          block2: { num: 0, more: true, szx },
          size2: payload.length,
        }
      : noOptions
    const end = isLong ? size : payload.length
    if (isLong) this.#server.superseded(peer)
    const build = (type: MessageType, messageId: number): Uint8Array => {
      outbox.writer.begin(type, code, messageId, token)
      writeResponseOptions(outbox.writer, notification, extras)
      return outbox.writer.finish(payload, 0, end)
    }
    if (options.confirmable === false) return this.#notifyOnce(state, token, build)
    const confirmable = new ConfirmableNotification(outbox, state, profileOf(peer), open, (messageId) =>
      build(Type.Confirmable, messageId),
    )
    outbox.enqueue(confirmable)
    return confirmable.result
  }

  #notifyOnce(
    state: PeerState,
    token: Uint8Array,
    build: (type: MessageType, messageId: number) => Uint8Array,
  ): Promise<NotifyResult> {
    const { outbox, clock, profileOf } = this.#parts
    const now = clock.now()
    if (state.messageIdWait(now, profileOf(state.peer)) > 0) {
      this.counters.messageIdsExhausted++
      return Promise.reject(this.#unavailable())
    }
    const messageId = state.takeMessageId(now)
    const notified = (state.notified ??= [])
    notified.push({ messageId, token })
    if (notified.length > this.#parts.limits.maxNotified) notified.shift()
    outbox.send(build(Type.NonConfirmable, messageId), state.peer)
    return Promise.resolve('acknowledged')
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#parts.outbox.closed = true
    this.#server.close()
    for (const interaction of [...this.#parts.open]) interaction.fail('closed')
    await this.#transport.close()
  }

  /** A connection has ended: what waits for its peer waits in vain. */
  #gone(peer: Peer): void {
    for (const interaction of [...this.#parts.open])
      if (interaction.state.peer.id === peer.id) interaction.fail('closed')
  }

  #receive(datagram: Uint8Array, peer: Peer): void {
    const { counters } = this
    counters.received++
    if (this.#closed) return
    // Nothing can be answered to a group or to port 0: both are forged.
    if (peer.port === 0 || isGroup(peer.address)) {
      counters.ignored++
      return
    }
    // A transport may deliver the answer to what a handler sends before the handler has returned.
    const view = this.#isReading
      ? new MessageView(this.#view.allowsBert, this.#parts.limits.maxOptions)
      : this.#view
    this.#isReading = true
    try {
      this.#dispatch(view, datagram, peer)
    } finally {
      if (view === this.#view) this.#isReading = false
    }
  }

  #dispatch(view: MessageView, datagram: Uint8Array, peer: Peer): void {
    if (view.read(datagram) !== undefined) {
      this.counters.malformed++
      this.#rejectMalformed(datagram, peer)
      return
    }
    const { type, code } = view
    if (code === Code.Empty) this.#receiveEmpty(view, peer)
    else if (type === Type.Acknowledgement) this.#receivePiggybacked(view, peer)
    else {
      const kind = codeClass(code)
      if (kind === 0) this.#receiveRequest(view, peer)
      else if (kind === 2 || kind === 4 || kind === 5) this.#receiveResponse(view, peer)
      else this.#rejectReserved(view, peer)
    }
  }

  /** A confirmable message with a format error is rejected if its header could be read (RFC 7252 §4.2). */
  #rejectMalformed(datagram: Uint8Array, peer: Peer): void {
    if (datagram.length < 4 || datagram[0] >> 6 !== 1 || ((datagram[0] >> 4) & 3) !== Type.Confirmable) return
    this.#reset((datagram[2] << 8) | datagram[3], peer)
  }

  #rejectReserved(view: MessageView, peer: Peer): void {
    this.counters.ignored++
    if (view.type === Type.Confirmable) this.#reset(view.messageId, peer)
  }

  #reset(messageId: number, peer: Peer): void {
    this.counters.resetsSent++
    const { outbox } = this.#parts
    outbox.send(outbox.writer.empty(Type.Reset, messageId), peer)
  }

  #receiveEmpty(view: MessageView, peer: Peer): void {
    const { outbox, peers } = this.#parts
    const { messageId } = view
    switch (view.type) {
      case Type.Confirmable:
        this.counters.pings++
        outbox.send(outbox.writer.empty(Type.Reset, messageId), peer)
        return
      case Type.NonConfirmable:
        this.counters.ignored++
        return
      case Type.Acknowledgement:
        outbox.acknowledge(view, peers.find(peer))
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

  #receivePiggybacked(view: MessageView, peer: Peer): void {
    const kind = codeClass(view.code)
    if (kind !== 2 && kind !== 4 && kind !== 5) this.counters.ignored++
    else this.#parts.outbox.acknowledge(view, this.#parts.peers.find(peer))
  }

  /** Remembers a message; -1 if it is a duplicate, which is dealt with, or if there is no room to handle it (RFC 7252 §4.2, §4.3). */
  #remember(view: MessageView, peer: Peer): number {
    const { seen, clock, outbox, limits, profileOf, ordered } = this.#parts
    const now = clock.now()
    // A stream repeats nothing, and each connection counts from the beginning (RFC 8323 §3.2).
    const key = ordered ? 0 : seen.keyOf(peer.id, view.bytes)
    const known = ordered ? -1 : seen.find(key, view.messageId, now)
    const confirmable = view.type === Type.Confirmable
    if (known >= 0) {
      this.counters.duplicates++
      const answer = confirmable ? seen.answer(known) : undefined
      if (!answer) return -1
      this.counters.repeatedAnswers++
      outbox.send(answer, peer)
      return -1
    }
    if (this.#server.pending + this.#intake.pending >= limits.maxPending) {
      // Not remembered: the retransmission finds more room.
      this.counters.droppedOverload++
      return -1
    }
    if (ordered) return noEntry
    const lifetime = this.#lifetimes.of(profileOf(peer), confirmable)
    return seen.add(key, view.messageId, now, lifetime)
  }

  #receiveRequest(view: MessageView, peer: Peer): void {
    const entry = this.#remember(view, peer)
    if (entry >= 0) this.#server.receive(view, peer, entry)
  }

  /** A separate response or a notification. */
  #receiveResponse(view: MessageView, peer: Peer): void {
    const entry = this.#remember(view, peer)
    if (entry < 0) return
    const { bytes, tokenStart, tokenEnd, messageId } = view
    const exchange = this.#tokens.find(peer, bytes, tokenStart, tokenEnd)
    const { seen, outbox } = this.#parts
    const confirmable = view.type === Type.Confirmable
    let fields: ResponseFields
    try {
      fields = readResponse(view)
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error
      this.counters.badOptions++
      if (confirmable) {
        seen.store(entry, outbox.writer.empty(Type.Reset, messageId))
        this.#reset(messageId, peer)
      }
      exchange?.fail('bad-response', error.message)
      return
    }
    if (!exchange || exchange.isStrayNotification(fields)) {
      this.#intake.receive(fields, view.slice(tokenStart, tokenEnd), peer, entry)
      return
    }
    if (confirmable) {
      const acknowledgement = outbox.writer.empty(Type.Acknowledgement, messageId)
      seen.store(entry, acknowledgement)
      outbox.send(acknowledgement, peer)
    }
    exchange.respond(fields)
  }
}
