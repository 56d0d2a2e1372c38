import { ManualClock, seededRandom } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import type { SessionRow } from '@fieldline/store'
import {
  createDtlsClientTransport,
  createDtlsServerTransport,
  createMemoryNetwork,
  peerOf,
} from '@fieldline/transport'
import type { DtlsTransportPeer } from '@fieldline/transport'
import { describe, expect, it } from 'vitest'
import { SessionKeeper } from './session-keeper.js'

const key = new Uint8Array(16).fill(7)
/** Record numbers that one snapshot sets aside. */
const numbersOfSnapshot = 1_024

/** A server whose sessions are kept in a table that can be away, and a client with an open session. */
async function setUp() {
  const clock = new ManualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(1) })
  const table = { isAway: false, rows: new Map<string, SessionRow>() }
  const failed: string[] = []
  const serve = (port: number, seed: number) => {
    const transport = createDtlsServerTransport({
      clock,
      random: seededRandom(seed),
      datagrams: network.open(port),
      psk: () => key,
      observe: (notice, peer) => {
        if (notice.type === 'handshake-error' || notice.type === 'handshake-doubt' || !peer) return
        if (notice.type === 'closed') keeper.ended(peer.name)
        else
          keeper.keep(
            notice.session,
            { name: peer.name, deviceId: 'device', since: 0 },
            notice.type !== 'export-due' || notice.urgent,
          )
      },
    })
    const keeper: SessionKeeper = new SessionKeeper({
      clock,
      organisationId: 'organisation',
      dtls: transport.dtls,
      sessions: {
        async store(rows: readonly SessionRow[]) {
          if (table.isAway) throw new Error('the database is away')
          const taken = rows.filter(
            ({ name, generation }) => (table.rows.get(name)?.generation ?? 0) < generation,
          )
          for (const row of taken) table.rows.set(row.name, row)
          return taken.map(({ name }) => name)
        },
        async remove(names: readonly string[]) {
          if (table.isAway) throw new Error('the database is away')
          for (const name of names) table.rows.delete(name)
        },
      },
      onFailed: (what) => void failed.push(what),
    })
    transport.listen((_message, from) => void (peer = from as DtlsTransportPeer))
    return { transport, keeper }
  }
  let peer: DtlsTransportPeer | undefined
  const heard: string[] = []
  const wire = network.open(40_000)
  /** What an eavesdropper has of the client. */
  const overheard: Uint8Array[] = []
  const send = wire.send.bind(wire)
  wire.send = (datagram, to) => {
    overheard.push(datagram.slice())
    send(datagram, to)
  }
  const client = createDtlsClientTransport({
    clock,
    random: seededRandom(3),
    datagrams: wire,
    psk: { identity: Uint8Array.of(1), key },
    cid: new Uint8Array(0),
  })
  client.listen((message) => void heard.push(new TextDecoder().decode(message)))
  const settle = async (milliseconds: number): Promise<void> => {
    for (let passed = 0; passed < milliseconds; passed += 10) {
      for (let i = 0; i < 10; i++) await Promise.resolve()
      clock.advance(10)
    }
  }
  const server: Peer = peerOf('127.0.0.1', 5_684)
  const first = serve(5_684, 2)
  client.send(new TextEncoder().encode('hello'), server)
  await settle(200)
  if (!peer) throw new Error('no session')
  return { ...first, peer, client, server, serve, network, overheard, table, failed, heard, settle }
}

/** Sends so many messages to the client, and says how many left. */
function sendMany(
  transport: Awaited<ReturnType<typeof setUp>>['transport'],
  peer: DtlsTransportPeer,
  count: number,
): number {
  let left = 0
  for (let i = 0; i < count; i++) if (transport.dtls.send(Uint8Array.of(i), peer.session)) left++
  return left
}

describe('a session', () => {
  it('is stored as soon as it is open, and forgotten with its end', async () => {
    const { table, peer, transport, settle } = await setUp()
    expect([...table.rows.keys()]).toEqual([peer.name])
    transport.dtls.close(peer.session)
    await settle(100)
    expect(table.rows.size).toBe(0)
  })

  it('sends no more than its stored snapshot allows while the database is away, and goes on when it is back', async () => {
    const { table, peer, transport, failed, settle } = await setUp()
    table.isAway = true
    expect(sendMany(transport, peer, 3_000)).toBeLessThanOrEqual(numbersOfSnapshot)
    await settle(5_000)
    expect(failed.length).toBeGreaterThan(1)
    expect(sendMany(transport, peer, 100)).toBe(0)
    table.isAway = false
    await settle(2_000)
    expect(sendMany(transport, peer, 100)).toBe(100)
  })

  it('uses no number that a snapshot set aside which was not taken, for another process has stored its own', async () => {
    const { table, peer, transport, settle } = await setUp()
    const row = table.rows.get(peer.name) as SessionRow
    table.rows.set(peer.name, { ...row, generation: row.generation + 1 })
    expect(sendMany(transport, peer, 600)).toBe(600)
    await settle(1_000)
    expect(sendMany(transport, peer, 600)).toBeLessThan(numbersOfSnapshot - 599)
  })

  it('does not take again after a kill what it had received seconds before, from wherever it comes', async () => {
    const { table, peer, transport, client, server, serve, network, overheard, settle } = await setUp()
    client.send(new TextEncoder().encode('a reading'), server)
    await settle(6_000)
    const { snapshot } = table.rows.get(peer.name) as SessionRow
    await transport.close()
    const next = serve(5_684, 9)
    next.transport.import(snapshot, peer.name)
    const stranger = network.open(50_000)
    for (const datagram of overheard) stranger.send(datagram, server)
    await settle(100)
    expect(next.transport.dtls.counters).toMatchObject({ messagesReceived: 0, migrations: 0 })
  })

  it('writes what was received once for many messages', async () => {
    const { table, peer, client, server, settle } = await setUp()
    const before = table.rows.get(peer.name)?.generation ?? 0
    for (let i = 0; i < 20; i++) {
      client.send(Uint8Array.of(i), server)
      await settle(200)
    }
    await settle(6_000)
    expect(table.rows.get(peer.name)?.generation).toBe(before + 1)
  })

  it('goes on in another process from what is stored, with numbers that the first has not used', async () => {
    const { table, peer, transport, client, server, serve, heard, settle } = await setUp()
    sendMany(transport, peer, 500)
    await settle(100)
    const row = table.rows.get(peer.name)
    await transport.close()
    const next = serve(5_684, 9)
    const imported = next.transport.import(row?.snapshot ?? new Uint8Array(0), peer.name)
    expect([imported.id, imported.identity]).toEqual([peer.id, peer.identity])
    await next.keeper.flush()
    client.send(new TextEncoder().encode('again'), server)
    await settle(100)
    heard.length = 0
    next.transport.send(new TextEncoder().encode('welcome back'), imported)
    await settle(100)
    expect(heard).toEqual(['welcome back'])
    expect(next.transport.dtls.counters.handshakesStarted).toBe(0)
  })
})
