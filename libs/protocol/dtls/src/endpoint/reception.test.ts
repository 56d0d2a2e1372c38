import { describe, expect, it } from 'vitest'
import { forged, goodHello, inFragments, inside, plainMessages } from '../forge.test-support.js'
import { writeClientHello } from '../handshake/hello.js'
import type { ClientHello } from '../handshake/hello.js'
import { wholeMessage, writeFragment } from '../handshake/message.js'
import { Pair, ascii, peerAt } from '../pair.test-support.js'
import { plainRecord } from '../record/record.js'
import { ContentType, HandshakeType, concat } from '../wire.js'

const somewhere = peerAt('203.0.113.9', 7_000)
/** Longer than what its cookie stands in. */
const longHello: ClientHello = { ...goodHello, extensions: new Map([[21, new Uint8Array(300)]]) }
const lengthOf = (datagrams: readonly Uint8Array[]): number =>
  datagrams.reduce((sum, { length }) => sum + length, 0)

/** A server and somebody who greets it in fragments. */
class Greeting {
  readonly pair = new Pair()
  #taken = 0

  /** What the server answers to these datagrams. */
  say(...datagrams: Uint8Array[]): Uint8Array[] {
    for (const one of datagrams) this.pair.server.receive(one, somewhere)
    const answers = this.pair.sent.slice(this.#taken).map(({ bytes }) => bytes)
    this.#taken = this.pair.sent.length
    return answers
  }

  /** The fragments of the second hello, after the first was answered. */
  second(
    hello = longHello,
    first = inFragments(HandshakeType.ClientHello, 0, writeClientHello(hello), 100),
  ): Uint8Array[] {
    const cookie = plainMessages(this.say(...first)[0])[0].body.slice(3)
    return inFragments(HandshakeType.ClientHello, 1, writeClientHello({ ...hello, cookie }), 100, 10)
  }
}

describe('a ClientHello in fragments', () => {
  it('is answered by its first one alone, with less than that, and nothing is remembered', () => {
    const greeting = new Greeting()
    const fragments = inFragments(HandshakeType.ClientHello, 0, writeClientHello(longHello), 100)
    expect(fragments.length).toBeGreaterThan(3)
    const [request, ...others] = greeting.say(fragments[0])
    expect(others).toEqual([])
    expect(plainMessages(request)).toMatchObject([{ type: HandshakeType.HelloVerifyRequest, sequence: 0 }])
    expect(request.length).toBeLessThan(fragments[0].length)
    expect(greeting.say(...fragments.slice(1))).toEqual([])
    expect(greeting.pair.server).toMatchObject({ handshakeCount: 0 })
    expect(greeting.pair.server.counters.unreadableHellos).toBe(fragments.length - 1)
  })

  it('whose shortest first fragment that has a cookie is answered with less', () => {
    const greeting = new Greeting()
    const body = writeClientHello(longHello)
    const short = (end: number): Uint8Array[] =>
      greeting.say(
        plainRecord(ContentType.Handshake, 0, writeFragment(HandshakeType.ClientHello, 0, body, 0, end)),
      )
    expect(short(35)).toEqual([])
    expect(lengthOf(short(36))).toBeLessThan(13 + 12 + 36)
  })

  it('with the cookie is put together, in order or with the first fragment first, and answered', () => {
    const greeting = new Greeting()
    const [first, ...later] = greeting.second()
    expect(greeting.say(first)).toEqual([])
    expect(greeting.pair.server.handshakeCount).toBe(1)
    const [answer] = greeting.say(...later.reverse())
    expect(plainMessages(answer)[0]).toMatchObject({ type: HandshakeType.ServerHello, sequence: 1 })
  })

  it('with the cookie of a hello that came whole is put together as well', () => {
    const greeting = new Greeting()
    const whole = forged(HandshakeType.ClientHello, 0, writeClientHello(longHello), 0)
    const [answer] = greeting.say(...greeting.second(longHello, [whole]))
    expect(plainMessages(answer)[0]).toMatchObject({ type: HandshakeType.ServerHello })
  })

  it('that goes on otherwise than its first time is not believed; the true rest is', () => {
    const greeting = new Greeting()
    const whole = forged(HandshakeType.ClientHello, 0, writeClientHello(longHello), 0)
    const [first, ...later] = greeting.second(longHello, [whole])
    const altered = later.map((bytes) => bytes.slice())
    altered[1][altered[1].length - 1] ^= 1
    expect(greeting.say(first, ...altered)).toEqual([])
    expect(greeting.pair.server.counters.discarded).toBe(1)
    const [answer] = greeting.say(first, ...later)
    expect(plainMessages(answer)[0]).toMatchObject({ type: HandshakeType.ServerHello })
  })

  it('repeats its first fragment if the others came before it, for nothing is kept of strangers', () => {
    const greeting = new Greeting()
    const [first, ...later] = greeting.second()
    expect(greeting.say(...later, first)).toEqual([])
    const [answer] = greeting.say(first, ...later)
    expect(plainMessages(answer)[0]).toMatchObject({ type: HandshakeType.ServerHello })
  })

  it('that never becomes whole is given up in silence', () => {
    const greeting = new Greeting()
    const [first] = greeting.second()
    greeting.say(first)
    greeting.pair.clock.advance(400_000)
    expect(greeting.say()).toEqual([])
    expect(greeting.pair.server.handshakeCount).toBe(0)
    expect(greeting.pair.server.counters.retransmissions).toBe(0)
    expect(greeting.pair.notices.of('handshake-error')).toMatchObject([{ failure: 'peer-silent' }])
  })

  it('gives way to a newer one of its client, under another message number', () => {
    const greeting = new Greeting()
    const [first] = greeting.second()
    greeting.say(first)
    const cookie = plainMessages(first)[0].body.slice(36, 61)
    const body = writeClientHello({ ...longHello, cookie })
    const [answer] = greeting.say(...inFragments(HandshakeType.ClientHello, 2, body, 100, 20))
    expect(plainMessages(answer)[0]).toMatchObject({ type: HandshakeType.ServerHello, sequence: 2 })
  })

  it('that is too long, or numbered near the end of numbers, is not answered', () => {
    const greeting = new Greeting()
    const long = { ...goodHello, extensions: new Map([[21, new Uint8Array(2_048)]]) }
    expect(greeting.say(forged(HandshakeType.ClientHello, 0, writeClientHello(long)))).toEqual([])
    expect(greeting.say(forged(HandshakeType.ClientHello, 0xffff, writeClientHello(goodHello)))).toEqual([])
    expect(greeting.pair.server.counters.unreadableHellos).toBe(2)
  })
})

describe('a whole handshake', () => {
  it('begins with hellos in fragments, several of them in one record', async () => {
    const pair = new Pair()
    pair.road = (bytes, way) => {
      const [message] = plainMessages(bytes)
      if (way !== 'up' || message?.type !== HandshakeType.ClientHello) return [{ bytes, afterMs: 0 }]
      const { body, sequence } = message
      const half = body.length - 20
      const both = concat(
        writeFragment(HandshakeType.ClientHello, sequence, body, 0, half),
        writeFragment(HandshakeType.ClientHello, sequence, body, half, body.length),
      )
      expect(both.length).toBeGreaterThan(wholeMessage(HandshakeType.ClientHello, sequence, body).length)
      return [{ bytes: plainRecord(ContentType.Handshake, sequence, both), afterMs: 0 }]
    }
    const { client, session } = await pair.open({ serverName: 'meters.example' })
    client.send(ascii('hello'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['hello'])
    expect(inside(session).isOpen).toBe(true)
  })
})
