import { networkInterfaces } from 'node:os'
import { Code, seededRandom } from '@fieldline/bytes'
import { RequestError } from '@fieldline/coap'
import type { CoapRequest } from '@fieldline/coap'
import { describe, expect, it } from 'vitest'
import { peerOf } from './known-peers.js'
import { memoryPair, runReal, udpEndpoint } from './pairs.test-support.js'
import { createUdpProxy } from './udp-proxy.test-support.js'
import { createUdpTransport } from './udp-transport.js'

const body = (length: number, salt: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 8) + salt) & 0xff)
const post = (payload: Uint8Array, path = 'x'): CoapRequest => ({
  code: Code.Post,
  uriPath: [path],
  uriQuery: [],
  payload,
})

describe('through a network that loses, doubles and reorders', () => {
  it('bodies in blocks arrive once and whole, or fail and say so, whatever the seed', async () => {
    let completed = 0
    for (let seed = 1; seed <= 10; seed++) {
      const pair = memoryPair({ seed, loss: 0.15, duplicate: 0.25, reorder: 0.25, delayMs: 60 })
      const handled: string[] = []
      pair.server.serve((request) => {
        handled.push(request.uriPath[0])
        expect(request.payload).toEqual(body(5_000, Number(request.uriPath[0])))
        return Promise.resolve({ code: Code.Content, payload: body(4_000, request.payload[0]) })
      })
      const outcomes = await pair.run(
        Promise.all(
          [1, 2, 3].map((i) =>
            pair.client.request(pair.serverPeer, post(body(5_000, i), String(i))).then(
              ({ code, payload }) => {
                expect([code, payload]).toEqual([Code.Content, body(4_000, i)])
                return true
              },
              (error: unknown) => {
                expect(error).toBeInstanceOf(RequestError)
                return false
              },
            ),
          ),
        ),
      )
      completed += outcomes.filter(Boolean).length
      expect(new Set(handled).size).toBe(handled.length)
      await pair.close()
    }
    expect(completed).toBeGreaterThan(24)
  })

  it('every request over real sockets completes or fails, and no handler runs twice', async () => {
    const [client, server] = await Promise.all([udpEndpoint(), udpEndpoint()])
    const troubles = { loss: 0.1, duplicate: 0.3, reorder: 0.3 }
    const proxy = await createUdpProxy(server.peer.port, seededRandom(4), troubles)
    const handled: number[] = []
    server.endpoint.serve(({ payload }) => {
      handled.push(payload[0])
      return { code: Code.Changed, payload: payload.slice(0, 1) }
    })
    const through = peerOf('127.0.0.1', proxy.port)
    const outcomes = await runReal(
      Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          client.endpoint.request(through, post(Uint8Array.of(i))).then(
            ({ payload }) => payload[0] === i,
            (error: unknown) => (error instanceof RequestError ? 'failed' : error),
          ),
        ),
      ),
    )
    expect(new Set(handled).size).toBe(handled.length)
    expect(outcomes.every((outcome) => outcome === true || outcome === 'failed')).toBe(true)
    expect(outcomes.filter((outcome) => outcome === true).length).toBeGreaterThan(6)
    await Promise.all([client.endpoint.close(), server.endpoint.close(), proxy.close()])
  })

  it('a client whose NAT forgets is another peer, and its next request is answered', async () => {
    const [client, server] = await Promise.all([udpEndpoint(), udpEndpoint()])
    const proxy = await createUdpProxy(server.peer.port, seededRandom(4))
    const peers: string[] = []
    server.endpoint.serve((_request, peer) => {
      peers.push(peer.id)
      return { code: Code.Changed, payload: new Uint8Array() }
    })
    const through = peerOf('127.0.0.1', proxy.port)
    for (let i = 0; i < 2; i++) {
      const answer = await runReal(client.endpoint.request(through, post(Uint8Array.of(1))))
      expect(answer.code).toBe(Code.Changed)
      await proxy.rebind()
    }
    expect(new Set(peers).size).toBe(2)
    await Promise.all([client.endpoint.close(), server.endpoint.close(), proxy.close()])
  })
})

const interfaces = Object.entries(networkInterfaces()).flatMap(([name, list]) =>
  (list ?? []).map((one) => ({ ...one, name })),
)
const hasIPv6 = interfaces.some(({ family, internal }) => family === 'IPv6' && internal)

describe.runIf(hasIPv6)('a socket of both families', () => {
  it('knows an IPv4 peer by its IPv4 address, and answers it', async () => {
    const [dual, plain] = await Promise.all([udpEndpoint('::'), udpEndpoint('127.0.0.1')])
    const peers: string[] = []
    dual.endpoint.serve((_request, peer) => {
      peers.push(peer.id)
      return { code: Code.Content, payload: Uint8Array.of(6) }
    })
    const answer = await runReal(
      plain.endpoint.request(peerOf('127.0.0.1', dual.peer.port), post(Uint8Array.of(1))),
    )
    expect(answer.payload).toEqual(Uint8Array.of(6))
    expect(peers).toEqual([plain.peer.id])
    plain.endpoint.serve(() => ({ code: Code.Content, payload: Uint8Array.of(4) }))
    const back = await runReal(dual.endpoint.request(plain.peer, post(Uint8Array.of(1))))
    expect(back.payload).toEqual(Uint8Array.of(4))
    await Promise.all([dual.endpoint.close(), plain.endpoint.close()])
  })
})

const linkLocal = interfaces.find(({ address }) => address.startsWith('fe80:'))
describe.runIf(linkLocal)('a link-local address', () => {
  it('keeps its zone, and is answered through it', async () => {
    const { address, name } = linkLocal!
    const transport = await createUdpTransport({ host: `${address}%${name}`, port: 0 })
    const heard = new Promise<string>((resolve) => transport.listen((_datagram, peer) => resolve(peer.id)))
    transport.send(Uint8Array.of(1), peerOf(`${address}%${name}`, transport.port))
    expect(await runReal(heard)).toBe(`[${address}%${name}]:${transport.port}`)
    await transport.close()
  })
})

describe('what cannot be sent', () => {
  it('is counted: too long for UDP, of the wrong family, to no port', async () => {
    const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    transport.send(new Uint8Array(65_508), peerOf('127.0.0.1', 9))
    transport.send(Uint8Array.of(1), peerOf('::1', 9))
    transport.send(Uint8Array.of(1), peerOf('127.0.0.1', 0))
    await new Promise((resolve) => setImmediate(resolve))
    expect(transport.sendErrors).toBe(3)
    await transport.close()
  })

  it('is counted in full once the kernel has refused one of sixty-four', async () => {
    const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    // Bound to the loopback address, it cannot reach any other.
    for (let i = 0; i < 64; i++) transport.send(Uint8Array.of(1), peerOf('203.0.113.1', 9))
    await new Promise((resolve) => setImmediate(resolve))
    expect(transport.sendErrors).toBe(1)
    for (let i = 0; i < 10; i++) transport.send(Uint8Array.of(1), peerOf('203.0.113.1', 9))
    await new Promise((resolve) => setImmediate(resolve))
    expect(transport.sendErrors).toBe(11)
    await transport.close()
  })
})
