import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, goodHello, greet, inside, plainMessages } from './forge.test-support.js'
import { readServerHello, vector8, writeServerHello } from './handshake/hello.js'
import { writeCertificateRequest } from './handshake/key-exchange.js'
import { Pair, ascii, credentialsOf, peerAt } from './pair.test-support.js'
import type { PairClient } from './pair.test-support.js'
import { plainRecord, readRecord } from './record/record.js'
import { Session } from './session/session.js'
import { suiteById } from './suites.js'
import { AlertLevel, ContentType, ExtensionType, HandshakeType, noBytes } from './wire.js'

/** What the RFCs ask for in a MUST, where another test does not show it already. */
const somewhere = peerAt('203.0.113.9', 7_000)
const failures = (pair: Pair): string[] => pair.notices.of('handshake-error').map(({ failure }) => failure)
const certificates = { credentials: credentialsOf('server'), verifyPeer: () => true }
const certificateClient = { suites: [0xc0ae], credentials: credentialsOf('meter'), verifyPeer: () => true }

/** Changes a kind of plain message on its way down; others pass as they are. */
function changing(type: number, change: (body: Uint8Array) => Uint8Array): Pair['road'] {
  return (bytes, way) => {
    const messages = way === 'down' ? plainMessages(bytes) : []
    if (!messages.some((one) => one.type === type)) return [{ bytes, afterMs: 0 }]
    return messages.map((one) => ({
      bytes: forged(
        one.type,
        one.sequence,
        one.type === type ? change(one.body) : one.body,
        50 + one.sequence,
      ),
      afterMs: 0,
    }))
  }
}

/** Sends something authentic from the client to the server. */
function say(client: PairClient, pair: Pair, type: number, payload: Uint8Array): void {
  const record = inside(client.notices.of('session')[0].session).seal(type, payload)
  if (record) pair.server.receive(record, client.peer)
}

describe('RFC 5246', () => {
  it('§7.2: a fatal alert ends the session and its resumption, on both sides', async () => {
    const pair = new Pair()
    const first = await pair.open()
    const resume = first.client.resumable
    say(first, pair, ContentType.Alert, Uint8Array.of(AlertLevel.Fatal, 80))
    expect(pair.notices.of('closed')).toMatchObject([{ reason: 'peer-alert', alert: 80 }])
    expect((await pair.open({ resume })).session.resumed).toBe(false)

    const second = await pair.open()
    const alert = inside(second.session).seal(ContentType.Alert, Uint8Array.of(AlertLevel.Fatal, 80))
    if (alert) second.client.receive(alert)
    expect(second.notices.of('closed')).toMatchObject([{ reason: 'peer-alert' }])
    expect(second.client.resumable).toBeUndefined()
  })

  it('§7.2: so does one in the handshake that resumes; what anybody can send does not', async () => {
    const pair = new Pair({ timers: { initialMs: 1_000, maxMs: 1_000, retransmissions: 1 } })
    const first = await pair.open()
    const resume = first.client.resumable
    // the client, which resumes, ends with what it cannot have meant
    const half = async (afterwards: (client: PairClient) => void): Promise<void> => {
      let up = 0
      pair.road = (bytes, way) => (way === 'up' && ++up > 2 ? [] : [{ bytes, afterMs: 0 }])
      afterwards(pair.connect({ resume }))
      await pair.settle()
      pair.road = (bytes) => [{ bytes, afterMs: 0 }]
      pair.clock.advance(10_000)
      await pair.settle()
    }
    await half(
      (client) =>
        void pair.clock.after(1, () =>
          pair.server.receive(plainRecord(ContentType.Alert, 9, Uint8Array.of(2, 40)), client.peer),
        ),
    )
    expect((await pair.open({ resume })).session.resumed).toBe(true)

    const second = await pair.open()
    const other = second.client.resumable
    let up = 0
    pair.road = (bytes, way) => (way === 'up' && ++up > 2 ? [] : [{ bytes, afterMs: 0 }])
    const resuming = pair.connect({ resume: other })
    await pair.settle()
    expect(resuming.notices.of('session')).toHaveLength(1)
    say(resuming, pair, ContentType.Alert, Uint8Array.of(AlertLevel.Fatal, 40))
    expect(failures(pair).at(-1)).toBe('peer-alert')
    pair.road = (bytes) => [{ bytes, afterMs: 0 }]
    expect((await pair.open({ resume: other })).session.resumed).toBe(false)
  })

  it('§7.4.6: a client without what the server asks for sends an empty list, and the server decides', async () => {
    const pair = new Pair(certificates)
    const rsaOnly = writeCertificateRequest()
    rsaOnly[1] = 1
    pair.road = changing(HandshakeType.CertificateRequest, () => rsaOnly)
    const client = pair.connect(certificateClient)
    await pair.settle()
    const [certificate] = client.sent
      .flatMap((bytes) => plainMessages(bytes))
      .filter(({ type }) => type === HandshakeType.Certificate)
    expect([...certificate.body]).toEqual([0, 0, 0])
  })

  it('§6.2.1: a record with more than 2^14 bytes is dropped, though it be authentic', async () => {
    const pair = new Pair()
    const client = await pair.open()
    say(client, pair, ContentType.ApplicationData, new Uint8Array(2 ** 14 + 1))
    expect(pair.notices.messages).toEqual([])
    say(client, pair, ContentType.ApplicationData, new Uint8Array(2 ** 14))
    expect(pair.notices.of('message')).toHaveLength(1)
  })
})

describe('RFC 5746', () => {
  it('§3.6: renegotiation_info that is not empty ends the handshake with handshake_failure', () => {
    const pair = new Pair()
    const extensions = new Map([[ExtensionType.RenegotiationInfo, vector8(ascii('old finished'))]])
    const [answer] = greet(pair, somewhere, { ...goodHello, extensions })
    expect([...answer.subarray(-2)]).toEqual([2, 40])
  })

  it('§3.6: both ways to say that renegotiation is secure get an empty extension; who says nothing gets none', () => {
    const pair = new Pair()
    const echo = (hello: Partial<typeof goodHello>, port: number): number[] | undefined => {
      const [answer] = greet(pair, peerAt('203.0.113.9', port), { ...goodHello, ...hello })
      const { extensions } = readServerHello(plainMessages(answer)[0].body)
      const body = extensions.get(ExtensionType.RenegotiationInfo)
      return body && [...body]
    }
    expect(echo({ suites: [0xc0a8, 0x00ff] }, 1)).toEqual([0])
    expect(echo({ extensions: new Map([[ExtensionType.RenegotiationInfo, Uint8Array.of(0)]]) }, 2)).toEqual([
      0,
    ])
    expect(echo({}, 3)).toBeUndefined()
  })
})

describe('RFC 7250', () => {
  it('§4.2: no kind of certificate in common ends the handshake with unsupported_certificate', () => {
    const pair = new Pair(certificates)
    const extensions = new Map([[ExtensionType.ServerCertificateType, vector8(Uint8Array.of(1))]])
    const [answer] = greet(pair, somewhere, { ...goodHello, suites: [0xc0ae], extensions })
    expect([...answer.subarray(-2)]).toEqual([2, 43])
  })
})

describe('RFC 7627', () => {
  it('§5.3: a session without extended master secret is resumed by nobody', async () => {
    const pair = new Pair()
    // nobody offers it, so the server gives no session id
    const [answer] = greet(pair, somewhere, goodHello)
    expect(readServerHello(plainMessages(answer)[0].body).sessionId).toHaveLength(0)
    const { client } = await pair.open()
    const resume = client.resumable
    if (!resume) throw new Error('not resumable')
    const old = pair.connect({ resume: { ...resume, extendedMasterSecret: false } })
    await pair.settle()
    expect(old.notices.of('session')).toMatchObject([{ session: { resumed: false } }])
  })

  it('§5.3: who resumes and leaves the extension out is refused, by the server and by the client', async () => {
    const pair = new Pair()
    const { client } = await pair.open()
    const resume = client.resumable
    greet(pair, somewhere, { ...goodHello, sessionId: resume?.sessionId ?? noBytes })
    expect(failures(pair)).toEqual(['resumption-refused'])

    pair.road = changing(HandshakeType.ServerHello, (body) => {
      const hello = readServerHello(body)
      const extensions = new Map(hello.extensions)
      extensions.delete(ExtensionType.ExtendedMasterSecret)
      return writeServerHello({ ...hello, extensions })
    })
    const resuming = pair.connect({ resume })
    await pair.settle()
    expect(resuming.notices.of('session')).toEqual([])
    expect(resuming.client.counters.discarded).toBe(1)
  })
})

describe('RFC 8422', () => {
  it('§5.2: a server that reads no uncompressed points is refused', async () => {
    const pair = new Pair({ ...certificates, mtu: 150 })
    pair.road = changing(HandshakeType.ServerHello, (body) => {
      const hello = readServerHello(body)
      const extensions = new Map(hello.extensions).set(ExtensionType.PointFormats, vector8(Uint8Array.of(1)))
      return writeServerHello({ ...hello, extensions })
    })
    const client = pair.connect(certificateClient)
    await pair.settle()
    expect(client.client.counters.discarded).toBeGreaterThan(0)
    expect(client.notices.of('session')).toEqual([])
  })
})

describe('RFC 9147, which RFC 9325 §4.4 applies to version 1.2', () => {
  it.each([
    ['CCM_8', 0xc0a8, 2 ** 23 - 16],
    ['GCM', 0x00a8, Math.floor(2 ** 24.5) - 16],
    ['CBC', 0x00ae, 2 ** 48 - 17],
  ])(
    '§4.5.3: a session with %s ends when its key has protected as many records as it can bear',
    async (_name, suite, most) => {
      const pair = new Pair()
      const { session } = await pair.open({ suites: [suite] })
      inside(session).writeSequence = most - 1
      expect(pair.server.send(ascii('last'), session)).toBe(true)
      expect(pair.server.send(ascii('too many'), session)).toBe(false)
      expect(pair.notices.of('closed')).toMatchObject([{ reason: 'sequence-exhausted' }])
    },
  )
})

describe('RFC 9146', () => {
  it('§5: content and type are 2^14 bytes at most together, in what is sent and in what is taken', async () => {
    const pair = new Pair()
    const client = await pair.open({ cid: Uint8Array.of(1) })
    expect(pair.server.send(new Uint8Array(2 ** 14), client.session)).toBe(false)
    expect(client.client.send(new Uint8Array(2 ** 14))).toBe(false)
    say(client, pair, ContentType.ApplicationData, new Uint8Array(2 ** 14))
    expect(pair.notices.messages).toEqual([])
    expect(pair.server.send(new Uint8Array(2 ** 14 - 1), client.session)).toBe(true)
    expect(client.client.send(new Uint8Array(2 ** 14 - 1))).toBe(true)
    await pair.settle()
    expect([pair.notices.of('message').length, client.notices.of('message').length]).toEqual([1, 1])
  })

  const suite = suiteById(0xc0a8)
  if (!suite) throw new Error('no suite')

  it('§4: padding behind the type is taken off; a record of padding alone holds nothing', () => {
    const cid = Uint8Array.of(1, 2)
    const shared = { suite, peer: somewhere, random: seededRandom(1) }
    const keys = (): Uint8Array => new Uint8Array(40).fill(3)
    const writer = new Session({
      ...shared,
      id: 1,
      role: 'client',
      keyBlock: keys(),
      localCid: noBytes,
      peerCid: cid,
    })
    const reader = new Session({
      ...shared,
      id: 2,
      role: 'server',
      keyBlock: keys(),
      localCid: cid,
      peerCid: noBytes,
    })
    const opened = (type: number, payload: Uint8Array): unknown => {
      const record = readRecord(writer.seal(type, payload) ?? noBytes, 0, cid.length)
      return record && reader.open(record)
    }
    // the type that `seal` writes last is padding, too, if it is 0
    expect(opened(0, Uint8Array.of(7, 7, ContentType.ApplicationData, 0, 0))).toMatchObject({
      type: ContentType.ApplicationData,
      payload: Buffer.from([7, 7]),
    })
    expect(opened(0, new Uint8Array(5))).toMatchObject({ type: 0, payload: noBytes })
  })

  it('§6: whatever goes to an address that has not answered counts, alerts as well', async () => {
    const pair = new Pair({ limits: { unverifiedBytes: 0 } })
    const client = await pair.open({ cid: noBytes })
    client.peer = peerAt('203.0.113.77', 61_000)
    const session = inside(client.notices.of('session')[0].session)
    const record = session.seal(ContentType.Handshake, new Uint8Array(12))
    if (record) pair.server.receive(record, client.peer)
    const alert = pair.sent.at(-1)
    expect(alert?.to).toEqual(client.peer)
    const left = 3 * (record?.length ?? 0) - (alert?.bytes.length ?? 0)
    expect(inside(client.session).unverifiedBytes).toBe(left)
  })
})
