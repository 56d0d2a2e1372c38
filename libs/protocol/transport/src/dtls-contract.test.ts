import { Code, ManualClock, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, Peer } from '@fieldline/coap'
import { coapEndpointContract } from '@fieldline/coap/contract'
import type { EndpointPair } from '@fieldline/coap/contract'
import { describe, expect, it } from 'vitest'
import { createDtlsClientTransport, createDtlsServerTransport } from './dtls-transport.js'
import type { DtlsServerTransport, DtlsTransportPeer } from './dtls-transport.js'
import { peerOf } from './known-peers.js'
import { createMemoryNetwork } from './memory-network.js'
import type { MemoryNetworkOptions } from './memory-network.js'
import { runVirtual } from './pairs.test-support.js'

const identity = new TextEncoder().encode('meter-1')
const key = Uint8Array.from({ length: 16 }, (_, i) => i + 1)

/** A client and a server over DTLS with a pre-shared key, over a memory network with the given troubles. */
function dtlsPair(troubles: Partial<MemoryNetworkOptions> = {}) {
  const clock = new ManualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(8), ...troubles })
  const [here, there] = [network.open(), network.open()]
  const transport: DtlsServerTransport = createDtlsServerTransport({
    datagrams: there,
    clock,
    random: seededRandom(21),
    psk: (asked) => (Buffer.compare(asked, identity) === 0 ? key : undefined),
  })
  const client = createCoapEndpoint({
    transport: createDtlsClientTransport({
      datagrams: here,
      clock,
      random: seededRandom(22),
      psk: { identity, key },
      cid: new Uint8Array(0),
    }),
    clock,
    random: seededRandom(11),
  })
  const server = createCoapEndpoint({ transport, clock, random: seededRandom(12) })
  return {
    client,
    server,
    transport,
    clock,
    serverPeer: peerOf(there.address, there.port),
    nobody: peerOf(there.address, 9),
    run: <T>(promise: Promise<T>) => runVirtual(clock, promise),
    close: async () => void (await Promise.all([client.close(), server.close()])),
  } satisfies EndpointPair & { transport: DtlsServerTransport; clock: ManualClock }
}

coapEndpointContract('ours, over DTLS', () => Promise.resolve(dtlsPair()))
coapEndpointContract('ours, over DTLS with a tenth lost, doubled and overtaken', () =>
  Promise.resolve(dtlsPair({ loss: 0.1, duplicate: 0.1, reorder: 0.1, delayMs: 50 })),
)

describe('DTLS transport', () => {
  const ask = (client: CoapEndpoint, peer: Peer) =>
    client.request(peer, { code: Code.Get, uriPath: ['x'], uriQuery: [], payload: noBytes })

  it('names the client by its session and says who it is', async () => {
    const { client, server, transport, serverPeer, run } = dtlsPair()
    const seen: DtlsTransportPeer[] = []
    server.serve((_request, peer) => {
      seen.push(peer as DtlsTransportPeer)
      return { code: Code.Content, payload: noBytes }
    })
    await run(ask(client, serverPeer))
    await run(ask(client, serverPeer))
    expect(seen[0]).toBe(seen[1])
    expect(seen[0].session.identity).toEqual({ kind: 'psk', identity })
    expect(transport.dtls.sessionCount).toBe(1)
  })

  it('sends requests to the client, until its session has ended', async () => {
    const { client, server, transport, serverPeer, run } = dtlsPair()
    let peer: Peer | undefined
    server.serve((_request, from) => {
      peer = from
      return { code: Code.Content, payload: noBytes }
    })
    client.serve(() => ({ code: Code.Content, payload: Uint8Array.of(7) }))
    await run(ask(client, serverPeer))
    expect([...(await run(ask(server, peer as Peer))).payload]).toEqual([7])
    transport.dtls.close((peer as DtlsTransportPeer).session)
    await expect(run(ask(server, peer as Peer))).rejects.toMatchObject({ reason: 'closed', sent: false })
  })
})
