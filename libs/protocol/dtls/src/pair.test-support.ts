import { createPrivateKey } from 'node:crypto'
import { ManualClock, seededRandom } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { certificates, privateKeys } from './certificates/certificate-vectors.js'
import type { OwnCredentials } from './certificates/public-key.js'
import { connectDtls } from './client/client.js'
import type { DtlsClient, DtlsClientOptions } from './client/client.js'
import type { DtlsNotice } from './driver.js'
import { createDtlsServer } from './endpoint/server.js'
import type { DtlsServer, DtlsServerOptions } from './endpoint/server.js'
import type { DtlsPeer } from './identity.js'
import type { DtlsSession } from './session/session.js'

export const ascii = (text: string): Uint8Array => new TextEncoder().encode(text)
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
export const der = (name: keyof typeof certificates): Uint8Array =>
  Uint8Array.from(Buffer.from(certificates[name], 'base64'))
export const credentialsOf = (
  name: keyof typeof privateKeys,
  ...intermediates: (keyof typeof certificates)[]
): OwnCredentials => ({
  privateKey: createPrivateKey({
    key: Buffer.from(privateKeys[name], 'base64'),
    format: 'der',
    type: 'pkcs8',
  }),
  chain: [der(name), ...intermediates.map(der)],
})

export const peerAt = (address: string, port = 5684): DtlsPeer => ({
  id: `${address}:${port}`,
  address,
  port,
})
export const pskKey = Uint8Array.from({ length: 16 }, (_, i) => i)
export const psk = { identity: ascii('meter-1'), key: pskKey }
/** Every PSK suite, every certificate suite. */
export const pskSuites = [0xc0a8, 0x00a8, 0x00ae]
export const ecdheSuites = [0xc0ae, 0xc02b, 0xc023]

/** Collects what an endpoint tells. */
export class Notices {
  readonly all: DtlsNotice[] = []
  readonly push = (notice: DtlsNotice): void => {
    this.all.push(notice)
  }

  of<T extends DtlsNotice['type']>(type: T): Extract<DtlsNotice, { type: T }>[] {
    return this.all.filter((one): one is Extract<DtlsNotice, { type: T }> => one.type === type)
  }

  get messages(): string[] {
    return this.of('message').map(({ payload }) => textOf(payload))
  }
}

/** What may happen to a datagram on its way: it arrives as none, one or more datagrams, each after so many milliseconds. */
export type Road = (
  datagram: Uint8Array,
  direction: 'up' | 'down',
) => readonly { readonly bytes: Uint8Array; readonly afterMs: number }[]

const straight: Road = (bytes) => [{ bytes, afterMs: 0 }]

/** Loses, doubles and delays datagrams with the given probabilities. */
export function roughRoad(random: Random, lose: number, double: number, reorder: number): Road {
  return (bytes) => {
    const copies = random.unit() < double ? 2 : 1
    return Array.from({ length: copies }, () => ({
      bytes,
      afterMs: random.unit() < reorder ? 50 + random.unit() * 400 : 1,
      lost: random.unit() < lose,
    })).filter(({ lost }) => !lost)
  }
}

type ClientChoice = Partial<Omit<DtlsClientOptions, 'clock' | 'random' | 'send' | 'notify' | 'server'>>

/** A client of the pair with what it heard and sent. */
export interface PairClient {
  readonly client: DtlsClient
  readonly notices: Notices
  readonly sent: Uint8Array[]
  /** Where its datagrams come from; changed by a NAT. */
  peer: DtlsPeer
}

/** A server and its clients on a virtual network in virtual time. */
export class Pair {
  readonly clock = new ManualClock(Date.UTC(2026, 10, 22))
  readonly random: Random
  readonly notices = new Notices()
  readonly sent: { bytes: Uint8Array; to: DtlsPeer }[] = []
  readonly clients = new Map<string, PairClient>()
  server: DtlsServer
  road: Road = straight
  readonly serverPeer = peerAt('192.0.2.1', 5684)
  #nextPort = 40_000

  constructor(
    readonly options: Partial<DtlsServerOptions> = {},
    seed = 1,
  ) {
    this.random = seededRandom(seed)
    this.server = this.createServer()
  }

  /** Another server in the place of the first: a restart, if nothing is imported. */
  createServer(options: Partial<DtlsServerOptions> = {}): DtlsServer {
    const server = createDtlsServer({
      clock: this.clock,
      random: this.random,
      send: (bytes, to) => {
        if (this.server !== server && this.server !== undefined) return
        this.sent.push({ bytes, to })
        this.#travel(bytes, 'down', (arrived) => {
          for (const client of this.clients.values())
            if (client.peer.id === to.id) client.client.receive(arrived)
        })
      },
      notify: this.notices.push,
      psk: () => pskKey,
      ...this.options,
      ...options,
    })
    return server
  }

  connect(options: ClientChoice = {}): PairClient {
    const peer = peerAt('198.51.100.1', this.#nextPort++)
    const notices = new Notices()
    const sent: Uint8Array[] = []
    const entry = { notices, sent, peer } as { -readonly [K in keyof PairClient]: PairClient[K] }
    this.clients.set(peer.id, entry)
    entry.client = connectDtls({
      clock: this.clock,
      random: this.random,
      server: this.serverPeer,
      send: (bytes) => {
        sent.push(bytes)
        this.#travel(bytes, 'up', (arrived) => this.server.receive(arrived, entry.peer))
      },
      notify: notices.push,
      ...(options.suites?.some((id) => ecdheSuites.includes(id)) ? {} : { psk }),
      ...options,
    })
    return entry
  }

  #travel(bytes: Uint8Array, direction: 'up' | 'down', arrive: (bytes: Uint8Array) => void): void {
    for (const one of this.road(bytes, direction)) this.clock.after(one.afterMs, () => arrive(one.bytes))
  }

  /** Lets what is under way arrive, and promises settle. */
  async settle(rounds = 8): Promise<void> {
    for (let i = 0; i < rounds; i++) {
      this.clock.advance(0)
      await Promise.resolve()
      await Promise.resolve()
    }
  }

  async open(options: ClientChoice = {}): Promise<PairClient & { session: DtlsSession }> {
    const client = this.connect(options)
    await this.settle()
    const session = this.notices.of('session').at(-1)?.session
    if (!session || client.notices.of('session').length === 0)
      throw new Error(JSON.stringify([...client.notices.all, ...this.notices.all].map((one) => one.type)))
    return Object.assign(client, { session })
  }
}
