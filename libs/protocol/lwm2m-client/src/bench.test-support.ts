import { Code, ManualClock, ProtocolError, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, CoapRequest, CoapResponse, IncomingRequest, Peer } from '@fieldline/coap'
import { ContentFormat } from '@fieldline/codec'
import { definitionsFor } from '@fieldline/lwm2m'
import type { ResourceValue } from '@fieldline/object-model'
import { createMemoryNetwork } from '@fieldline/transport'
import type { MemoryNetwork } from '@fieldline/transport'
import { LwM2mClient } from './client.js'
import type { ClientOptions, DeliveredReport } from './client.js'
import { createLink } from './link.js'
import { ObjectStore } from './object-store.js'

export const definitions = definitionsFor({ versions: new Map([[3424, '1.1']]) }, '1.1')
export const serverPort = 5683

/** A client and a server of a few lines on our CoAP endpoint, over a memory network in virtual time. */
export class Bench {
  readonly clock = new ManualClock()
  readonly network: MemoryNetwork
  readonly server: CoapEndpoint
  client!: LwM2mClient
  /** Registrations of the server: location -> where it was last heard from. */
  readonly registrations = new Map<string, Peer>()
  readonly uplinks: IncomingRequest[] = []
  readonly delivered: DeliveredReport[] = []
  /** What the register of the meter says. */
  volume = 12.5
  readonly settings: { period: ResourceValue; rebooted: number } = { period: 0, rebooted: 0 }

  constructor(duplicate = 0) {
    const { clock } = this
    this.network = createMemoryNetwork({ clock, random: seededRandom(3), duplicate })
    this.server = createCoapEndpoint({
      transport: this.network.open(serverPort),
      clock,
      random: seededRandom(5),
    })
    this.server.serve((request, peer) => {
      this.uplinks.push(request)
      const [first, location] = request.uriPath
      if (first === 'dp') return { code: Code.Changed, payload: noBytes }
      if (location === undefined) {
        const name = `r${this.registrations.size + 1}`
        this.registrations.set(name, peer)
        return { code: Code.Created, locationPath: ['rd', name], payload: noBytes }
      }
      if (!this.registrations.has(location)) throw new ProtocolError(Code.NotFound, 'register again')
      this.registrations.set(location, peer)
      return { code: request.code === Code.Delete ? Code.Deleted : Code.Changed, payload: noBytes }
    })
  }

  #objects(): ObjectStore {
    const { settings } = this
    const store = new ObjectStore(definitions)
    store.add(3424, 0, { 1: { read: () => this.volume }, 3: { read: () => 'jet', write: () => undefined } })
    store.add(1, 0, {
      0: { read: () => 101 },
      1: { read: () => 600, write: () => undefined },
      2: { read: () => settings.period, write: (value) => (settings.period = value as number) },
      6: { read: () => true },
      7: { read: () => 'U' },
      8: { execute: () => undefined },
    })
    store.add(3, 0, {
      4: { execute: () => void settings.rebooted++ },
      6: { read: () => new Map([0, 1].map((instance) => [instance, instance === 0 ? 1 : 5])) },
      11: { read: () => new Map([[0, 0]]) },
      16: { read: () => 'U' },
    })
    return store
  }

  makeClient(options: Partial<ClientOptions> = {}): LwM2mClient {
    const { clock, network } = this
    const server = { id: `127.0.0.1:${serverPort}`, address: '127.0.0.1', port: serverPort }
    this.client = new LwM2mClient({
      clock,
      open: async () => createLink({ transport: network.open(), server, clock, random: seededRandom(7) }),
      endpoint: 'urn:imei:004810010000017',
      version: '1.1',
      queueMode: true,
      lifetime: () => 600,
      store: this.#objects(),
      objectVersions: new Map([[3424, '1.1']]),
      formats: [ContentFormat.Tlv, ContentFormat.SenmlJson, ContentFormat.SenmlCbor, ContentFormat.Text],
      events: { delivered: (report) => void this.delivered.push(report) },
      ...options,
    })
    return this.client
  }

  /** A client that is awake and registered. */
  async started(options: Partial<ClientOptions> = {}): Promise<LwM2mClient> {
    const client = this.makeClient(options)
    await client.wake()
    const { kind } = await this.during(client.contact())
    if (kind !== 'registered') throw new Error(`the client is ${kind}`)
    return client
  }

  /** Runs virtual time and everything that hangs on it. */
  async pass(milliseconds: number): Promise<void> {
    const step = milliseconds > 2_000 ? 250 : 5
    for (let passed = 0; passed < milliseconds; passed += step) {
      this.clock.advance(step)
      for (let turn = 0; turn < 12; turn++) await Promise.resolve()
    }
  }

  /** What comes of `work` in a span of virtual time. */
  async during<T>(work: Promise<T>, milliseconds = 200): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined
    work.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    )
    await this.pass(milliseconds)
    if (!outcome) throw new Error(`not settled after ${milliseconds} ms`)
    if ('error' in outcome) throw outcome.error
    return outcome.value
  }

  /** Where the client is. */
  here(): Peer {
    const [address, port] = this.client.localAddress!.split(':')
    return { id: this.client.localAddress!, address, port: Number(port) }
  }

  /** A request of the server and the client's answer. */
  ask(request: CoapRequest, token?: Uint8Array): Promise<CoapResponse> {
    return this.during(this.server.request(this.here(), request, token ? { token } : {}))
  }
}
