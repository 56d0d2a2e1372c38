import { Code, ManualClock, fromHex, seededRandom, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { createCoapEndpoint } from '../endpoint.js'
import { noBytes } from '../message.js'
import type { CoapResponse, Peer } from '../message.js'
import { profiles } from '../profile.js'
import type { ByteStream, StreamEvents } from './byte-stream.js'
import { createStreamTransport } from './stream-transport.js'

const peer: Peer = { id: '192.0.2.7:5683', address: '192.0.2.7', port: 5683 }
const settings = '30e1220480'
const release = '00e4'
const get = { code: Code.Get, uriPath: ['a'], uriQuery: [], payload: noBytes }
const content: CoapResponse = { code: Code.Content, payload: noBytes }

/** One connection whose other end is the test. */
class Played implements ByteStream {
  readonly peer = peer
  buffered = 0
  /** What it was given to carry and the test has not taken yet, as hex. */
  heard = ''
  /** How it was ended by our side. */
  ended: 'end' | 'destroy' | undefined
  #events: StreamEvents | undefined

  listen(events: StreamEvents): void {
    this.#events = events
  }

  write(bytes: Uint8Array): void {
    this.heard += toHex(bytes)
  }

  end(): void {
    this.ended = 'end'
  }

  destroy(): void {
    this.ended = 'destroy'
  }

  say(hex: string): void {
    this.#events?.data(fromHex(hex))
  }

  /** The peer closes it. */
  close(): void {
    this.#events?.closed()
  }

  /** The token of the request heard last. */
  token(): string {
    return this.heard.slice(-20, -4)
  }
}

/** An endpoint whose connections, opened by either side, are in `streams`. */
function begin() {
  const clock = new ManualClock()
  const streams: Played[] = []
  const opened = (): Played => streams[streams.push(new Played()) - 1]
  let accept: (stream: ByteStream) => void = () => undefined
  const transport = createStreamTransport({
    clock,
    network: {
      name: 'memory',
      address: '192.0.2.1',
      port: 5683,
      failedConnections: 0,
      accept: (handler) => (accept = handler),
      connect: () => Promise.resolve(opened()),
      close: () => Promise.resolve(),
    },
  })
  const endpoint = createCoapEndpoint({
    transport,
    clock,
    random: seededRandom(1),
    profile: profiles.stream,
  })
  return {
    clock,
    streams,
    transport,
    endpoint,
    /** The peer opens a connection and says its settings. */
    accepts(): Played {
      const stream = opened()
      accept(stream)
      stream.say(settings)
      stream.heard = ''
      return stream
    },
    async settle() {
      for (let i = 0; i < 20; i++) await Promise.resolve()
      clock.advance(1)
      for (let i = 0; i < 20; i++) await Promise.resolve()
    },
  }
}

describe('connections with one peer after another', () => {
  it('have messages of their own: the first of a new connection repeats none of the old one', async () => {
    const { streams, endpoint, settle } = begin()
    for (const round of [0, 1]) {
      const response = endpoint.request(peer, get)
      await settle()
      streams[round].say(settings)
      await settle()
      streams[round].say(`0845${streams[round].token()}`)
      expect(await response).toMatchObject({ code: Code.Content })
      streams[round].close()
    }
    expect(endpoint.counters.duplicates).toBe(0)
  })

  it('are two when the first is released: its answers leave on it, requests on the next', async () => {
    const { streams, endpoint, accepts, settle } = begin()
    let answer: (response: CoapResponse) => void = () => undefined
    endpoint.serve(() => new Promise<CoapResponse>((resolve) => (answer = resolve)))
    const first = accepts()
    first.say('010109' + release)
    answer(content)
    await settle()
    expect(first.heard).toBe('014509')
    const response = endpoint.request(peer, get)
    await settle()
    expect(streams).toHaveLength(2)
    streams[1].say(settings)
    await settle()
    // The end of the first is not that of the second.
    first.close()
    streams[1].say(`0845${streams[1].token()}`)
    expect(await response).toMatchObject({ code: Code.Content })
  })
})

describe('a connection that the peer does not read', () => {
  it('is ended at once, also when all it is sent are pongs', () => {
    const { transport, accepts } = begin()
    const stream = accepts()
    stream.buffered = 256 * 1024
    stream.say('00e2')
    expect(stream.heard).toBe('')
    expect(stream.ended).toBe('destroy')
    expect(transport.streamCounters.slowPeers).toBe(1)
  })
})
