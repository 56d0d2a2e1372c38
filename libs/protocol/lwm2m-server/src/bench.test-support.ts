import { Code, ManualClock, seededRandom, toHex } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type {
  CoapEndpoint,
  CoapRequest,
  CoapResponse,
  DatagramTransport,
  IncomingRequest,
} from '@fieldline/coap'
import { createMemoryNetwork, peerOf } from '@fieldline/transport'
import { startLwM2mServer } from './server.js'
import type { LwM2mServer } from './server.js'
import type {
  AfterRegister,
  DownlinkOperation,
  DownlinkOutcome,
  Observation,
  Registration,
  Report,
} from './ports.js'

const SERVER_PORT = 5683
const server = peerOf('127.0.0.1', SERVER_PORT)

/** A server on a memory network, with everything it stores in plain sight. */
export interface Bench {
  readonly clock: ManualClock
  readonly server: LwM2mServer
  readonly registrations: Map<string, Registration>
  readonly observations: Observation[]
  readonly reports: Report[]
  readonly operations: {
    operation: DownlinkOperation
    deviceId: string
    state: 'queued' | 'sent'
    outcome?: DownlinkOutcome
    sentAt?: number
  }[]
  readonly happened: string[]
  /** What the devices at these ports have proved to be. */
  readonly identities: Map<number, string>
  /** Makes the report sink fail, or wait, until set back. */
  sink: () => Promise<void>
  /** The same of the store of operations, where it is asked what waits. */
  asking: () => Promise<void>
  admit: boolean | 'mismatch'
  /** Leaves a request for a device. */
  queue(deviceId: string, operation: Partial<DownlinkOperation>): void
  /** A device at a port; it answers with `answer`, or not at all where that gives undefined. */
  device(port: number, answer?: (request: IncomingRequest) => CoapResponse | undefined): Device
  /** Lets `milliseconds` pass, promises settling on the way. */
  pass(milliseconds: number): Promise<void>
}

export interface Device {
  readonly endpoint: CoapEndpoint
  /** What the server asked, as `GET /3/0`. */
  readonly asked: string[]
  readonly tokens: Map<string, Uint8Array>
  request(
    code: Code,
    path: string,
    query?: readonly string[],
    payload?: string,
    contentFormat?: number,
  ): Promise<CoapResponse>
  register(name: string, query?: readonly string[], links?: string): Promise<string>
}

const methodNames: Readonly<Record<number, string>> = { 1: 'GET', 2: 'POST', 3: 'PUT', 4: 'DELETE' }

/** A transport whose peers have proved who they are, as DTLS gives it. */
function proving(inner: DatagramTransport, identities: ReadonlyMap<number, string>): DatagramTransport {
  return {
    name: inner.name,
    address: inner.address,
    port: inner.port,
    send: (datagram, peer) => inner.send(datagram, peer),
    listen: (receive) =>
      inner.listen((datagram, peer) => {
        const identity = identities.get(peer.port)
        receive(
          datagram,
          identity === undefined ? peer : { ...peer, identity, identityName: identity.slice(4) },
        )
      }),
    close: () => inner.close(),
  }
}

export async function createBench(
  afterRegister: AfterRegister = { reads: [], observations: [] },
  before?: Pick<Bench, 'registrations' | 'observations'>,
): Promise<Bench> {
  const clock = new ManualClock()
  const random = seededRandom(7)
  const network = createMemoryNetwork({ clock, random })
  const identities = new Map<number, string>()
  const transport = proving(network.open(SERVER_PORT), identities)
  const endpoint = createCoapEndpoint({ transport, clock, random })
  const registrations = before?.registrations ?? new Map<string, Registration>()
  const observations = before?.observations ?? []
  const reports: Report[] = []
  const operations: Bench['operations'] = []
  const happened: string[] = []
  let nextDevice = 1
  const bench = {
    clock,
    registrations,
    observations,
    reports,
    operations,
    happened,
    identities,
    admit: true,
    sink: async () => {},
    asking: async () => {},
  } as unknown as Bench & { server: LwM2mServer }

  bench.server = await startLwM2mServer({
    endpoint,
    clock,
    random,
    afterRegister: () => afterRegister,
    registrations: {
      load: async () => [...registrations.values()],
      async register(draft) {
        if (bench.admit === 'mismatch') return 'mismatch'
        if (!bench.admit) return undefined
        const deviceId =
          [...registrations.values()].find((one) => one.endpoint === draft.endpoint)?.deviceId ??
          `device-${nextDevice++}`
        registrations.set(deviceId, { ...draft, deviceId, organisationId: 'o' })
        return { deviceId, organisationId: 'o' }
      },
      async update(registration, changes) {
        await bench.sink()
        happened.push(`${registration.endpoint} changed ${changes.join(', ')}`)
      },
      async end(registration, reason) {
        registrations.delete(registration.deviceId)
        happened.push(`${registration.endpoint} ${reason}`)
      },
      contentFormatLearned: ({ contentFormat }) => void happened.push(`learned ${contentFormat}`),
    },
    observations: {
      load: async () => observations,
      add: async (added) => void observations.push(...added),
      async remove(removed) {
        for (const { token } of removed) {
          const at = observations.findIndex((one) => toHex(one.token) === toHex(token))
          if (at >= 0) observations.splice(at, 1)
        }
      },
    },
    sink: {
      async write(report) {
        await bench.sink()
        reports.push(report)
      },
    },
    operations: {
      devicesWaiting: async () =>
        operations.filter(({ state }) => state === 'queued').map(({ deviceId }) => deviceId),
      async next({ deviceId }) {
        await bench.asking()
        return operations.find((one) => one.deviceId === deviceId && one.state === 'queued' && !one.outcome)
          ?.operation
      },
      async sending(operation) {
        const row = operations.find((one) => one.operation === operation)
        if (!row || row.state !== 'queued') return false
        row.state = 'sent'
        row.sentAt = clock.now()
        return true
      },
      async finish(operation, outcome) {
        const row = operations.find((one) => one.operation === operation)
        if (row) row.outcome = outcome
      },
    },
    events: {
      contact: () => {},
      nameConflict: (_registration, addresses) => void happened.push(`conflict ${addresses.join(' ')}`),
      observationBegan: () => {},
      observationEnded: (_registration, _path, code) => void happened.push(`observation ended ${code}`),
      failed: (what, error) => void happened.push(`failed ${what}: ${String(error)}`),
    },
  })

  bench.queue = (deviceId, operation) => {
    operations.push({
      deviceId,
      state: 'queued',
      operation: {
        id: `op-${operations.length}`,
        kind: 'read',
        path: { objectId: 3, instanceId: 0, resourceId: 0 },
        ...operation,
      },
    })
    bench.server.operationsQueued([deviceId])
  }
  bench.pass = async (milliseconds) => {
    for (let left = milliseconds; left >= 0; left -= 10) {
      for (let i = 0; i < 20; i++) await Promise.resolve()
      if (left > 0) clock.advance(Math.min(10, left))
    }
  }
  bench.device = (port, answer = () => ({ code: Code.NotFound, payload: noBytes })) => {
    const own = createCoapEndpoint({ transport: network.open(port), clock, random })
    const asked: string[] = []
    const tokens = new Map<string, Uint8Array>()
    own.serve((request) => {
      const query = request.uriQuery.length > 0 ? `?${request.uriQuery.join('&')}` : ''
      const path = `/${request.uriPath.join('/')}`
      asked.push(
        `${methodNames[request.code]} ${path}${query}${request.observe === undefined ? '' : ` observe ${request.observe}`}${request.accept === undefined ? '' : ` accept ${request.accept}`}`,
      )
      if (request.observe === 0) tokens.set(path, request.token)
      const response = answer(request)
      return response ?? new Promise<CoapResponse>(() => {})
    })
    const request: Device['request'] = async (code, path, query = [], payload = '', contentFormat) => {
      const message: CoapRequest = {
        code,
        uriPath: path.split('/').slice(1),
        uriQuery: query,
        payload: new TextEncoder().encode(payload),
        contentFormat,
      }
      let done: CoapResponse | undefined
      let failed: unknown
      own.request(server, message).then(
        (response) => (done = response),
        (error: unknown) => (failed = error),
      )
      for (let i = 0; i < 100 && !done && failed === undefined; i++) await bench.pass(10)
      if (!done) throw failed ?? new Error('no answer in a second')
      return done
    }
    return {
      endpoint: own,
      asked,
      tokens,
      request,
      async register(name, query = [], links = '</1/0>,</3/0>') {
        const response = await request(
          Code.Post,
          '/rd',
          [`ep=${name}`, 'lt=60', 'lwm2m=1.1', 'b=U', ...query],
          links,
          40,
        )
        return response.locationPath?.join('/') ?? ''
      },
    }
  }
  return bench
}
