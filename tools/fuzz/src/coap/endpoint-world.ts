import { Code, ManualClock, ProtocolError, seededRandom } from '@fieldline/bytes'
import {
  FreshnessRequired,
  NoAnswer,
  createCoapEndpoint,
  encodeMessage,
  noBytes,
  profiles,
} from '@fieldline/coap'
import type { CoapEndpoint, CoapLimits, CoapResponse, IncomingRequest } from '@fieldline/coap'
import { BrokenPromise } from '../target.js'
import type { behaviours } from './messages.js'
import { StepKind, peerCount } from './script.js'
import type { Step } from '../steps.js'
import { Wire, peerAt } from './wire.js'

/** Bounds that a script can reach. */
const narrow: Partial<CoapLimits> = {
  maxExchanges: 16,
  maxAnswerBytes: 200,
  maxPeers: 4,
  maxObservations: 4,
  maxQueue: 2,
  maxPending: 3,
  maxBody: 700,
  maxAssemblies: 2,
  maxAssembliesPerPeer: 1,
  maxAssemblyBytes: 400,
  maxRepresentationBytes: 400,
  blockSize: 64,
  maxTokenBytes: 20,
}
const wide: Partial<CoapLimits> = { maxQueue: 4, blockSize: 64 }

/** The longest that anything may be open: a full queue of requests, each to its last retransmission. */
const patienceMs = 4_000_000
const laterMs = 40
const separateMs = 3_000
const long = Uint8Array.from({ length: 300 }, (_, i) => i)
const text = new TextEncoder()

/** An endpoint with both roles, a handler that does as the path says, and somebody who asks and notifies as the script says. */
class EndpointWorld {
  readonly #clock = new ManualClock()
  readonly #wire = new Wire(this.#clock)
  readonly #endpoint: CoapEndpoint
  readonly #tokens: Uint8Array[] = []
  readonly #open = new Set<string>()
  #asked = 0

  constructor(flags: number) {
    const random = seededRandom(flags + 1)
    this.#endpoint = createCoapEndpoint({
      transport: this.#wire,
      clock: this.#clock,
      random,
      limits: flags & 1 ? narrow : wide,
      profile: flags & 2 ? profiles['nb-iot'] : profiles.wired,
      oneTokenPerBody: (flags & 64) !== 0,
      profileOf: (peer) => (flags & 4 && peer.port % 2 === 0 ? profiles['lte-m'] : undefined),
    })
    this.#endpoint.serve((request) => this.#answer(request), { conditional: (flags & 8) !== 0 })
    this.#endpoint.onNotification(
      ({ payload, token }) => {
        if (payload[0] === 1) throw new Error('not stored')
        if (payload[0] === 2) return 'reset'
        return token.length === 0 ? 'reset' : payload[0] === 3 ? this.#later('ack') : 'ack'
      },
      flags & 16 ? (token) => (token.length > 0 ? get(['long']) : undefined) : undefined,
      { stale: flags & 32 ? 'deliver' : 'discard' },
    )
    this.#endpoint.onObserverGone(() => {})
  }

  #later<T>(value: T, ms = laterMs): Promise<T> {
    return new Promise((resolve) => this.#clock.after(ms, () => resolve(value)))
  }

  #answer(request: IncomingRequest): CoapResponse | Promise<CoapResponse> {
    const content: CoapResponse = { code: Code.Content, payload: text.encode('15') }
    const ways: Record<(typeof behaviours)[number], () => CoapResponse | Promise<CoapResponse>> = {
      now: () => content,
      later: () => this.#later(content),
      separate: () => {
        request.acknowledge()
        return this.#later(content, separateMs)
      },
      long: () => ({ ...content, payload: long }),
      silent: () => {
        throw new NoAnswer()
      },
      refuse: () => {
        throw new ProtocolError(Code.BadRequest, 'not so')
      },
      fail: () => {
        throw new Error('a handler that fails')
      },
      fresh: () => {
        if (!request.isFresh(10_000)) throw new FreshnessRequired()
        return content
      },
      observe: () => {
        if (request.observe === 0) this.#tokens.push(request.token)
        return { ...content, observe: this.#asked, contentFormat: 0 }
      },
      location: () => ({
        code: Code.Created,
        locationPath: ['a', 'b'],
        locationQuery: ['c'],
        payload: noBytes,
      }),
      etag: () => ({ ...content, etag: Uint8Array.of(7), maxAge: 5, payload: long }),
    }
    const way = ways[request.uriPath[0] as keyof typeof ways] as (typeof ways)['now'] | undefined
    return way ? way() : { code: Code.NotFound, payload: noBytes }
  }

  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      const peer = peerAt(step.argument % peerCount)
      if (step.kind === StepKind.Ask) this.#ask(step.argument >> 3, step)
      else if (step.kind === StepKind.Tell) this.#tell(step.argument >> 3, step)
      else this.#wire.play(step, peer)
      await this.#wire.settle()
    }
    await this.#end()
  }

  /** Remembers that something is open until it has ended, one way or another. */
  #track(what: string, ended: Promise<unknown>): void {
    const name = `${what} ${this.#asked++}`
    this.#open.add(name)
    ended.then(
      () => this.#open.delete(name),
      () => this.#open.delete(name),
    )
  }

  #ask(way: number, { argument, bytes }: Step): void {
    const peer = peerAt(argument % peerCount)
    const token = this.#endpoint.newToken()
    const cancel = new AbortController()
    const ways = [
      () => this.#endpoint.request(peer, get(['3', '0'])),
      () => this.#endpoint.request(peer, { ...get(['3', '0']), observe: 0 }, { token }),
      () => this.#endpoint.request(peer, { ...get(['5', '0', '0']), code: Code.Put, payload: long }),
      () => this.#endpoint.request(peer, { ...get(['3', '0']), confirmable: false }, { responseTimeoutMs: 5_000 }),
      () => this.#endpoint.request(peer, { ...get(['3']), code: Code.Post, payload: bytes, contentFormat: 112, accept: 60 }),
      () => this.#endpoint.request(peer, { ...get(['3']), noResponse: 26, etags: [bytes.subarray(0, 8)], ifNoneMatch: true }),
      () => this.#endpoint.request(peer, { ...get(['3', '0']), confirmable: false, code: Code.Put, payload: long }),
      () => this.#endpoint.request(peer, get(['3', '0']), { token: Uint8Array.of(1, 2) }),
      () => this.#endpoint.request(peer, get(['3', '0']), { token: new Uint8Array(argument < 128 ? 20 : 70_000) }),
      () => this.#endpoint.request(peer, get(['3', '0']), { signal: AbortSignal.abort() }),
      () => this.#endpoint.request(peer, get(['x'.repeat(argument * 300)])),
      () => {
        this.#clock.after(500, () => cancel.abort())
        return this.#endpoint.request(peer, get(['3', '0']), { signal: cancel.signal })
      },
    ] // prettier-ignore
    this.#track('request', ways[way % ways.length]())
  }

  #tell(way: number, { argument, bytes }: Step): void {
    const peer = peerAt(argument % peerCount)
    const token = this.#tokens[argument % Math.max(1, this.#tokens.length)] ?? Uint8Array.of(5)
    const notification = { code: Code.Content, observe: this.#asked, token, payload: bytes }
    const ways = [
      () => this.#endpoint.ping(peer),
      () => this.#endpoint.notify(peer, notification),
      () => this.#endpoint.notify(peer, notification, { confirmable: false }),
      () => this.#endpoint.notify(peer, { ...notification, payload: long }),
    ]
    this.#track('notification', ways[way % ways.length]())
  }

  /** Whatever a script did: everything comes to an end, and the next honest request is answered. */
  async #end(): Promise<void> {
    for (let waited = 0; this.#open.size > 0 && waited < patienceMs; waited += 20_000) {
      this.#clock.advance(20_000)
      await this.#wire.settle()
    }
    if (this.#open.size > 0) throw new BrokenPromise(`without end: ${[...this.#open].join(', ')}`)
    this.#clock.advance(patienceMs)
    await this.#wire.settle()
    const token = Uint8Array.of(0xaa, 0xbb)
    const path = [{ number: 11, value: text.encode('now') }]
    const header = { type: 0, code: Code.Get, messageId: 4711 } as const
    const answer = await this.#wire.askHonestly(
      encodeMessage({ ...header, token, options: path, payload: noBytes }),
    )
    if (answer?.code !== Code.Content || answer.messageId !== 4711)
      throw new BrokenPromise('an honest request is not answered any more')
    await this.#endpoint.close()
  }
}

function get(uriPath: readonly string[]) {
  return { code: Code.Get as Code, uriPath, uriQuery: ['a=1'], payload: noBytes }
}

/** Plays a script with an endpoint; `flags` choose its bounds and habits. */
export function playWithEndpoint(flags: number, steps: readonly Step[]): Promise<void> {
  return new EndpointWorld(flags).play(steps)
}
