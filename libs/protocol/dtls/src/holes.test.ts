import { fromHex, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { verifyChain } from './certificates/path.js'
import { forged, goodHello, greet, inside, plainMessages } from './forge.test-support.js'
import { numberList, vector8, writeClientHello } from './handshake/hello.js'
import { wholeMessage } from './handshake/message.js'
import { Pair, ascii, credentialsOf, der, peerAt, psk, pskKey } from './pair.test-support.js'
import { plainRecord, readRecord } from './record/record.js'
import { Alert, ContentType, ExtensionType, HandshakeType, noBytes, sameBytes } from './wire.js'

/** What a first version of such a layer leaves open, one by one. */
const somewhere = peerAt('203.0.113.9', 7_000)
const trust = { anchors: [der('root')], now: Date.UTC(2026, 10, 22) }
const withCertificates = {
  credentials: credentialsOf('server'),
  verifyPeer: (presented: { kind: string; chain?: readonly Uint8Array[] }) => {
    if (presented.chain) verifyChain(presented.chain, trust)
    return true
  },
}
const failures = (pair: Pair): string[] => pair.notices.of('handshake-error').map(({ failure }) => failure)

describe('a new ClientHello on a live address', () => {
  it('leaves the session alive until the new Finished, and replaces it then (RFC 6347 §4.2.8)', async () => {
    const pair = new Pair()
    const first = await pair.open()
    const second = pair.connect()
    second.peer = first.peer
    let passed = 0
    pair.road = (bytes, direction) => (direction === 'up' && ++passed > 1 ? [] : [{ bytes, afterMs: 0 }])
    await pair.settle()
    pair.road = (bytes) => [{ bytes, afterMs: 0 }]
    expect(pair.server.handshakeCount).toBe(1)
    first.client.send(ascii('still here'))
    pair.server.send(ascii('so am I'), first.session)
    await pair.settle()
    expect(pair.notices.messages).toEqual(['still here'])
    expect(first.notices.messages).toEqual(['so am I'])

    pair.clock.advance(1_000)
    await pair.settle()
    expect(pair.notices.of('closed')).toMatchObject([
      { reason: 'replaced', session: { id: first.session.id } },
    ])
    expect(second.notices.of('session')).toHaveLength(1)
    expect(pair.server.sessionCount).toBe(1)
  })

  it('with a stolen address and no key never replaces anything', async () => {
    const pair = new Pair({ timers: { initialMs: 1_000, maxMs: 1_000, retransmissions: 2 } })
    const { client, peer, session } = await pair.open()
    greet(pair, peer, goodHello)
    pair.clock.advance(10_000)
    expect(failures(pair)).toEqual(['peer-silent'])
    client.send(ascii('unmoved'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['unmoved'])
    expect(session.isOpen).toBe(true)
  })
})

describe('input that is not authenticated', () => {
  it('to an open session is dropped without an answer: alerts, hellos, records of epoch 0, noise', async () => {
    const pair = new Pair()
    const { client, peer } = await pair.open()
    const sent = pair.sent.length
    for (const bytes of [
      plainRecord(ContentType.Alert, 5, Uint8Array.of(2, 40)),
      plainRecord(ContentType.Alert, 6, Uint8Array.of(1, 0)),
      plainRecord(ContentType.ApplicationData, 7, ascii('plain')),
      forged(HandshakeType.Finished, 3, new Uint8Array(12)),
      forged(HandshakeType.ClientHello, 0, new Uint8Array(50)),
      fromHex('17fefd000100000000000500200000000000000000000000000000000000000000000000000000000000000000'),
      ascii('noise'),
    ])
      pair.server.receive(bytes, peer)
    expect(pair.sent.length).toBe(sent)
    client.send(ascii('fine'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['fine'])
  })

  it('a forged fatal alert does not end a handshake', async () => {
    const pair = new Pair({
      psk: () => new Promise((resolve) => pair.clock.after(10, () => resolve(pskKey))),
    })
    const client = pair.connect()
    await pair.settle()
    pair.server.receive(plainRecord(ContentType.Alert, 9, Uint8Array.of(2, 40)), client.peer)
    client.client.receive(plainRecord(ContentType.Alert, 9, Uint8Array.of(2, 40)))
    pair.clock.advance(10)
    await pair.settle()
    expect(client.notices.of('session')).toHaveLength(1)
  })
})

describe('forged protected records', () => {
  it('do not end a handshake, however many', async () => {
    const pair = new Pair()
    let up = 0
    pair.road = (bytes, direction) => (direction === 'up' && ++up === 3 ? [] : [{ bytes, afterMs: 0 }])
    const client = pair.connect()
    await pair.settle()
    // ClientKeyExchange and ChangeCipherSpec come, noise in the place of Finished
    const flight = client.sent[2]
    const exchange = readRecord(flight, 0, 0)?.bytes.length ?? 0
    pair.server.receive(flight.subarray(0, exchange + 14), client.peer)
    for (let i = 0; i < 200; i++)
      pair.server.receive(
        fromHex(`16fefd0001${(100 + i).toString(16).padStart(12, '0')}0028${'cd'.repeat(40)}`),
        client.peer,
      )
    pair.clock.advance(1_000)
    await pair.settle()
    expect(client.notices.of('session')).toHaveLength(1)
  })
})

describe('what the client offers is looked at', () => {
  const certificateHello = { ...goodHello, suites: [0xc0ae] }
  it.each([
    ['a suite without credentials here', { ...goodHello, suites: [0xc0ae] }, {}, 'no-common-suite'],
    ['CBC without encrypt-then-MAC', { ...goodHello, suites: [0x00ae] }, {}, 'no-encrypt-then-mac'],
    [
      'other groups',
      { ...certificateHello, extensions: new Map([[ExtensionType.SupportedGroups, numberList(24, 29)]]) },
      withCertificates,
      'no-common-group',
    ],
    [
      'no uncompressed points',
      {
        ...certificateHello,
        extensions: new Map([[ExtensionType.PointFormats, vector8(Uint8Array.of(1, 2))]]),
      },
      withCertificates,
      'no-common-group',
    ],
    [
      'other signatures',
      { ...certificateHello, extensions: new Map([[ExtensionType.SignatureAlgorithms, numberList(0x0401)]]) },
      withCertificates,
      'no-common-signature',
    ],
    [
      'another kind of certificate',
      {
        ...certificateHello,
        extensions: new Map([[ExtensionType.ServerCertificateType, vector8(Uint8Array.of(1))]]),
      },
      withCertificates,
      'no-common-certificate-type',
    ],
    ['DTLS 1.0', { ...goodHello, version: 0xfeff }, {}, 'no-common-version'],
    [
      'a renegotiation',
      {
        ...goodHello,
        extensions: new Map([[ExtensionType.RenegotiationInfo, vector8(ascii('old finished'))]]),
      },
      {},
      'illegal-parameter',
    ],
  ] as const)(
    '%s is refused with a reason, and an alert to the proven address',
    (_what, hello, options, failure) => {
      const pair = new Pair(options)
      const [answer] = greet(pair, somewhere, hello)
      expect(failures(pair)).toEqual([failure])
      expect(answer[0]).toBe(ContentType.Alert)
      expect(pair.server.handshakeCount).toBe(0)
    },
  )

  it('no null compression, an extension twice, bytes behind the end: not even a cookie', () => {
    const pair = new Pair()
    const twice = numberList(23)
    const body = writeClientHello({ ...goodHello, extensions: new Map([[10, twice]]) })
    const doubled = new Uint8Array([...body, 0, 10, 0, twice.length, ...twice])
    doubled[body.length - twice.length - 5] *= 2
    for (const bad of [
      writeClientHello({ ...goodHello, compressions: Uint8Array.of(1) }),
      doubled,
      new Uint8Array([...body, 0]),
      body.subarray(0, -1),
    ])
      pair.server.receive(forged(HandshakeType.ClientHello, 0, bad), somewhere)
    expect(pair.sent).toEqual([])
    expect(pair.server.counters.discarded).toBe(4)
  })
})

describe('an authenticated session', () => {
  it('refuses to renegotiate, with a warning, and goes on', async () => {
    const pair = new Pair()
    const { client, notices, peer } = await pair.open()
    const mine = inside(notices.of('session')[0].session)
    const record = mine.seal(
      ContentType.Handshake,
      wholeMessage(HandshakeType.ClientHello, 5, writeClientHello(goodHello)),
    )
    if (record) pair.server.receive(record, peer)
    const answer = readRecord(pair.sent.at(-1)?.bytes ?? noBytes, 0, 0)
    expect(answer && mine.open(answer)).toMatchObject({
      type: ContentType.Alert,
      payload: Buffer.from([1, Alert.NoRenegotiation]),
    })
    client.send(ascii('on'))
    await pair.settle()
    expect(pair.notices.messages).toEqual(['on'])
  })

  it('ends before its sequence numbers do', async () => {
    const pair = new Pair()
    const { session, notices } = await pair.open()
    inside(session).writeSequence = inside(session).lastSequence - 1
    expect(pair.server.send(ascii('last'), session)).toBe(true)
    expect(pair.server.send(ascii('too many'), session)).toBe(false)
    await pair.settle()
    expect(notices.messages).toEqual(['last'])
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'sequence-exhausted' }])
    expect(notices.of('closed')).toMatchObject([{ reason: 'closed-by-peer' }])
  })

  it('ends after too many records that were not authentic', async () => {
    const pair = new Pair({ limits: { failedOpens: 20 } })
    const { peer, session } = await pair.open()
    for (let i = 0; i < 20; i++)
      pair.server.receive(
        fromHex(`17fefd0001${(100 + i).toString(16).padStart(12, '0')}0018${'ab'.repeat(24)}`),
        peer,
      )
    expect(session.isOpen).toBe(true)
    pair.server.receive(fromHex(`17fefd0001000000000fff0018${'ab'.repeat(24)}`), peer)
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'forgeries' }])
  })

  it('ends after too many of them though a handshake runs beside it, which anybody at its address can keep running', async () => {
    const pair = new Pair({ limits: { failedOpens: 20 } })
    const { peer } = await pair.open()
    greet(pair, peer, goodHello)
    expect(pair.server.handshakeCount).toBe(1)
    for (let i = 0; i <= 20; i++)
      pair.server.receive(
        fromHex(`17fefd0001${(100 + i).toString(16).padStart(12, '0')}0018${'ab'.repeat(24)}`),
        peer,
      )
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'forgeries' }])
  })

  it('has its keys overwritten when it closes', async () => {
    const pair = new Pair()
    const { session, client, notices } = await pair.open()
    const both = [inside(session), inside(notices.of('session')[0].session)]
    expect(both.every(({ keyBlock }) => keyBlock.some((byte) => byte !== 0))).toBe(true)
    client.close()
    await pair.settle()
    expect(both.every(({ keyBlock }) => keyBlock.every((byte) => byte === 0))).toBe(true)
  })
})

describe('who the peer is', () => {
  it('an empty list of certificates is a failure where one is required', async () => {
    const pair = new Pair(withCertificates)
    const client = pair.connect({ suites: [0xc0ae], verifyPeer: () => true })
    await pair.settle()
    expect(failures(pair)).toEqual(['no-certificate'])
    expect(client.notices.of('session')).toEqual([])
  })

  it('certificates of strangers are refused after the proof, with an alert and the reason', async () => {
    const pair = new Pair(withCertificates)
    const client = pair.connect({
      suites: [0xc0ae],
      credentials: credentialsOf('stranger'),
      verifyPeer: () => true,
    })
    await pair.settle()
    expect(failures(pair)).toEqual(['untrusted-certificate'])
    expect(client.notices.of('session')).toEqual([])
  })

  it('a PSK identity is bytes: what is no UTF-8 arrives as it is', async () => {
    const identity = fromHex('fffe00c3')
    const asked: Uint8Array[] = []
    const pair = new Pair({
      psk: (bytes) => {
        asked.push(bytes)
        return pskKey
      },
    })
    const { session } = await pair.open({ psk: { identity, key: pskKey } })
    expect(asked).toEqual([identity])
    expect(session.identity).toEqual({ kind: 'psk', identity })
  })

  it('an unknown identity looks like a wrong key on the wire, datagram by datagram; the notice tells them apart', async () => {
    const talk = async (key: Uint8Array | undefined): Promise<{ lengths: string[]; failure: string[] }> => {
      const pair = new Pair({
        psk: async () => key,
        timers: { initialMs: 1_000, maxMs: 4_000, retransmissions: 3 },
      })
      pair.connect()
      await pair.settle()
      for (let i = 0; i < 40; i++) {
        pair.clock.advance(1_000)
        await pair.settle(2)
      }
      const start = pair.sent.map(
        ({ bytes }) => `${bytes.length} ${plainMessages(bytes).map(({ type }) => type)}`,
      )
      return { lengths: start, failure: failures(pair) }
    }
    const unknown = await talk(undefined)
    const wrong = await talk(new Uint8Array(16).fill(9))
    expect(unknown.lengths).toEqual(wrong.lengths)
    expect(unknown.failure[0]).toBe('unknown-identity')
    expect(wrong.failure[0]).toBe('wrong-key-suspected')
  })

  it.each([
    ['a wrong key', new Uint8Array(16).fill(9), 'wrong-key-suspected'],
    ['an unknown identity', undefined, 'unknown-identity'],
  ])('%s is doubted at once and once, long before the handshake is given up', async (_what, key, reason) => {
    const pair = new Pair({ psk: async () => key })
    pair.connect()
    await pair.settle()
    pair.clock.advance(2_500)
    await pair.settle()
    expect(pair.notices.of('handshake-doubt')).toMatchObject([{ failure: reason, identity: psk.identity }])
    expect(pair.notices.of('handshake-error')).toEqual([])
  })

  it('a handshake of a credential that is withdrawn opens nothing, however far it had come', async () => {
    let answer: (key: Uint8Array) => void = () => undefined
    const pair = new Pair({ psk: () => new Promise((resolve) => (answer = resolve)) })
    pair.connect()
    await pair.settle()
    pair.server.forget((identity) => identity.kind === 'psk' && sameBytes(identity.identity, psk.identity))
    answer(pskKey)
    await pair.settle()
    expect(pair.notices.of('session')).toEqual([])
    expect(pair.server.handshakeCount).toBe(0)
  })

  it('a look-up that fails ends the handshake, and nothing else', async () => {
    const pair = new Pair({ psk: () => Promise.reject(new Error('database away')) })
    pair.connect()
    await pair.settle()
    expect(pair.notices.of('handshake-error')).toMatchObject([
      { failure: 'look-up-failed', detail: 'Error: database away', identity: psk.identity },
    ])
  })
})

describe('Connection IDs', () => {
  it('begin with the prefix and are never given out twice, even by a source that repeats itself', async () => {
    const random = seededRandom(1)
    let calls = 0
    const pair = new Pair({
      random: {
        bytes: (length) =>
          length === 6 ? new Uint8Array(6).fill(Math.floor(calls++ / 3)) : random.bytes(length),
        unit: random.unit,
      },
      cid: { prefix: fromHex('a5a5'), length: 8 },
    })
    const sessions = [
      await pair.open({ cid: noBytes }),
      await pair.open({ cid: noBytes }),
      await pair.open({ cid: noBytes }),
    ]
    const cids = sessions.map(({ session }) => Buffer.from(session.cid).toString('hex'))
    expect(new Set(cids).size).toBe(3)
    expect(cids.every((cid) => cid.startsWith('a5a5'))).toBe(true)
  })

  it('are of any length on the side of the peer', async () => {
    for (const length of [0, 1, 8, 32]) {
      const pair = new Pair()
      const cid = new Uint8Array(length).fill(length)
      const { client, notices, session } = await pair.open({ cid })
      expect(sameBytes(session.peerCid, cid)).toBe(true)
      client.send(ascii('up'))
      pair.server.send(ascii('down'), session)
      await pair.settle()
      expect([pair.notices.messages, notices.messages]).toEqual([['up'], ['down']])
      expect(pair.sent.at(-1)?.bytes[0]).toBe(length ? ContentType.ConnectionId : ContentType.ApplicationData)
    }
  })
})
