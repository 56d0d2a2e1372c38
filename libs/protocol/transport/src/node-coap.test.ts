import { Code } from '@fieldline/bytes'
import type { CoapEndpoint, Peer } from '@fieldline/coap'
import { coapEndpointContract } from '@fieldline/coap/contract'
import type { EndpointPair, KnownFailures } from '@fieldline/coap/contract'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createNodeCoapEndpoint, nodeCoap } from './node-coap.test-support.js'
import { runReal, silentPeer, udpEndpoint } from './pairs.test-support.js'

// As hasty as our own endpoint in these tests.
nodeCoap.updateTiming({ ackTimeout: 0.25, ackRandomFactor: 1, maxRetransmit: 2 })

type MakeEndpoint = () => Promise<{ endpoint: CoapEndpoint; peer: Peer }>

async function pairOf(makeClient: MakeEndpoint, makeServer: MakeEndpoint): Promise<EndpointPair> {
  const [client, server, silent] = await Promise.all([makeClient(), makeServer(), silentPeer()])
  return {
    client: client.endpoint,
    server: server.endpoint,
    serverPeer: server.peer,
    nobody: silent.peer,
    run: runReal,
    async close() {
      await Promise.all([client.endpoint.close(), server.endpoint.close(), silent.close()])
    },
  }
}

const asServer: KnownFailures = {
  'refuses a body over 64 KiB with 4.13': 'it assembles bodies without a limit',
  'processes the retransmission anew after NoAnswer':
    'it acknowledges by itself after 50 ms, whether the handler has answered or not',
  'tells the observed side of a reset': 'it does not tell what became of a notification',
  'proves that a request is fresh when the server demands it': 'it knows no Echo option',
  'sends no answer that is not wanted': 'it knows no No-Response option',
}

const asClient: KnownFailures = {
  'answers a ping': 'it cannot send an empty confirmable message',
  'tells the observed side of a reset': 'it acknowledges every notification before anybody can refuse it',
  'proves that a request is fresh when the server demands it': 'it knows no Echo option',
  'sends no answer that is not wanted': 'it knows no No-Response option',
  'rejects with timeout when nobody answers':
    'it reports only after EXCHANGE_LIFETIME, not MAX_TRANSMIT_WAIT',
  'rejects what is open when it is closed': 'closing drops open requests without a word',
}

coapEndpointContract(
  'our client, node-coap 1.5 as server',
  // It knows by the token what belongs together.
  () => pairOf(() => udpEndpoint(undefined, { oneTokenPerBody: true }), createNodeCoapEndpoint),
  asServer,
)
coapEndpointContract(
  'node-coap 1.5 as client, our server',
  () => pairOf(createNodeCoapEndpoint, udpEndpoint),
  asClient,
)

describe('our client, not told that node-coap is the server', () => {
  let pair: EndpointPair
  let bodies: number[]
  beforeEach(async () => {
    pair = await pairOf(udpEndpoint, createNodeCoapEndpoint)
    bodies = []
    pair.server.serve(({ payload }) => {
      bodies.push(payload.length)
      return { code: Code.Changed, payload: new Uint8Array(0) }
    })
  })
  afterEach(() => pair.close())
  const send = async (code: Code, length: number) => {
    const request = { code, uriPath: ['5', '0', '0'], uriQuery: [], payload: new Uint8Array(length) }
    return (await pair.client.request(pair.serverPeer, request)).code
  }

  it('delivers a body that may be sent twice, and every one from then on', async () => {
    expect(await send(Code.Put, 3_000)).toBe(Code.Changed)
    expect(await send(Code.Post, 4_000)).toBe(Code.Changed)
    expect(bodies).toEqual([3_000, 4_000])
  })

  it('does not send twice what might be done twice', async () => {
    expect(await send(Code.Post, 3_000)).toBe(Code.InternalServerError)
    expect(bodies).toEqual([])
  })
})
