import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, plainMessages } from './forge.test-support.js'
import { Pair, credentialsOf, peerAt, psk } from './pair.test-support.js'
import type { PairClient } from './pair.test-support.js'
import { plainRecord, readRecord } from './record/record.js'
import { ContentType, HandshakeType, concat } from './wire.js'

/**
 * A handshake is stopped at every point; there every message comes, whole or damaged, that does not belong there. None may open a session or throw;
 * and where the intruder cannot have known the keys, the true handshake must still succeed.
 */
const certificateOptions = { credentials: credentialsOf('server'), verifyPeer: () => true }
const kinds = {
  psk: { server: {}, client: { suites: [0xc0a8] } },
  certificates: {
    server: certificateOptions,
    client: { suites: [0xc0ae], credentials: credentialsOf('meter'), verifyPeer: () => true },
  },
  'raw public keys': {
    server: certificateOptions,
    client: {
      suites: [0xc02b],
      credentials: { privateKey: credentialsOf('meter').privateKey },
      serverCertificates: ['raw-public-key'],
      cid: Uint8Array.of(1),
      verifyPeer: () => true,
    },
  },
  'no certificate of the client': {
    server: { ...certificateOptions, clientCertificates: [] },
    client: { suites: [0xc023], verifyPeer: () => true },
  },
  resumption: { server: {}, client: { suites: [0xc0a8], cid: Uint8Array.of(1, 2) } },
} as const satisfies Record<string, { server: object; client: Parameters<Pair['connect']>[0] }>
type Kind = keyof typeof kinds

interface Stopped {
  readonly pair: Pair
  readonly client: PairClient
  readonly resume: () => void
}

/** A pair of that kind; where a session is resumed, it was opened and closed already, and nothing of that is seen any more. */
async function pairOf(
  kind: Kind,
  name: 'usual' | 'other' = 'usual',
  seed = 1,
): Promise<{ pair: Pair; options: Parameters<Pair['connect']>[0] }> {
  const credentials =
    name === 'other' && 'credentials' in kinds[kind].client
      ? {
          credentials:
            kind === 'certificates'
              ? credentialsOf('deep')
              : { privateKey: credentialsOf('deep').privateKey },
        }
      : {}
  const pair = new Pair({ ...kinds[kind].server, ...credentials, mtu: 200, psk: () => psk.key }, seed)
  const options = { ...kinds[kind].client, ...credentials, mtu: 200 }
  if (kind !== 'resumption') return { pair, options }
  const { client } = await pair.open(options)
  client.close()
  await pair.settle()
  pair.notices.all.length = pair.sent.length = 0
  pair.clients.clear()
  return { pair, options: { ...options, resume: client.resumable } }
}

/** Stops after so many datagrams in all; `resume` lets the rest pass. */
async function stopped(kind: Kind, after: number, name?: 'usual' | 'other'): Promise<Stopped> {
  const { pair, options } = await pairOf(kind, name)
  let passed = 0
  let open = false
  pair.road = (bytes) => (open || passed++ < after ? [{ bytes, afterMs: 0 }] : [])
  const client = pair.connect(options)
  return { pair, client, resume: () => (open = true) }
}

async function datagramsOf(
  kind: Kind,
  name?: 'usual' | 'other',
): Promise<{ up: Uint8Array[]; down: Uint8Array[]; all: Uint8Array[] }> {
  const { pair, client } = await stopped(kind, 1_000, name)
  await pair.settle()
  expect(client.notices.of('session')).toHaveLength(1)
  const down = pair.sent.map(({ bytes }) => bytes)
  return { up: client.sent, down, all: [...client.sent, ...down] }
}

async function finish(pair: Pair, resume: () => void): Promise<void> {
  resume()
  for (let i = 0; i < 10; i++) {
    pair.clock.advance(2_000)
    await pair.settle(3)
  }
}

const types = [...Object.values(HandshakeType), 4, 22, 99]
const isOpen = (pair: Pair, client: PairClient): [number, number] => [
  pair.notices.of('session').length,
  client.notices.of('session').length,
]

/** Where the body of the first message of a datagram lies; undefined if that is not of epoch 0. */
function bodyAt(bytes: Uint8Array): [number, number] | undefined {
  const record = readRecord(bytes, 0, 0)
  return record?.epoch === 0 && record.type === ContentType.Handshake ? [25, record.end] : undefined
}

function changed(bytes: Uint8Array, at: number, to: (byte: number) => number): Uint8Array | undefined {
  if (at >= bytes.length) return undefined
  const copy = bytes.slice()
  copy[at] = to(copy[at])
  return copy
}

/** The body of the first message longer or shorter, with all lengths right. */
function resized(bytes: Uint8Array, by: number): Uint8Array | undefined {
  const [message] = plainMessages(bytes)
  const place = bodyAt(bytes)
  if (!place || !message || message.body.length + by < 0) return undefined
  const body = new Uint8Array(message.body.length + by)
  body.set(message.body.subarray(0, body.length))
  return concat(forged(message.type, message.sequence, body, 60), bytes.subarray(place[1]))
}

const flip = (byte: number): number => byte ^ 0x55
/** Ways to damage a datagram of a handshake; undefined where one does not apply. */
const damages: Record<string, (bytes: Uint8Array) => Uint8Array | undefined> = {
  'another content type': (bytes) => changed(bytes, 0, () => ContentType.Alert),
  'another version': (bytes) => changed(bytes, 2, () => 0xfc),
  'epoch 1 for 0, or 0 for 1': (bytes) => changed(bytes, 4, (epoch) => 1 - epoch),
  'epoch 2': (bytes) => changed(bytes, 4, () => 2),
  'another record number': (bytes) => changed(bytes, 10, flip),
  'a record longer than the datagram': (bytes) => changed(bytes, 12, (length) => length + 1),
  'a record shorter than its message': (bytes) => changed(bytes, 12, (length) => length - 1),
  'another message type': (bytes) => bodyAt(bytes) && changed(bytes, 13, flip),
  'another message length': (bytes) => bodyAt(bytes) && changed(bytes, 16, flip),
  'a later message number': (bytes) => bodyAt(bytes) && changed(bytes, 18, (sequence) => sequence + 1),
  'an offset': (bytes) => bodyAt(bytes) && changed(bytes, 21, flip),
  'another fragment length': (bytes) => bodyAt(bytes) && changed(bytes, 24, flip),
  'the first byte of the body': (bytes) => bodyAt(bytes) && changed(bytes, 25, flip),
  'the second byte of the body': (bytes) => bodyAt(bytes) && changed(bytes, 26, flip),
  'a byte of the body further on': (bytes) => bodyAt(bytes) && changed(bytes, 60, flip),
  'a byte in the middle': (bytes) => changed(bytes, bytes.length >> 1, flip),
  'the last byte': (bytes) => changed(bytes, bytes.length - 1, flip),
  'a body with one byte more': (bytes) => resized(bytes, 1),
  'a body with one byte less': (bytes) => resized(bytes, -1),
  'a body cut to two bytes': (bytes) => resized(bytes, 2 - (plainMessages(bytes)[0]?.body.length ?? 0)),
  'half of it': (bytes) => bytes.subarray(0, bytes.length >> 1),
}

describe.each(Object.keys(kinds) as Kind[])('a handshake with %s', (kind) => {
  it('survives every message that is empty, noise or of the wrong kind, in every state', async () => {
    const { all } = await datagramsOf(kind)
    const random = seededRandom(11)
    for (let after = 0; after < all.length; after++) {
      const { pair, client, resume } = await stopped(kind, after)
      await pair.settle()
      const before = isOpen(pair, client)
      for (const type of types)
        for (let sequence = 0; sequence < 6; sequence++)
          // what a Finished or a certificate of epoch 0 holds does not matter; a key exchange of noise may be one with another identity
          for (const body of [new Uint8Array(0), random.bytes(3)]) {
            // empty is what a true ServerHelloDone is: taken too early, it leaves the server's request for a certificate unheard
            if (type === HandshakeType.ServerHelloDone && body.length === 0) continue
            const record = forged(type, sequence, body)
            pair.server.receive(record, client.peer)
            client.client.receive(record)
          }
      for (const [type, body] of [
        [ContentType.ChangeCipherSpec, Uint8Array.of(1)],
        [ContentType.ChangeCipherSpec, Uint8Array.of(2)],
        [ContentType.ApplicationData, Uint8Array.of(1)],
        [ContentType.Alert, Uint8Array.of(1)],
        [77, Uint8Array.of(1)],
      ] as const) {
        pair.server.receive(plainRecord(type, 50, body), client.peer)
        client.client.receive(plainRecord(type, 50, body))
      }
      await pair.settle()
      expect(isOpen(pair, client), `after ${after}`).toEqual(before)
      await finish(pair, resume)
      expect(isOpen(pair, client), `after ${after}`).toEqual([1, 1])
    }
  })

  it('does not open if a message of its own is left out, comes from another handshake, or in another epoch', async () => {
    // other keys, because an equal certificate would be as good as the missing one
    const { up, down } = await datagramsOf(kind)
    const { all: other } = await datagramsOf(kind, 'other')
    for (const [direction, own] of [
      ['up', up],
      ['down', down],
    ] as const)
      for (let missing = 0; missing < own.length; missing++) {
        const { pair, options } = await pairOf(kind, 'usual', 99)
        let index = 0
        pair.road = (bytes, way) => (way === direction && index++ === missing ? [] : [{ bytes, afterMs: 0 }])
        const client = pair.connect(options)
        await pair.settle()
        const before = isOpen(pair, client)
        // the last of a flight may be missing without the other side's noticing: it has its session then
        expect(before[0] + before[1], `${direction} without ${missing}`).toBeLessThan(2)
        // some messages are the same in every handshake and would let the true one go on
        pair.road = () => []
        for (const datagram of other) {
          pair.server.receive(datagram, client.peer)
          client.client.receive(datagram)
        }
        expect(isOpen(pair, client)).toEqual(before)
      }
  })

  it('does not open without ChangeCipherSpec, and opens when it comes', async () => {
    const { pair, options } = await pairOf(kind)
    const without = (bytes: Uint8Array): Uint8Array => {
      for (let at = 0; at + 13 <= bytes.length;) {
        const length = (bytes[at + 11] << 8) | bytes[at + 12]
        if (bytes[at] === ContentType.ChangeCipherSpec)
          return new Uint8Array([...bytes.subarray(0, at), ...bytes.subarray(at + 13 + length)])
        at += 13 + length
      }
      return bytes
    }
    pair.road = (bytes, way) => [{ bytes: way === 'up' ? without(bytes) : bytes, afterMs: 0 }]
    const client = pair.connect(options)
    await pair.settle()
    expect(isOpen(pair, client)[0]).toBe(0)
    pair.server.receive(plainRecord(ContentType.ChangeCipherSpec, 77, Uint8Array.of(1)), client.peer)
    await pair.settle()
    expect(isOpen(pair, client)).toEqual([1, 1])
  })

  it('opens when Finished overtakes its flight', async () => {
    const { pair, options } = await pairOf(kind)
    const held: Uint8Array[] = []
    pair.road = (bytes, way) => {
      if (way === 'up' && plainMessages(bytes).some(({ type }) => type !== HandshakeType.ClientHello))
        held.push(bytes)
      else return [{ bytes, afterMs: 0 }]
      return []
    }
    const client = pair.connect(options)
    await pair.settle()
    for (const datagram of held.reverse()) pair.server.receive(datagram, client.peer)
    await pair.settle()
    expect(isOpen(pair, client)).toEqual([1, 1])
  })

  it('takes no message of its own that was damaged: it never opens on unequal ends, and answers the true one', async () => {
    const { all } = await datagramsOf(kind)
    let opened = 0
    for (let target = 0; target < all.length; target++)
      for (const [what, damage] of Object.entries(damages)) {
        const { pair, options } = await pairOf(kind)
        let index = 0
        pair.road = (bytes) => {
          if (index++ !== target) return [{ bytes, afterMs: 0 }]
          return [{ bytes: damage(bytes) ?? bytes, afterMs: 0 }]
        }
        const client = pair.connect(options)
        await finish(pair, () => {})
        const [server, own] = isOpen(pair, client)
        const where = `${what}, datagram ${target}`
        expect(server, where).toBe(own)
        if (own === 0) continue
        opened++
        client.client.send(new TextEncoder().encode('equal'))
        await pair.settle()
        expect(pair.notices.messages, where).toEqual(['equal'])
      }
    // most damage is noticed, and the repetition is true
    expect(opened).toBeGreaterThan(all.length * 5)
  })

  it('tells strangers nothing, in no state: an answer is at most as long as what it answers', async () => {
    const { all } = await datagramsOf(kind)
    const stranger = peerAt('203.0.113.99', 9)
    for (let after = 0; after <= all.length; after++) {
      const { pair, client } = await stopped(kind, after)
      await pair.settle()
      const before = isOpen(pair, client)
      for (const datagram of all)
        for (const damage of [undefined, ...Object.values(damages)]) {
          const bytes = damage ? damage(datagram) : datagram
          if (!bytes) continue
          const sent = pair.sent.length
          pair.server.receive(bytes, stranger)
          const answers = pair.sent.slice(sent).filter(({ to }) => to.id === stranger.id)
          expect(answers.reduce((sum, one) => sum + one.bytes.length, 0)).toBeLessThanOrEqual(bytes.length)
        }
      expect(isOpen(pair, client)).toEqual(before)
      expect(
        pair.sent.every(
          ({ bytes, to }) =>
            to.id !== stranger.id || plainMessages(bytes)[0]?.type === HandshakeType.HelloVerifyRequest,
        ),
      ).toBe(true)
    }
  })
})
