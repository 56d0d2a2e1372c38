import { ManualClock, seededRandom, toHex } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { DatagramTransport, Peer } from '@fieldline/coap'
import { Code } from '@fieldline/bytes'
import { createDtlsServerTransport, createMemoryNetwork, peerOf } from '@fieldline/transport'
import type { DtlsServerTransport } from '@fieldline/transport'
import { expect, test } from 'vitest'
import { SecureSession, keyOf } from './secure-session.js'

const meterKey = keyOf('secret', 'urn:imei:1')

/** A meter and a server that knows its key, on a network of their own. */
function setUp() {
  const clock = new ManualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(3) })
  const serverPort = 5684
  const happened: string[] = []
  const peers = new Set<string>()
  let seed = 10
  const serve = (): DtlsServerTransport => {
    const transport = createDtlsServerTransport({
      clock,
      random: seededRandom(seed++),
      datagrams: network.open(serverPort),
      psk: (identity) =>
        new TextDecoder().decode(identity) === meterKey.identity ? meterKey.key : undefined,
      observe: (notice) =>
        void happened.push(notice.type === 'session' && notice.session.resumed ? 'resumed' : notice.type),
    })
    const server = createCoapEndpoint({ transport, clock, random: seededRandom(5) })
    server.serve((_request, peer) => {
      peers.add(peer.id)
      return { code: Code.Content, payload: noBytes }
    })
    return transport
  }
  const session = new SecureSession({
    clock,
    random: seededRandom(6),
    server: peerOf('127.0.0.1', serverPort),
    key: meterKey,
  })
  const ask = async (wire: DatagramTransport): Promise<Code | undefined> => {
    const transport = session.through(wire)
    const endpoint = createCoapEndpoint({ transport, clock, random: seededRandom(7) })
    const server: Peer = peerOf('127.0.0.1', serverPort)
    let code: Code | undefined
    endpoint
      .request(server, { code: Code.Get, uriPath: ['x'], uriQuery: [], payload: noBytes })
      .then((response) => (code = response.code))
      .catch(() => undefined)
    for (let i = 0; i < 20_000 && code === undefined; i++) {
      for (let turn = 0; turn < 8; turn++) await Promise.resolve()
      clock.advance(10)
    }
    await endpoint.close()
    return code
  }
  return { network, serve, ask, happened, peers, clock, session }
}

test('a session goes on from a new port at each wake, without a handshake', async () => {
  const { network, serve, ask, happened, peers } = setUp()
  serve()
  for (const port of [40_001, 40_002, 40_003]) expect(await ask(network.open(port))).toBe(Code.Content)
  expect(happened).toEqual(['session', 'migrated', 'migrated'])
  expect(peers.size).toBe(1)
})

test('a server that has forgotten the session gets a new one', async () => {
  const { network, serve, ask, happened, clock } = setUp()
  const first = serve()
  expect(await ask(network.open(40_001))).toBe(Code.Content)
  await first.close()
  const before = clock.now()
  serve()
  // the meter sends again for half a minute before it takes the session for lost
  expect(await ask(network.open(40_002))).toBe(Code.Content)
  expect(clock.now() - before).toBeGreaterThan(30_000)
  expect(happened).toEqual(['session', 'session'])
})

test('an acknowledgement that nobody answers is no sign that the session is lost', async () => {
  const { network, serve, ask, happened, clock, session } = setUp()
  serve()
  expect(await ask(network.open(40_001))).toBe(Code.Content)
  session.through(network.open(40_002)).send(Uint8Array.of(0x60, 0, 0, 1), peerOf('127.0.0.1', 5684))
  clock.advance(60_000)
  expect(await ask(network.open(40_003))).toBe(Code.Content)
  expect(happened.filter((what) => what !== 'migrated')).toEqual(['session'])
})

test('a key follows from the secret and the name, and from nothing else', () => {
  expect(toHex(keyOf('secret', 'a').key)).toBe(toHex(keyOf('secret', 'a').key))
  const keys = ['a', 'b'].flatMap((name) => ['one', 'two'].map((secret) => toHex(keyOf(secret, name).key)))
  expect(new Set(keys).size).toBe(4)
})
