import { seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { forged, plainMessages } from './forge.test-support.js'
import { Pair, credentialsOf, psk } from './pair.test-support.js'
import type { PairClient } from './pair.test-support.js'
import { plainRecord } from './record/record.js'
import { ContentType, HandshakeType } from './wire.js'

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
} as const
type Kind = keyof typeof kinds

/** Stops after so many datagrams in all; `resume` lets the rest pass. */
function stopped(
  kind: Kind,
  after: number,
  name: 'usual' | 'other' = 'usual',
): { pair: Pair; client: PairClient; resume: () => void } {
  const credentials =
    name === 'other' && kind === 'certificates' ? { credentials: credentialsOf('deep') } : {}
  const pair = new Pair({ ...kinds[kind].server, ...credentials, mtu: 200, psk: () => psk.key })
  let passed = 0
  let open = false
  pair.road = (bytes) => (open || passed++ < after ? [{ bytes, afterMs: 0 }] : [])
  const client = pair.connect({ ...kinds[kind].client, ...credentials, mtu: 200 })
  return { pair, client, resume: () => (open = true) }
}

async function datagramsOf(
  kind: Kind,
  name?: 'usual' | 'other',
): Promise<{ up: Uint8Array[]; down: Uint8Array[]; all: Uint8Array[] }> {
  const { pair, client } = stopped(kind, 1_000, name)
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

describe.each(Object.keys(kinds) as Kind[])('a handshake with %s', (kind) => {
  it('survives every message that is empty, noise or of the wrong kind, in every state', async () => {
    const { all } = await datagramsOf(kind)
    const random = seededRandom(11)
    for (let after = 0; after < all.length; after++) {
      const { pair, client, resume } = stopped(kind, after)
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
        const pair = new Pair({ ...kinds[kind].server, mtu: 200, psk: () => psk.key }, 99)
        let index = 0
        pair.road = (bytes, way) => (way === direction && index++ === missing ? [] : [{ bytes, afterMs: 0 }])
        const client = pair.connect({ ...kinds[kind].client, mtu: 200 })
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
    const pair = new Pair({ ...kinds[kind].server, psk: () => psk.key })
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
    const client = pair.connect(kinds[kind].client)
    await pair.settle()
    expect(isOpen(pair, client)).toEqual([0, 0])
    pair.server.receive(plainRecord(ContentType.ChangeCipherSpec, 77, Uint8Array.of(1)), client.peer)
    await pair.settle()
    expect(isOpen(pair, client)).toEqual([1, 1])
  })

  it('opens when Finished overtakes its flight', async () => {
    const pair = new Pair({ ...kinds[kind].server, mtu: 200, psk: () => psk.key })
    const held: Uint8Array[] = []
    pair.road = (bytes, way) => {
      if (way === 'up' && plainMessages(bytes).some(({ type }) => type !== HandshakeType.ClientHello))
        held.push(bytes)
      else return [{ bytes, afterMs: 0 }]
      return []
    }
    const client = pair.connect({ ...kinds[kind].client, mtu: 200 })
    await pair.settle()
    for (const datagram of held.reverse()) pair.server.receive(datagram, client.peer)
    await pair.settle()
    expect(isOpen(pair, client)).toEqual([1, 1])
  })
})
