import { randomBytes } from 'node:crypto'
import { ManualClock, seededRandom } from '@fieldline/bytes'
import type { Clock, Random } from '@fieldline/bytes'
import { createCoapEndpoint, profiles } from '@fieldline/coap'
import type { CoapEndpoint, Peer, TransmissionProfile } from '@fieldline/coap'
import type { EndpointPair } from '@fieldline/coap/contract'
import { createMemoryNetwork } from './memory-network.js'
import type { MemoryNetworkOptions } from './memory-network.js'
import { peerOf } from './known-peers.js'
import { createUdpTransport } from './udp-transport.js'

/** Real time and chance, for tests with sockets. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
export const realRandom: Random = {
  bytes: (length) => new Uint8Array(randomBytes(length)),
  unit: Math.random,
}

/** Patience for the loopback interface: it gives up after 1.4 s. */
export const hasty: TransmissionProfile = {
  ...profiles.wired,
  ackTimeoutMs: 200,
  maxRetransmit: 2,
  ackRandomFactor: 1,
}

/** What no pair on one machine can need, milliseconds. */
const realLimit = 4_000

/** Waits for a promise in real time, not for ever. */
export async function runReal<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${realLimit} ms`)), realLimit)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for a promise while virtual time passes, up to an hour. */
export async function runVirtual<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const done = (): void => {
    settled = true
  }
  promise.then(done, done)
  const until = clock.now() + 3_600_000
  while (!settled && clock.now() < until) {
    for (let i = 0; i < 12; i++) await Promise.resolve()
    if (!settled) clock.advance(10)
  }
  if (!settled) throw new Error('nothing within an hour')
  return promise
}

/** Two of our endpoints over a memory network with the given troubles. */
export function memoryPair(troubles: Partial<MemoryNetworkOptions> & { seed?: number } = {}): EndpointPair {
  const clock = new ManualClock()
  const random = seededRandom(troubles.seed ?? 5)
  const network = createMemoryNetwork({ clock, random, ...troubles })
  const [here, there] = [network.open(), network.open()]
  const client = createCoapEndpoint({ transport: here, clock, random: seededRandom(11) })
  const server = createCoapEndpoint({ transport: there, clock, random: seededRandom(12) })
  return {
    client,
    server,
    serverPeer: peerOf(there.address, there.port),
    nobody: peerOf(there.address, 9),
    run: (promise) => runVirtual(clock, promise),
    async close() {
      await Promise.all([client.close(), server.close()])
    },
  }
}

/** One of our endpoints on a real socket. */
export async function udpEndpoint(
  host = '127.0.0.1',
  options: { readonly oneTokenPerBody?: boolean } = {},
): Promise<{ endpoint: CoapEndpoint; peer: Peer }> {
  const transport = await createUdpTransport({ host, port: 0 })
  const parts = { transport, clock: realClock, random: realRandom, profile: hasty }
  const endpoint = createCoapEndpoint({ ...parts, ...options })
  return { endpoint, peer: peerOf(transport.address, transport.port) }
}

/** A port of the loopback interface where nothing answers: ours, and silent. */
export async function silentPeer(host = '127.0.0.1'): Promise<{ peer: Peer; close(): Promise<void> }> {
  const transport = await createUdpTransport({ host, port: 0 })
  return { peer: peerOf(transport.address, transport.port), close: () => transport.close() }
}
