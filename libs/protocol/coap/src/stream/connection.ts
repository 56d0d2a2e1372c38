import { codeClass } from '@fieldline/bytes'
import type { Clock, Timer } from '@fieldline/bytes'
import { Type } from '../message.js'
import { MessageView } from '../message-view.js'
import { MessageWriter } from '../message-writer.js'
import type { ByteStream } from './byte-stream.js'
import { FrameReader, FramingError, toFrame } from './framing.js'
import {
  BadSignalingOption,
  Signal,
  baseCapabilities,
  checkSignalingOptions,
  readCapabilities,
  writeAbort,
  writeCapabilities,
  writePing,
  writeRelease,
} from './signaling.js'
import type { Capabilities } from './signaling.js'
import type { StreamCounters, StreamLimits } from './stream-transport.js'

/** What a connection tells its owner. */
export interface ConnectionOwner {
  readonly clock: Clock
  readonly limits: StreamLimits
  readonly counters: StreamCounters
  /** A request or a response, as a confirmable datagram. */
  deliver(datagram: Uint8Array, connection: Connection): void
  /** The ping with this Message ID was answered. */
  answeredPing(messageId: number, connection: Connection): void
  closed(connection: Connection): void
}

const messageIdAt = 2

/** One stream as RFC 8323 uses it: settings first, then messages; pings when it is quiet; an Abort before it ends over a fault. */
export class Connection {
  /** What the peer takes; undefined until its settings have arrived. */
  capabilities: Capabilities | undefined
  /** It asked for the end (Release): what is under way is finished, nothing new is begun. */
  released = false
  readonly #reader: FrameReader
  readonly #view = new MessageView()
  readonly #writer = new MessageWriter()
  /** Messages that wait for the peer's settings. */
  #held: Uint8Array[] = []
  #messageId = 0
  /** Message IDs of the pings that wait for their pong, oldest first. */
  #pings: number[] = []
  #timer: Timer | undefined
  #quiet = false
  #isOpen = true

  constructor(
    readonly stream: ByteStream,
    private readonly owner: ConnectionOwner,
  ) {
    const { limits } = owner
    this.#reader = new FrameReader(limits.maxMessageSize)
    stream.listen({ data: (bytes) => this.#receive(bytes), closed: () => this.#closed() })
    // RFC 8323 §5.3: the first message of either side
    this.#write(
      writeCapabilities(this.#writer, {
        maxMessageSize: limits.maxMessageSize,
        blockWise: true,
        maxTokenBytes: limits.maxTokenBytes,
      }),
    )
    this.#timer = owner.clock.after(limits.settingsTimeoutMs, () => this.abort('no settings in time'))
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Sends a message. False if it was dropped: too large for the peer, or too much waits already. */
  send(datagram: Uint8Array): boolean {
    const { limits, counters } = this.owner
    if (!this.#isOpen || (!this.capabilities && this.#held.length >= limits.maxHeld)) {
      counters.unreachable++
      return false
    }
    if (!this.capabilities) {
      this.#held.push(datagram)
      return true
    }
    const frame = toFrame(datagram)
    if (frame.length > this.capabilities.maxMessageSize) {
      counters.tooLarge++
      return false
    }
    if (this.stream.buffered + frame.length > limits.maxBuffered) {
      // a peer that asks and does not read: an orderly end would wait for it to read
      counters.slowPeers++
      this.stream.destroy()
      this.#closed()
      return false
    }
    this.stream.write(frame)
    return true
  }

  /** Asks for a sign of life; the answer is told with `messageId`. */
  ping(messageId: number): void {
    this.#pings.push(messageId)
    this.send(writePing(this.#writer, Signal.Ping, Uint8Array.of(messageId >> 8, messageId & 255)))
  }

  /** Ends the connection over a fault of the peer. @see RFC 8323 §5.6 */
  abort(reason: string, option?: number): void {
    if (!this.#isOpen) return
    this.owner.counters.aborts++
    this.#write(writeAbort(this.#writer, reason, option))
    this.#end()
  }

  /** Ends the connection in order. */
  release(): void {
    if (!this.#isOpen) return
    this.#write(writeRelease(this.#writer))
    this.#end()
  }

  #write(datagram: Uint8Array): void {
    this.stream.write(toFrame(datagram))
  }

  #end(): void {
    this.stream.end()
    this.#closed()
  }

  #closed(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#timer?.cancel()
    this.owner.counters.unreachable += this.#held.length
    this.#held = []
    this.owner.closed(this)
  }

  #receive(bytes: Uint8Array): void {
    if (!this.#isOpen) return
    this.#quiet = false
    this.#reader.push(bytes)
    try {
      for (let datagram = this.#reader.next(); datagram; datagram = this.#reader.next()) {
        this.#take(datagram)
        if (!this.#isOpen) return
      }
    } catch (error) {
      if (error instanceof FramingError) this.abort(error.message)
      else if (error instanceof BadSignalingOption) this.abort(error.message, error.option)
      else throw error
    }
  }

  #take(datagram: Uint8Array): void {
    const { counters } = this.owner
    counters.received++
    // RFC 8323 §3.4: an empty message says nothing, not even with a token
    if (datagram[1] === 0) return
    if (this.#view.read(datagram) !== undefined) {
      // §3.4 leaves a format error to Abort: whoever makes one may have lost count of its bytes
      this.abort('a message format error')
      return
    }
    if (codeClass(this.#view.code) === 7) this.#takeSignal()
    else if (!this.capabilities) this.abort('a message before the settings')
    else {
      this.#messageId = (this.#messageId + 1) & 0xffff
      datagram[messageIdAt] = this.#messageId >> 8
      datagram[messageIdAt + 1] = this.#messageId
      this.owner.deliver(datagram, this)
    }
  }

  #takeSignal(): void {
    const view = this.#view
    const { code } = view
    if (code === Signal.Csm) {
      const first = this.capabilities === undefined
      this.capabilities = readCapabilities(view, this.capabilities ?? baseCapabilities)
      if (first) this.#settled()
      return
    }
    if (!this.capabilities) return this.abort('a message before the settings')
    checkSignalingOptions(view)
    const token = view.slice(view.tokenStart, view.tokenEnd)
    if (code === Signal.Ping) this.send(writePing(this.#writer, Signal.Pong, token))
    else if (code === Signal.Pong) {
      this.#takePong(token)
    } else if (code === Signal.Release) this.released = true
    else if (code === Signal.Abort) {
      this.owner.counters.abortsReceived++
      this.#end()
    }
  }

  /** A pong repeats the token of its ping; one without, as some stacks send, answers the oldest. */
  #takePong(token: Uint8Array): void {
    const named = token.length === 2 ? this.#pings.indexOf((token[0] << 8) | token[1]) : 0
    const [messageId] = named < 0 ? [] : this.#pings.splice(named, 1)
    if (messageId !== undefined) this.owner.answeredPing(messageId, this)
  }

  #settled(): void {
    const held = this.#held
    this.#held = []
    for (const datagram of held) this.send(datagram)
    this.#timer?.cancel()
    this.#watch()
  }

  /**
   * A quiet connection is asked for a sign of life; one that gives none is over: its network may have forgotten it. One that the peer has
   * released is ended: it waits for that (RFC 8323 §5.5).
   */
  #watch(): void {
    const { clock, limits } = this.owner
    if (!this.#isOpen) return
    this.#quiet = true
    this.#timer = clock.after(limits.idleMs, () => {
      if (!this.#quiet) return this.#watch()
      if (this.released) return this.#end()
      this.#write(writePing(this.#writer, Signal.Ping, new Uint8Array(0)))
      this.#timer = clock.after(limits.pongTimeoutMs, () => {
        if (!this.#quiet) return this.#watch()
        this.owner.counters.deadPeers++
        this.stream.destroy()
        this.#closed()
      })
    })
  }
}

/** What of a datagram decides how it travels. */
export function kindOf(datagram: Uint8Array): 'message' | 'ping' | 'nothing' {
  const type = (datagram[0] >> 4) & 3
  if (datagram[1] !== 0) return 'message'
  return type === Type.Confirmable ? 'ping' : 'nothing'
}
