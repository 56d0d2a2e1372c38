import { createPublicKey } from 'node:crypto'
import { fromHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { signEcdsa } from './certificates/public-key.js'
import { defaultLimits } from './endpoint/limits.js'
import { forged, goodHello, greet, inside, plainMessages } from './forge.test-support.js'
import { writeClientHello } from './handshake/hello.js'
import { writeCertificateVerify } from './handshake/key-exchange.js'
import { SignatureCheck } from './handshake/signature-check.js'
import { Pair, credentialsOf, peerAt, pskKey } from './pair.test-support.js'
import { plainRecord } from './record/record.js'
import { AlertLevel, ContentType, HandshakeType } from './wire.js'

/** What others can do to a handshake that is not theirs. */
const fatal = plainRecord(ContentType.Alert, 9, Uint8Array.of(AlertLevel.Fatal, 40))

describe('a forged alert', () => {
  it('does not end a handshake whose peer is heard after it, though something is lost then', async () => {
    const pair = new Pair({ credentials: credentialsOf('server'), verifyPeer: () => true, mtu: 200 })
    let down = 0
    // HelloVerifyRequest and, later, ServerHello arrive; what follows that is lost
    pair.road = (bytes, way) =>
      way === 'down' && ++down > 2 ? [] : [{ bytes, afterMs: way === 'down' && down === 2 ? 100 : 0 }]
    const client = pair.connect({
      suites: [0xc0ae],
      credentials: credentialsOf('meter'),
      verifyPeer: () => true,
    })
    await pair.settle()
    client.client.receive(fatal)
    pair.clock.advance(100)
    await pair.settle()
    pair.road = (bytes) => [{ bytes, afterMs: 0 }]
    pair.clock.advance(1_000)
    await pair.settle()
    expect(client.notices.of('session')).toHaveLength(1)
  })
})

describe('wrong signatures', () => {
  const { privateKey } = credentialsOf('meter')
  const data = new Uint8Array(32)
  const wrong = signEcdsa({ privateKey }, new Uint8Array(31))
  const handshake = async (forgeries: number): Promise<Pair> => {
    const pair = new Pair({ credentials: credentialsOf('server'), verifyPeer: () => true })
    const verify = writeCertificateVerify(wrong)
    // before the true one there are others
    pair.road = (bytes, way) => {
      const sequence = plainMessages(bytes).find(
        ({ type }) => type === HandshakeType.CertificateVerify,
      )?.sequence
      if (way === 'down' || sequence === undefined) return [{ bytes, afterMs: 0 }]
      const before = plainMessages(bytes).filter(({ type }) => type !== HandshakeType.CertificateVerify)
      return [
        ...before.map((one) => forged(one.type, one.sequence, one.body, 50 + one.sequence)),
        ...Array.from({ length: forgeries }, () => forged(HandshakeType.CertificateVerify, sequence, verify)),
        bytes,
      ].map((one) => ({ bytes: one, afterMs: 0 }))
    }
    pair.connect({ suites: [0xc0ae], credentials: credentialsOf('meter'), verifyPeer: () => true })
    await pair.settle(20)
    pair.clock.advance(600_000)
    return pair
  }

  it('do not keep out the true one, unless they are so many that they are only to cost us time', async () => {
    expect((await handshake(7)).notices.of('session')).toHaveLength(1)
    const { notices } = await handshake(8)
    expect(notices.of('session')).toEqual([])
    expect(notices.of('handshake-error')).toMatchObject([{ failure: 'bad-signature' }])
  })

  it('are counted, true ones are not', () => {
    const check = new SignatureCheck()
    const key = createPublicKey(privateKey)
    const right = signEcdsa({ privateKey }, data)
    for (let i = 0; i < 20; i++) check.check(key, data, right)
    for (let i = 0; i < 8; i++) expect(() => check.check(key, data, wrong)).toThrow('does not verify')
    expect(() => check.check(key, data, right)).toThrow('too many')
  })
})

describe('a credential that is withdrawn while it is looked up', () => {
  it.each(['x509', 'raw-public-key'] as const)('opens nothing: %s', async (kind) => {
    let answer: (welcome: boolean) => void = () => undefined
    const pair = new Pair({
      credentials: credentialsOf('server'),
      verifyPeer: () => new Promise((resolve) => (answer = resolve)),
    })
    pair.connect({
      suites: [0xc0ae],
      credentials: credentialsOf('meter'),
      ownCertificates: [kind],
      verifyPeer: () => true,
    })
    await pair.settle()
    pair.server.forget((identity) => identity.kind === kind)
    answer(true)
    await pair.settle()
    expect(pair.notices.of('session')).toEqual([])
    expect(pair.server.handshakeCount).toBe(0)
  })
})

describe('handshakes under way', () => {
  it('give way to those of other sources when one source takes them all', async () => {
    let answer: (key: Uint8Array) => void = () => undefined
    const pair = new Pair({
      limits: { handshakes: 5 },
      psk: () => new Promise((resolve) => (answer = resolve)),
    })
    const { notices } = pair.connect()
    await pair.settle()
    for (let port = 1; port <= 20; port++) greet(pair, peerAt('203.0.113.1', port), goodHello)
    expect(pair.server.handshakeCount).toBe(5)
    answer(pskKey)
    await pair.settle()
    expect(notices.of('session')).toHaveLength(1)
  })

  it('are limited for a whole /64 of IPv6, in which a host has as many addresses as it likes', () => {
    const pair = new Pair({ limits: { hellosPerSecond: 1, helloBurst: 3 } })
    const hello = forged(HandshakeType.ClientHello, 0, writeClientHello(goodHello), 0)
    for (let host = 1; host <= 9; host++) pair.server.receive(hello, peerAt(`2001:db8:0:7::${host}`))
    expect(pair.server.counters).toMatchObject({ cookiesSent: 3, rateLimited: 6 })
  })
})

it('the session of a client ends after too many records that were not authentic, as that of a server', async () => {
  const pair = new Pair()
  const { client, notices } = await pair.open()
  const [{ session }] = notices.of('session')
  inside(session).failedOpens = defaultLimits.failedOpens - 1
  const noise = (i: number): Uint8Array => fromHex(`17fefd0001000000000ff${i}0018${'ab'.repeat(24)}`)
  client.receive(noise(1))
  expect(session.isOpen).toBe(true)
  client.receive(noise(2))
  expect(notices.of('closed')).toMatchObject([{ reason: 'forgeries' }])
  expect(session.isOpen).toBe(false)
  expect(client.counters.forged).toBe(2)
})
