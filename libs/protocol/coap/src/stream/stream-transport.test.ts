import { ManualClock, fromHex, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, decodeMessage, encodeMessage, noBytes } from '../message.js'
import type { Peer } from '../message.js'
import type { ByteStream } from './byte-stream.js'
import { toFrame } from './framing.js'
import { createMemoryStreams } from './memory-streams.test-support.js'
import { createStreamTransport } from './stream-transport.js'
import type { StreamLimits } from './stream-transport.js'

const settings = '30e1220480'

/** A transport and a peer played byte by byte, which has opened a connection to it. */
async function begin(limits: Partial<StreamLimits> = {}) {
  const clock = new ManualClock()
  const streams = createMemoryStreams(clock)
  const transport = createStreamTransport({ network: streams.open(5683), clock, connects: false, limits })
  const delivered: { code: number; payload: string; peer: Peer }[] = []
  const gone: string[] = []
  transport.listen(
    (datagram, peer) => {
      const { type, code, payload } = decodeMessage(datagram)
      if (type === Type.Confirmable)
        delivered.push({ code, payload: new TextDecoder().decode(payload), peer })
      else delivered.push({ code: -type, payload: '', peer })
    },
    (peer) => gone.push(peer.id),
  )
  const stream: ByteStream = await streams.open().connect(streams.peerAt(5683))
  let heard = ''
  let closed = false
  stream.listen({ data: (bytes) => (heard += toHex(bytes)), closed: () => (closed = true) })
  const pass = (ms = 10): void => clock.advance(ms)
  return {
    transport,
    delivered,
    gone,
    pass,
    say(hex: string) {
      stream.write(fromHex(hex))
      pass()
    },
    /** What it has said since the last call, as hex. */
    heard() {
      const said = heard
      heard = ''
      return said
    },
    isClosed: () => closed,
  }
}

const request = (payload = ''): string =>
  toHex(
    toFrame(
      encodeMessage({
        type: Type.Confirmable,
        code: 1,
        messageId: 0,
        token: Uint8Array.of(9),
        options: [],
        payload: new TextEncoder().encode(payload),
      }),
    ),
  )

describe('a connection', () => {
  it('begins with our settings: size, blocks, extended tokens', async () => {
    const bench = await begin({ maxMessageSize: 1152, maxTokenBytes: 64 })
    bench.pass()
    // Max-Message-Size 1152, Block-Wise-Transfer, Extended-Token-Length 64
    expect(bench.heard()).toBe('60e1' + '220480' + '20' + '2140')
  })

  it('carries messages after the settings of the peer, and is ended by one before them', async () => {
    const bench = await begin()
    bench.say(settings + request('a') + request('b'))
    expect(bench.delivered).toMatchObject([
      { code: 1, payload: 'a' },
      { code: 1, payload: 'b' },
    ])
    const hasty = await begin()
    hasty.say(request('a'))
    expect(hasty.delivered).toEqual([])
    expect(hasty.heard()).toContain('e5ff' + toHex(new TextEncoder().encode('a message before the settings')))
    expect(hasty.isClosed()).toBe(true)
    expect(hasty.transport.streamCounters.aborts).toBe(1)
  })

  it('answers a ping with its token, and passes over an empty message', async () => {
    const bench = await begin()
    bench.say(settings)
    bench.heard()
    bench.say('0000' + '02e2abcd')
    expect(bench.heard()).toBe('02e3abcd')
    expect(bench.isClosed()).toBe(false)
  })

  it.each([
    ['a critical option in the settings, which it names', '20e1' + '3101', '7.05 with option 2 = 3'],
    ['a critical option in a ping', settings + '10e2' + '10', ''],
    ['a message longer than announced', settings + 'f0ffffffff01', ''],
    ['the reserved token length', settings + '0f01', ''],
    ['a payload marker without payload', settings + '1001ff', ''],
  ])('is aborted for %s', async (_what, bytes, detail) => {
    const bench = await begin()
    bench.pass()
    bench.heard()
    bench.say(bytes)
    const said = bench.heard()
    expect(said).toContain('e5')
    if (detail) expect(said).toContain('e5' + '2103')
    expect(bench.isClosed()).toBe(true)
    expect(bench.gone).toHaveLength(1)
  })

  it('ends when the peer aborts, and says nothing more', async () => {
    const bench = await begin()
    bench.say(settings)
    bench.heard()
    bench.say('00e5')
    expect(bench.heard()).toBe('')
    expect(bench.isClosed()).toBe(true)
    expect(bench.transport.streamCounters.abortsReceived).toBe(1)
  })

  it('ends without settings in time, and after a ping without an answer', async () => {
    const silent = await begin({ settingsTimeoutMs: 1_000 })
    silent.pass(1_010)
    silent.pass()
    expect(silent.isClosed()).toBe(true)
    const quiet = await begin({ idleMs: 60_000, pongTimeoutMs: 5_000 })
    quiet.say(settings)
    quiet.heard()
    quiet.pass(60_000)
    quiet.pass()
    expect(quiet.heard()).toBe('00e2')
    quiet.say('00e3')
    quiet.pass(64_000)
    expect(quiet.isClosed()).toBe(false)
    quiet.pass(66_000)
    expect(quiet.isClosed()).toBe(true)
    expect(quiet.transport.streamCounters.deadPeers).toBe(1)
  })

  it('is ended once it is quiet after a Release: the peer waits for that', async () => {
    const bench = await begin({ idleMs: 60_000 })
    bench.say(settings + '00e4')
    bench.heard()
    bench.pass(59_000)
    expect(bench.isClosed()).toBe(false)
    bench.pass(1_000)
    bench.pass()
    expect(bench.isClosed()).toBe(true)
    expect(bench.heard()).toBe('')
  })

  it('counts what finds no room while it is waited for', async () => {
    const bench = await begin({ maxHeld: 1 })
    bench.pass()
    const peer: Peer = { id: 'memory:40000', address: 'memory', port: 40_000 }
    const datagram = encodeMessage({
      type: Type.NonConfirmable,
      code: 1,
      messageId: 5,
      token: noBytes,
      options: [],
      payload: noBytes,
    })
    for (const _ of [1, 2, 3]) bench.transport.send(datagram, peer)
    expect(bench.transport.streamCounters.unreachable).toBe(2)
    // what is held goes with the connection, which never said what it takes
    bench.pass(120_000)
    expect(bench.isClosed()).toBe(true)
    expect(bench.transport.streamCounters.unreachable).toBe(3)
  })

  it('carries nothing to a peer that takes no message so long, and nothing to one without a connection', async () => {
    const bench = await begin()
    bench.say('20e1' + '2120') // Max-Message-Size 32
    bench.heard()
    const peer = (bench.say(request('a')), bench.delivered[0].peer)
    const datagram = (bytes: number): Uint8Array =>
      encodeMessage({
        type: Type.Confirmable,
        code: 0x45,
        messageId: 5,
        token: noBytes,
        options: [],
        payload: new Uint8Array(bytes),
      })
    bench.transport.send(datagram(40), peer)
    bench.pass()
    expect(bench.heard()).toBe('')
    expect(bench.transport.streamCounters.tooLarge).toBe(1)
    bench.transport.send(datagram(4), peer)
    bench.pass()
    expect(bench.heard()).toBe('5045ff00000000')
    bench.transport.send(datagram(4), { ...peer, id: 'memory:9', port: 9 })
    bench.pass()
    expect(bench.transport.streamCounters.unreachable).toBe(1)
    expect(bench.gone).toEqual(['memory:9'])
  })

  it('is refused when too many are open', async () => {
    const bench = await begin({ maxConnections: 0 })
    bench.pass()
    expect(bench.isClosed()).toBe(true)
    expect(bench.transport.streamCounters.refused).toBe(1)
  })
})
