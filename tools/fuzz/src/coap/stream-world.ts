import { Code, ManualClock, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, createStreamTransport, noBytes } from '@fieldline/coap'
import type { ByteStream, CoapEndpoint, StreamEvents, StreamNetwork } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import type { Peer } from '@fieldline/coap'
import { bigEndian, join } from '../bytes.js'
import { BrokenPromise } from '../target.js'
import { StepKind } from './script.js'
import type { Step } from '../steps.js'

const connections = 4
const waits = [1, 1_000, 31_000, 100_000, 1_000_000]
const narrow = { maxConnections: 3, maxMessageSize: 300, maxHeld: 2, maxBuffered: 500 }
const patienceMs = 4_000_000
const turns = 12
const long = new Uint8Array(1_500).fill(7)
const settings = Uint8Array.of(0x00, 0xe1)

/** One connection whose other end is the script. */
class ScriptStream implements ByteStream {
  /** What was written last, and the whole of it. */
  last: Uint8Array = noBytes
  written = 0
  isOpen = true
  #events: StreamEvents | undefined

  constructor(
    readonly peer: Peer,
    private readonly isSlow: boolean,
  ) {}

  /** A slow peer reads nothing. */
  get buffered(): number {
    return this.isSlow ? this.written : 0
  }

  write(bytes: Uint8Array): void {
    if (!this.isOpen) return
    this.last = bytes.slice()
    this.written += bytes.length
  }

  end(): void {
    this.close()
  }

  destroy(): void {
    this.close()
  }

  listen(events: StreamEvents): void {
    this.#events = events
  }

  push(bytes: Uint8Array): void {
    if (this.isOpen) this.#events?.data(bytes)
  }

  close(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#events?.closed()
  }
}

/** The stream message of a datagram: without type and Message ID, its length in front. Bytes that are no message come as they are. */
function frameOf(datagram: Uint8Array, token?: Uint8Array): Uint8Array {
  const own = datagram[0] & 15
  if (datagram.length < 4 || own > 8) return datagram
  const used = token ?? datagram.subarray(4, 4 + own)
  const rest = datagram.subarray(4 + own)
  const { length } = rest
  const head =
    length < 13
      ? Uint8Array.of((length << 4) | used.length)
      : length < 269
        ? Uint8Array.of(0xd0 | used.length, length - 13)
        : join(0xe0 | used.length, bigEndian(length - 269, 2))
  return join(head, datagram[1], used, rest)
}

/** The token of the last frame, if it is short enough to have one at a place that is easy to find. */
function tokenOf(frame: Uint8Array): Uint8Array | undefined {
  const nibble = frame[0] & 15
  const extension = [0, 1, 2, 4][Math.max(0, (frame[0] >> 4) - 12)]
  return frame.length > 2 && nibble <= 8 ? frame.subarray(2 + extension, 2 + extension + nibble) : undefined
}

class StreamWorld implements StreamNetwork {
  readonly name = 'tcp'
  readonly address = '127.0.0.1'
  readonly port = 5683
  readonly failedConnections = 0
  readonly #clock = new ManualClock()
  readonly #endpoint: CoapEndpoint
  readonly #streams: ScriptStream[] = []
  #accept: (stream: ByteStream) => void = () => {}
  #open = 0

  constructor(private readonly flags: number) {
    const clock = this.#clock
    const limits = flags & 1 ? narrow : {}
    const transport = createStreamTransport({ network: this, clock, connects: (flags & 2) !== 0, limits })
    this.#endpoint = createCoapEndpoint({ transport, clock, random: seededRandom(flags + 1) })
    this.#endpoint.serve(({ uriPath }) => ({
      code: Code.Content,
      payload: uriPath[0] === 'long' ? long : noBytes,
    }))
    this.#endpoint.onNotification(() => 'ack')
  }

  accept(handler: (stream: ByteStream) => void): void {
    this.#accept = handler
  }

  connect(peer: Peer): Promise<ByteStream> {
    if (this.flags & 4) return Promise.reject(new Error('nobody listens'))
    const stream = new ScriptStream(peer, (this.flags & 8) !== 0)
    this.#streams.push(stream)
    return Promise.resolve(stream)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #peer(n: number): Peer {
    return peerOf('10.0.0.1', 40_000 + n)
  }

  #come(peer: Peer): ScriptStream {
    const stream = new ScriptStream(peer, (this.flags & 8) !== 0)
    this.#streams.push(stream)
    this.#accept(stream)
    return stream
  }

  /** The newest connection of a peer that is still open, or a new one; mostly with the settings that come first. */
  #stream(n: number): ScriptStream {
    const found = this.#streams.findLast(({ isOpen, peer }) => isOpen && peer.id === this.#peer(n).id)
    if (found) return found
    const stream = this.#come(this.#peer(n))
    if (!(this.flags & 16)) stream.push(settings)
    return stream
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const { kind, argument, bytes } of steps) {
      const n = argument % connections
      switch (kind) {
        case StepKind.Datagram:
          this.#stream(n).push(frameOf(bytes))
          break
        case StepKind.Answer: {
          const stream = this.#stream(n)
          stream.push(frameOf(bytes, tokenOf(stream.last)))
          break
        }
        case StepKind.Later:
          // in pieces, as streams arrive
          for (let at = 0; at < bytes.length; at += 1 + argument) this.#stream(n).push(bytes.slice(at, at + 1 + argument))
          break
        case StepKind.Wait:
          this.#clock.advance(waits[argument % waits.length])
          break
        case StepKind.Ask:
          this.#ask(n, argument >> 3)
          break
        case StepKind.Tell:
          this.#stream(n).close()
          break
        default:
          this.#stream(n).push(this.#stream(n).last.slice())
      }
      await this.#settle()
    } // prettier-ignore
    await this.#end()
  }

  #ask(n: number, way: number): void {
    const get = { code: Code.Get as Code, uriPath: ['3', '0'], uriQuery: [], payload: noBytes }
    this.#open++
    const asked =
      way % 3 === 0
        ? this.#endpoint.ping(this.#peer(n))
        : this.#endpoint.request(
            this.#peer(n),
            way % 3 === 1 ? get : { ...get, code: Code.Put, payload: long },
          )
    asked.then(
      () => this.#open--,
      () => this.#open--,
    )
  }

  async #settle(): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
    this.#clock.advance(1)
    for (let turn = 0; turn < turns; turn++) await Promise.resolve()
  }

  /** Whatever a script did: what was asked ends, and a device that connects now is answered. */
  async #end(): Promise<void> {
    for (let waited = 0; this.#open > 0 && waited < patienceMs; waited += 50_000) {
      this.#clock.advance(50_000)
      await this.#settle()
    }
    if (this.#open > 0) throw new BrokenPromise(`${this.#open} requests over streams without end`)
    for (const stream of this.#streams) stream.close()
    await this.#settle()
    const honest = this.#come(this.#peer(100))
    honest.push(settings)
    honest.push(Uint8Array.of(0x41, 0x01, 0x5a, 0xb3, 0x6e, 0x6f, 0x77))
    await this.#settle()
    if (!(this.flags & 8) && !(honest.last[1] === Code.Content && honest.last[2] === 0x5a))
      throw new BrokenPromise('an honest device is not answered over a stream any more')
    await this.#endpoint.close()
  }
}

/** Plays a script with an endpoint over streams; `flags` choose its bounds and the other end's habits. */
export function playWithStreams(flags: number, steps: readonly Step[]): Promise<void> {
  return new StreamWorld(flags).play(steps)
}
