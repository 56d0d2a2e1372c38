import { fromHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, goodHello, greet, inFragments, plainMessages } from './forge.test-support.js'
import { writeClientHello } from './handshake/hello.js'
import { Pair, ascii, peerAt } from './pair.test-support.js'
import { HandshakeType, noBytes } from './wire.js'

const somewhere = peerAt('203.0.113.9', 7_000)
const failures = (pair: Pair): string[] => pair.notices.of('handshake-error').map(({ failure }) => failure)

describe('what strangers can cost us', () => {
  it('nothing is remembered before the cookie has come back, and the answer is shorter than the question', () => {
    const pair = new Pair()
    const question = forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello))
    for (let port = 1; port <= 500; port++) pair.server.receive(question, peerAt('203.0.113.1', port))
    expect(pair.server.handshakeCount).toBe(0)
    expect(pair.sent.every(({ bytes }) => bytes.length <= question.length)).toBe(true)
  })

  it('of the records in a datagram nothing is tried after a forged one', async () => {
    const pair = new Pair()
    const { peer, client } = await pair.open()
    const record = fromHex(`17fefd00010000000000ff0000`)
    pair.server.receive(Buffer.concat(Array.from({ length: 5_000 }, () => record)), peer)
    expect(pair.server.counters.forged).toBe(1)
    client.send(ascii('unmoved'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['unmoved'])
  })

  it('a cookie is good for its address and hello only, and not for long', () => {
    const pair = new Pair({ limits: { cookiePeriodMs: 60_000 } })
    pair.server.receive(forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello)), somewhere)
    const cookie = plainMessages(pair.sent[0].bytes)[0].body.slice(3)
    const second = (changes: object, from = somewhere): number => {
      pair.server.receive(
        forged(HandshakeType.ClientHello, 1, writeClientHello({ ...goodHello, cookie, ...changes })),
        from,
      )
      return pair.server.counters.handshakesStarted
    }
    expect(second({}, peerAt('203.0.113.9', 7_001))).toBe(0)
    expect(second({ suites: [0xc0a8, 0x00ae] })).toBe(0)
    expect(second({ random: new Uint8Array(32) })).toBe(0)
    expect(second({ cookie: cookie.map((byte) => byte ^ 1) })).toBe(0)
    pair.clock.advance(130_000)
    expect(second({})).toBe(0)
    pair.clock.advance(-130_000)
  })

  it('a cookie serves on while the next secret is in use', () => {
    const pair = new Pair({ limits: { cookiePeriodMs: 60_000 } })
    pair.server.receive(forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello)), somewhere)
    const cookie = plainMessages(pair.sent[0].bytes)[0].body.slice(3)
    pair.clock.advance(61_000)
    pair.server.receive(
      forged(HandshakeType.ClientHello, 1, writeClientHello({ ...goodHello, cookie })),
      somewhere,
    )
    expect(pair.server.counters.handshakesStarted).toBe(1)
  })

  it('a cookie lets nobody begin more handshakes than the limit of its source', () => {
    const pair = new Pair({ limits: { hellosPerSecond: 1, helloBurst: 3 } })
    greet(pair, peerAt('203.0.113.9', 1), goodHello)
    greet(pair, peerAt('203.0.113.9', 2), goodHello)
    expect(pair.server.counters).toMatchObject({ cookiesSent: 2, handshakesStarted: 1, rateLimited: 1 })
  })

  it('one source gets so many answers a second, and others are not hindered', () => {
    const pair = new Pair({ limits: { hellosPerSecond: 10, helloBurst: 20 } })
    const hello = forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello))
    for (let i = 0; i < 100; i++) pair.server.receive(hello, somewhere)
    expect(pair.sent.length).toBe(20)
    pair.clock.advance(1_000)
    for (let i = 0; i < 100; i++) pair.server.receive(hello, somewhere)
    expect(pair.sent.length).toBe(30)
    pair.server.receive(hello, peerAt('203.0.113.10'))
    expect(pair.sent.length).toBe(31)
    expect(pair.server.counters.rateLimited).toBe(170)
  })

  it('half-open handshakes are bounded: the oldest gives way', () => {
    const pair = new Pair({ limits: { handshakes: 5 } })
    for (let port = 1; port <= 8; port++) greet(pair, peerAt('203.0.113.1', port), goodHello)
    expect(pair.server.handshakeCount).toBe(5)
    expect(failures(pair)).toEqual(['overload', 'overload', 'overload'])
  })

  it('sessions are bounded: the one longest unheard of gives way', async () => {
    const pair = new Pair({ limits: { sessions: 3 } })
    const first = await pair.open()
    await pair.open()
    await pair.open()
    first.client.send(ascii('I am alive'))
    await pair.settle()
    await pair.open()
    expect(pair.server.sessionCount).toBe(3)
    expect(first.session.isOpen).toBe(true)
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'evicted' }])
  })

  it('a new session is not the one that gives way, even where all the others have spoken since', async () => {
    const pair = new Pair({ limits: { sessions: 2 } })
    const first = await pair.open()
    const second = await pair.open()
    for (const { client } of [first, second]) client.send(ascii('I am alive'))
    await pair.settle()
    const third = await pair.open()
    expect(third.session.isOpen).toBe(true)
    expect(pair.notices.of('closed')).toMatchObject([
      { reason: 'evicted', session: { id: first.session.id } },
    ])
  })

  it('a repeated flight of the peer makes us repeat ours at most twice a second', () => {
    const pair = new Pair()
    greet(pair, somewhere, goodHello)
    const sent = pair.sent.length
    const stale = forged(HandshakeType.ClientHello, 0, new Uint8Array(40))
    for (let i = 0; i < 100; i++) pair.server.receive(stale, somewhere)
    pair.clock.advance(600)
    for (let i = 0; i < 100; i++)
      pair.server.receive(forged(HandshakeType.Certificate, 0, noBytes), somewhere)
    expect(pair.sent.length - sent).toBe(1)
  })
})

describe('time', () => {
  it('for a hello that does not become whole is that of the network, too', () => {
    const pair = new Pair({ timers: { initialMs: 9_000, maxMs: 60_000, retransmissions: 0 } })
    pair.server.receive(forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello)), somewhere)
    const cookie = plainMessages(pair.sent[0].bytes)[0].body.slice(3)
    const [first] = inFragments(HandshakeType.ClientHello, 1, writeClientHello({ ...goodHello, cookie }), 64)
    pair.server.receive(first, somewhere)
    pair.clock.advance(8_999)
    expect(pair.server.handshakeCount).toBe(1)
    pair.clock.advance(1)
    expect(pair.server.handshakeCount).toBe(0)
  })

  it('between two retransmissions doubles, up to a most', () => {
    const pair = new Pair({ timers: { initialMs: 1_000, maxMs: 3_000, retransmissions: 5 } })
    greet(pair, somewhere, goodHello)
    const times: number[] = []
    for (let second = 1, sent = pair.sent.length; second <= 12; second++) {
      pair.clock.advance(1_000)
      if (pair.sent.length > sent) times.push(second)
      sent = pair.sent.length
    }
    expect(times).toEqual([1, 3, 6, 9, 12])
  })

  it('a constrained network waits 9 s before the first retransmission (RFC 7925 §11), a wire 1 s', () => {
    for (const [initialMs, wait] of [
      [1_000, 1_000],
      [9_000, 9_000],
    ]) {
      const pair = new Pair({ timers: { initialMs, maxMs: 60_000, retransmissions: 3 } })
      greet(pair, somewhere, goodHello)
      const sent = pair.sent.length
      pair.clock.advance(wait - 1)
      expect(pair.sent.length).toBe(sent)
      pair.clock.advance(1)
      expect(pair.sent.length).toBe(sent + 1)
      pair.clock.advance(2 * wait)
      expect(pair.sent.length).toBe(sent + 2)
    }
  })
})
