import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, goodHello, helloIn } from './forge.test-support.js'
import { vector8, writeServerHello } from './handshake/hello.js'
import { Pair, credentialsOf, der, psk } from './pair.test-support.js'
import { ExtensionType, HandshakeType, noBytes, renegotiationScsv } from './wire.js'

const failures = (pair: Pair): string[] => pair.notices.of('handshake-error').map(({ failure }) => failure)

describe('to a server', () => {
  it('a certificate without its key proves nothing, and nobody is asked about it', async () => {
    let asked = 0
    const pair = new Pair({ credentials: credentialsOf('server'), verifyPeer: () => ++asked > 0 })
    const { privateKey } = credentialsOf('stranger')
    const client = pair.connect({
      suites: [0xc0ae],
      credentials: { privateKey, chain: [der('meter')] },
      verifyPeer: () => true,
    })
    await pair.settle()
    client.client.close()
    pair.clock.advance(600_000)
    expect(failures(pair)).toEqual(['bad-signature'])
    expect(asked).toBe(0)
    expect([...pair.notices.of('session'), ...client.notices.of('session')]).toEqual([])
  })

  it('a certificate whose key is the point at infinity is a wrong one and no more, before anything is proved', async () => {
    const pair = new Pair({ credentials: credentialsOf('server'), verifyPeer: () => true })
    const { privateKey } = credentialsOf('meter')
    pair.connect({
      suites: [0xc0ae],
      credentials: { privateKey, chain: [der('infinity')] },
      verifyPeer: () => true,
    })
    await pair.settle()
    pair.clock.advance(600_000)
    expect(failures(pair)).toEqual(['unsupported-certificate'])
  })

  it('an unknown identity gets a key that nobody can guess, and opens nothing even if it is guessed', async () => {
    const key = new Uint8Array(16)
    const guessing = new Pair({ psk: () => undefined })
    guessing.connect({ psk: { identity: psk.identity, key } })
    await guessing.settle()
    expect(guessing.server.handshakeCount).toBe(1)
    expect(failures(guessing)).toEqual([])

    const random = seededRandom(1)
    const bytes = (length: number): Uint8Array => (length === 16 ? key.slice() : random.bytes(length))
    const guessed = new Pair({ psk: () => undefined, random: { ...random, bytes } })
    const { notices } = guessed.connect({ psk: { identity: psk.identity, key } })
    await guessed.settle()
    expect(failures(guessed)).toEqual(['unknown-identity'])
    expect([...guessed.notices.of('session'), ...notices.of('session')]).toEqual([])
  })
})

describe('to a client', () => {
  it.each([
    ['none', [], 'no-certificate'],
    ['one whose key is the point at infinity', [der('infinity')], 'unsupported-certificate'],
  ])('a certificate that is %s proves nothing, and is why it gives up', async (_what, chain, failure) => {
    const { privateKey } = credentialsOf('server')
    const pair = new Pair({ credentials: { privateKey, chain }, clientCertificates: [] })
    const { notices } = pair.connect({ suites: [0xc0ae], verifyPeer: () => true })
    await pair.settle()
    pair.clock.advance(600_000)
    await pair.settle()
    expect(notices.of('handshake-error')).toMatchObject([{ failure }])
  })

  const answer = { ...goodHello, suite: 0xc0a8, compression: 0 }
  it.each([
    ['without a pre-shared key', undefined],
    ['with an empty one', { identity: psk.identity, key: noBytes }],
  ])('%s no suite of pre-shared keys is offered, nor taken: anybody has no key', (_what, none) => {
    const { client, sent } = new Pair().connect({
      suites: [0xc0a8, 0xc0ae],
      verifyPeer: () => true,
      psk: none,
    })
    expect(helloIn(sent[0]).suites).toEqual([0xc0ae, renegotiationScsv])
    client.receive(forged(HandshakeType.ServerHello, 0, writeServerHello(answer)))
    expect(client.counters.discarded).toBe(1)
  })

  it('who takes raw public keys only, a server that does without the extension shows nothing (RFC 7250 §4.2)', () => {
    const { client } = new Pair().connect({
      suites: [0xc0ae],
      verifyPeer: () => true,
      serverCertificates: ['raw-public-key'],
    })
    client.receive(forged(HandshakeType.ServerHello, 0, writeServerHello({ ...answer, suite: 0xc0ae })))
    expect(client.counters.discarded).toBe(1)
  })

  it('who is to show no kind of certificate, a server that asks for one is shown none', async () => {
    const pair = new Pair({
      credentials: credentialsOf('server'),
      verifyPeer: () => true,
      clientCertificates: ['x509'],
    })
    // it has one, yet not for this
    pair.connect({
      suites: [0xc0ae],
      verifyPeer: () => true,
      credentials: credentialsOf('meter'),
      ownCertificates: [],
    })
    await pair.settle()
    expect(failures(pair)).toEqual(['no-certificate'])
  })

  it('a session is not offered for resumption without its suite (RFC 5246 §7.4.1.2)', async () => {
    const pair = new Pair()
    const { client } = await pair.open({ suites: [0xc0a8] })
    const { sent } = pair.connect({ suites: [0x00a8], resume: client.resumable })
    expect(helloIn(sent[0]).sessionId).toHaveLength(0)
  })

  it.each([
    ['a suite that was not offered', [0xc0a8], { suite: 0x00a8 }],
    ['compression', [0xc0a8], { compression: 1 }],
    [
      'an extension that was not offered',
      [0xc0a8],
      { extensions: new Map([[ExtensionType.ConnectionId, vector8(noBytes)]]) },
    ],
    [
      'a renegotiation',
      [0xc0a8],
      { extensions: new Map([[ExtensionType.RenegotiationInfo, vector8(new Uint8Array(12))]]) },
    ],
    ['CBC without encrypt-then-MAC', [0x00ae], { suite: 0x00ae }],
  ])('a ServerHello with %s proves nothing: the true one is awaited', async (_what, suites, changes) => {
    const pair = new Pair()
    const { client, notices } = pair.connect({ suites })
    client.receive(forged(HandshakeType.ServerHello, 0, writeServerHello({ ...answer, ...changes })))
    expect(client.counters.discarded).toBe(1)
    await pair.settle()
    expect(notices.of('session')).toHaveLength(1)
  })
})
