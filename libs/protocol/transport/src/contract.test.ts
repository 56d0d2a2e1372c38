import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { Code } from '@fieldline/bytes'
import { coapEndpointContract } from '@fieldline/coap/contract'
import type { EndpointPair } from '@fieldline/coap/contract'
import { describe, expect, it } from 'vitest'
import { memoryPair, runReal, silentPeer, udpEndpoint } from './pairs.test-support.js'

coapEndpointContract('ours, in memory', () => Promise.resolve(memoryPair()))

coapEndpointContract('ours, with a fifth lost, a fifth doubled and a fifth overtaken', () =>
  Promise.resolve(memoryPair({ loss: 0.2, duplicate: 0.2, reorder: 0.2, delayMs: 80 })),
)

async function udpPair(host: string): Promise<EndpointPair> {
  const [client, server, silent] = await Promise.all([udpEndpoint(host), udpEndpoint(host), silentPeer(host)])
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

coapEndpointContract('ours, over UDP and IPv4', () => udpPair('127.0.0.1'))

const hasIPv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address, internal }) => internal && isIPv6(address)),
)
if (hasIPv6) coapEndpointContract('ours, over UDP and IPv6', () => udpPair('::1'))

describe('a lossy network', () => {
  it('neither loses nor repeats a request, whatever the seed', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const pair = memoryPair({ seed, loss: 0.25, duplicate: 0.3, reorder: 0.3, delayMs: 100 })
      const handled: number[] = []
      pair.server.serve((request) => {
        handled.push(request.payload[0])
        return Promise.resolve({ code: Code.Changed, payload: request.payload })
      })
      const answers = Array.from({ length: 10 }, (_, i) =>
        pair.client
          .request(pair.serverPeer, {
            code: Code.Post,
            uriPath: ['x'],
            uriQuery: [],
            payload: Uint8Array.of(i),
          })
          .then(
            ({ payload }) => payload[0],
            () => -1,
          ),
      )
      const outcomes = await pair.run(Promise.all(answers))
      expect(new Set(handled).size).toBe(handled.length)
      for (const [i, outcome] of outcomes.entries()) {
        expect([i, -1]).toContain(outcome)
        if (outcome === i) expect(handled).toContain(i)
      }
      expect(outcomes.filter((outcome) => outcome >= 0).length).toBeGreaterThan(7)
      await pair.close()
    }
  })
})
