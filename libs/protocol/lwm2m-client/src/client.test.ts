import { Code, ManualClock, ProtocolError, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, CoapRequest, CoapResponse, IncomingRequest, Peer } from '@fieldline/coap'
import { ContentFormat, decode } from '@fieldline/codec'
import {
  definitionsFor,
  discoverRequest,
  executeRequest,
  observeRequest,
  parseRegister,
  parseSend,
  readRequest,
  writeAttributesRequest,
  writeRequest,
} from '@fieldline/lwm2m'
import { formatPath, parsePath } from '@fieldline/object-model'
import type { Node, ResourceValue } from '@fieldline/object-model'
import { createMemoryNetwork } from '@fieldline/transport'
import { beforeEach, describe, expect, test } from 'vitest'
import { LwM2mClient } from './client.js'
import type { ClientOptions, Contact, DeliveredReport } from './client.js'
import { createLink } from './link.js'
import { ObjectStore } from './object-store.js'

const definitions = definitionsFor({ versions: new Map([[3424, '1.1']]) }, '1.1')
const serverPort = 5683

let clock: ManualClock
let network: ReturnType<typeof createMemoryNetwork>
let server: CoapEndpoint
let client: LwM2mClient
/** Registrations of the server: location -> where it was last heard from. */
let registrations: Map<string, Peer>
let uplinks: IncomingRequest[]
let delivered: DeliveredReport[]
let volume: number
let settings: { period: ResourceValue; rebooted: number }

function objects(): ObjectStore {
  const store = new ObjectStore(definitions)
  store.add(3424, 0, { 1: { read: () => volume }, 3: { read: () => 'jet', write: () => undefined } })
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
    6: {
      read: () =>
        new Map([
          [0, 1],
          [1, 5],
        ]),
    },
    11: { read: () => new Map([[0, 0]]) },
    16: { read: () => 'U' },
  })
  return store
}

function makeClient(options: Partial<ClientOptions> = {}): LwM2mClient {
  return new LwM2mClient({
    clock,
    open: () =>
      Promise.resolve(
        createLink({
          transport: network.open(),
          server: { id: `127.0.0.1:${serverPort}`, address: '127.0.0.1', port: serverPort },
          clock,
          random: seededRandom(7),
        }),
      ),
    endpoint: 'urn:imei:004810010000017',
    version: '1.1',
    queueMode: true,
    lifetime: () => 600,
    store: objects(),
    objectVersions: new Map([[3424, '1.1']]),
    formats: [ContentFormat.Tlv, ContentFormat.SenmlJson, ContentFormat.SenmlCbor, ContentFormat.Text],
    events: { delivered: (report) => void delivered.push(report) },
    ...options,
  })
}

/** Runs virtual time and everything that hangs on it. */
async function pass(milliseconds: number): Promise<void> {
  const step = milliseconds > 2_000 ? 250 : 5
  for (let passed = 0; passed < milliseconds; passed += step) {
    clock.advance(step)
    for (let turn = 0; turn < 12; turn++) await Promise.resolve()
  }
}

async function during<T>(work: Promise<T>, milliseconds = 200): Promise<T> {
  let outcome: { value: T } | { error: unknown } | undefined
  work.then(
    (value) => (outcome = { value }),
    (error: unknown) => (outcome = { error }),
  )
  await pass(milliseconds)
  if (!outcome) throw new Error(`not settled after ${milliseconds} ms`)
  if ('error' in outcome) throw outcome.error
  return outcome.value
}

function here(): Peer {
  const [address, port] = client.localAddress!.split(':')
  return { id: client.localAddress!, address, port: Number(port) }
}

function ask(request: CoapRequest, token?: Uint8Array): Promise<CoapResponse> {
  return during(server.request(here(), request, token ? { token } : {}))
}

async function started(options: Partial<ClientOptions> = {}): Promise<void> {
  client = makeClient(options)
  await client.wake()
  expect(await during(client.contact())).toEqual({ kind: 'registered' })
}

beforeEach(() => {
  clock = new ManualClock()
  network = createMemoryNetwork({ clock, random: seededRandom(3) })
  server = createCoapEndpoint({ transport: network.open(serverPort), clock, random: seededRandom(5) })
  registrations = new Map()
  uplinks = []
  delivered = []
  volume = 12.5
  settings = { period: 0, rebooted: 0 }
  server.serve((request, peer) => {
    uplinks.push(request)
    const [first, location] = request.uriPath
    if (first === 'dp') return { code: Code.Changed, payload: noBytes }
    if (location === undefined) {
      const name = `r${registrations.size + 1}`
      registrations.set(name, peer)
      return { code: Code.Created, locationPath: ['rd', name], payload: noBytes }
    }
    if (!registrations.has(location)) throw new ProtocolError(Code.NotFound, 'register again')
    registrations.set(location, peer)
    return { code: request.code === Code.Delete ? Code.Deleted : Code.Changed, payload: noBytes }
  })
})

describe('registration', () => {
  test('a Register says endpoint, lifetime, version, queue mode, objects and formats', async () => {
    await started()
    const asked = parseRegister(uplinks[0].uriQuery, uplinks[0].payload)
    expect(asked).toMatchObject({
      endpoint: 'urn:imei:004810010000017',
      lifetime: 600,
      version: '1.1',
      queueMode: true,
    })
    expect(asked.objectLinks.versions.get(3424)).toBe('1.1')
    expect(asked.objectLinks.instances).toContainEqual({ objectId: 3, instanceId: 0 })
    expect(asked.objectLinks.contentFormats).toEqual([11542, 110, 112])
  })

  test('a client of 1.0 says queue mode in its binding', async () => {
    await started({ version: '1.0' })
    expect(uplinks[0].uriQuery).toContain('b=UQ')
  })

  test('the next contact is an Update, and says a lifetime that has changed', async () => {
    let lifetime = 600
    await started({ lifetime: () => lifetime })
    lifetime = 900
    expect(await during(client.contact())).toEqual({ kind: 'updated' })
    expect(uplinks[1]).toMatchObject({ uriPath: ['rd', 'r1'], uriQuery: ['lt=900'] })
    await during(client.contact())
    expect(uplinks[2].uriQuery).toEqual([])
  })

  test('an Update that is answered 4.04 leads to a Register', async () => {
    await started()
    registrations.clear()
    expect(await during(client.contact())).toEqual({ kind: 'registered' })
    expect(uplinks.map(({ uriPath }) => uriPath.length)).toEqual([1, 2, 1])
  })

  test('a refusal is told with its code', async () => {
    server.serve(() => {
      throw new ProtocolError(Code.Forbidden, 'not known')
    })
    client = makeClient()
    await client.wake()
    expect(await during(client.contact())).toMatchObject({ kind: 'refused', code: Code.Forbidden })
    expect(client.registered).toBe(false)
  })

  test('a server that does not answer is unreachable after the last retransmission', async () => {
    network.cut(serverPort, true)
    client = makeClient()
    await client.wake()
    const contact: Contact = await during(client.contact(), 100_000)
    expect(contact.kind).toBe('unreachable')
  })

  test('a restarted client goes on with an Update from a new port and keeps its observations', async () => {
    await started()
    await ask(observeRequest(parsePath('/3424/0/1')), Uint8Array.of(1, 2))
    const before = client.localAddress
    const state = JSON.parse(JSON.stringify(client.state()))
    await client.stop()
    client = makeClient({ state })
    await client.wake()
    expect(await during(client.contact())).toEqual({ kind: 'updated' })
    expect(client.localAddress).not.toBe(before)
    expect(registrations.get('r1')?.id).toBe(client.localAddress)
    server.onNotification(() => 'ack')
    expect(await during(client.report())).toBe(1)
  })

  test('a De-register ends the registration', async () => {
    await started()
    await during(client.deregister())
    expect(uplinks.at(-1)).toMatchObject({ code: Code.Delete, uriPath: ['rd', 'r1'] })
    expect(client.registered).toBe(false)
  })
})

describe('sleep', () => {
  test('a sleeping client hears nothing, and hears again from the same port', async () => {
    await started()
    const { port } = here()
    client.sleep()
    const request = server.request(here(), readRequest(parsePath('/3424/0/1')))
    await pass(1_500)
    await client.wake()
    expect(here().port).toBe(port)
    expect((await during(request, 4_000)).code).toBe(Code.Content)
  })

  test('a client that rebinds wakes at a new port', async () => {
    await started()
    const { port } = here()
    client.sleep()
    await client.wake(true)
    expect(here().port).not.toBe(port)
  })

  test('quiet begins anew with each request', async () => {
    await started()
    let quiet = false
    void client.quietFor(5_000).then(() => (quiet = true))
    await pass(3_000)
    void server.request(here(), readRequest(parsePath('/3424/0/1')))
    await pass(3_000)
    expect(quiet).toBe(false)
    await pass(3_000)
    expect(quiet).toBe(true)
  })
})

describe('device management', () => {
  const valueOf = (response: CoapResponse, path: string): Node[] =>
    decode(response.contentFormat!, response.payload, {
      base: parsePath(path),
      definitions,
      now: clock.now(),
    })

  test('a Read is answered in the first format, and in the one asked for', async () => {
    await started()
    const plain = await ask(readRequest(parsePath('/3424/0')))
    expect(plain.contentFormat).toBe(ContentFormat.Tlv)
    expect(valueOf(plain, '/3424/0').map(({ value }) => value)).toEqual([12.5, 'jet'])
    for (const accept of [ContentFormat.SenmlJson, ContentFormat.SenmlCbor, ContentFormat.Text]) {
      const response = await ask(readRequest(parsePath('/3424/0/1'), { accept }))
      expect(response.contentFormat).toBe(accept)
      expect(valueOf(response, '/3424/0/1')[0].value).toBe(12.5)
    }
  })

  test.each([
    ['a format it does not speak', '/3424/0/1', ContentFormat.LwM2mJson],
    ['text for a whole instance', '/3424/0', ContentFormat.Text],
  ])('%s is answered 4.06', async (_name, path, accept) => {
    await started()
    expect((await ask(readRequest(parsePath(path), { accept }))).code).toBe(Code.NotAcceptable)
  })

  test('a multiple resource reads as its instances', async () => {
    await started()
    const nodes = valueOf(await ask(readRequest(parsePath('/3/0/6'))), '/3/0/6')
    expect(nodes.map(({ path, value }) => [formatPath(path), value])).toEqual([
      ['/3/0/6/0', 1],
      ['/3/0/6/1', 5],
    ])
  })

  const write = (path: string, value: ResourceValue, type: Node['type'], format: number): CoapRequest =>
    writeRequest(parsePath(path), [{ path: parsePath(path), type, value }], format, {
      mode: 'replace',
      definitions,
    })

  test('a Write changes the value', async () => {
    await started()
    expect((await ask(write('/1/0/2', 300, 'integer', ContentFormat.Text))).code).toBe(Code.Changed)
    expect(settings.period).toBe(300)
  })

  test.each([
    [
      'of a resource that is only read',
      write('/3424/0/1', 1, 'float', ContentFormat.Tlv),
      Code.MethodNotAllowed,
    ],
    ['of nothing', write('/1/7/2', 1, 'integer', ContentFormat.Tlv), Code.NotFound],
    [
      'in another format',
      write('/1/0/2', 1, 'integer', ContentFormat.LwM2mJson),
      Code.UnsupportedContentFormat,
    ],
    ['of a word for a number', write('/1/0/2', 'soon', 'string', ContentFormat.Text), Code.BadRequest],
    ['of keys', write('/0/0/3', 'key', 'string', ContentFormat.Text), Code.Unauthorized],
  ])('a Write %s is refused', async (_name, request, code) => {
    await started()
    expect((await ask(request)).code).toBe(code)
    expect(settings.period).toBe(0)
  })

  test('a Write of an instance is all or nothing', async () => {
    await started()
    const nodes: Node[] = [
      { path: parsePath('/1/0/2'), type: 'integer', value: 60 },
      { path: parsePath('/1/0/0'), type: 'integer', value: 5 },
    ]
    const request = writeRequest(parsePath('/1/0'), nodes, ContentFormat.Tlv, {
      mode: 'partial',
      definitions,
    })
    expect((await ask(request)).code).toBe(Code.MethodNotAllowed)
    expect(settings.period).toBe(0)
  })

  test('an Execute runs once, however often its datagram arrives', async () => {
    network = createMemoryNetwork({ clock, random: seededRandom(11), duplicate: 1 })
    server = createCoapEndpoint({ transport: network.open(serverPort), clock, random: seededRandom(5) })
    server.serve(() => ({ code: Code.Created, locationPath: ['rd', 'r1'], payload: noBytes }))
    await started()
    expect((await ask(executeRequest(parsePath('/3/0/4')))).code).toBe(Code.Changed)
    expect(settings.rebooted).toBe(1)
  })

  test('an Execute of what is not executed is answered 4.05', async () => {
    await started()
    expect((await ask(executeRequest(parsePath('/3424/0/1')))).code).toBe(Code.MethodNotAllowed)
  })

  test('a Discover shows resources, dimensions and attributes', async () => {
    await started()
    await ask(writeAttributesRequest(parsePath('/3424/0/1'), { pmin: 10, pmax: 60 }))
    const links = new TextDecoder().decode((await ask(discoverRequest(parsePath('/3424/0')))).payload)
    expect(links).toBe('</3424/0>,</3424/0/1>;pmin=10;pmax=60,</3424/0/3>')
    const device = new TextDecoder().decode((await ask(discoverRequest(parsePath('/3')))).payload)
    expect(device).toContain('</3/0/6>;dim=2')
  })

  test.each([['/x'], ['/3/0/9'], ['/3/0/4/0/0'], ['/70000']])('%s is answered 4.04', async (path) => {
    await started()
    const uriPath = path.slice(1).split('/')
    const response = await ask({ code: Code.Get, uriPath, uriQuery: [], payload: noBytes })
    expect(response.code).toBe(Code.NotFound)
  })
})

describe('reporting', () => {
  const path = parsePath('/3424/0/1')
  const token = Uint8Array.of(9, 9)
  let notified: { value: ResourceValue; at: number; observe: number | undefined }[]

  beforeEach(() => {
    notified = []
    server.onNotification((notification) => {
      const [{ value }] = decode(notification.contentFormat!, notification.payload, {
        base: path,
        definitions,
        now: clock.now(),
      })
      notified.push({ value, at: clock.now(), observe: notification.observe })
      return 'ack'
    })
  })

  async function observed(
    attributes: Parameters<typeof writeAttributesRequest>[1],
    continuous = false,
  ): Promise<void> {
    await started({ continuous, queueMode: !continuous })
    await ask(writeAttributesRequest(path, attributes))
    expect((await ask(observeRequest(path), token)).observe).toBeDefined()
  }

  test('nothing is reported while nothing changes and pmax has not passed', async () => {
    await observed({ pmin: 5, pmax: 60 })
    await pass(20_000)
    expect(await during(client.report())).toBe(0)
  })

  test('a change waits for pmin', async () => {
    await observed({ pmin: 30, pmax: 600 })
    volume = 13
    expect(await during(client.report())).toBe(0)
    await pass(30_000)
    expect(await during(client.report())).toBe(1)
    expect(notified.map(({ value }) => value)).toEqual([13])
  })

  test('after pmax the value is reported though it is the same', async () => {
    await observed({ pmin: 5, pmax: 60 })
    await pass(61_000)
    expect(await during(client.report())).toBe(1)
  })

  test('st asks for a step, gt and lt for a crossing', async () => {
    await observed({ pmin: 0, st: 2 })
    volume = 14
    expect(await during(client.report())).toBe(0)
    volume = 14.5
    expect(await during(client.report())).toBe(1)
    await ask(writeAttributesRequest(path, { st: null, gt: 20, lt: 5 }))
    volume = 19
    expect(await during(client.report())).toBe(0)
    volume = 21
    expect(await during(client.report())).toBe(1)
    volume = 4
    expect(await during(client.report())).toBe(1)
  })

  test('the default periods of the Server object stand behind the attributes', async () => {
    settings.period = 100
    await observed({})
    volume = 13
    await pass(50_000)
    expect(await during(client.report())).toBe(0)
    await pass(51_000)
    expect(await during(client.report())).toBe(1)
  })

  test('a client that is always on reports by itself, with growing Observe values', async () => {
    await observed({ pmin: 2, pmax: 8 }, true)
    await pass(33_000)
    expect(notified).toHaveLength(4)
    const values = notified.map(({ observe }) => observe!)
    expect([...values].sort((a, b) => a - b)).toEqual(values)
    for (const [at, { at: time }] of notified.entries())
      if (at > 0) expect(time - notified[at - 1].at).toBeLessThan(8_600)
  })

  test('what was acknowledged is told with its values', async () => {
    await observed({ pmin: 0 })
    volume = 15
    await during(client.report())
    expect(delivered).toMatchObject([{ how: 'notify', path: '/3424/0/1', nodes: [{ value: 15 }] }])
  })

  test('a reset ends the observation', async () => {
    await observed({ pmin: 0 })
    server.onNotification(() => 'reset')
    volume = 15
    await during(client.report())
    expect(client.observed).toBe(0)
    expect(delivered).toEqual([])
  })

  test('what was not acknowledged is reported again at the next occasion', async () => {
    await observed({ pmin: 0 })
    volume = 15
    network.cut(serverPort, true)
    expect(await during(client.report(), 100_000)).toBe(0)
    network.cut(serverPort, false)
    expect(await during(client.report())).toBe(1)
    expect(notified.at(-1)?.value).toBe(15)
  })

  test('an observation ends with a GET of Observe 1', async () => {
    await observed({ pmin: 0 })
    await ask({ ...observeRequest(path), observe: 1 }, token)
    expect(client.observed).toBe(0)
  })

  test('a new registration begins without observations', async () => {
    await observed({ pmin: 0 })
    registrations.clear()
    await during(client.contact())
    expect(client.observed).toBe(0)
  })

  test('a Send carries values with their times', async () => {
    await started()
    const time = clock.now() - 60_000
    const nodes: Node[] = [
      { path, type: 'float', value: 12, time },
      { path, type: 'float', value: 12.5, time: time + 30_000 },
    ]
    expect(await during(client.send(nodes))).toBe('acknowledged')
    const { payload, contentFormat } = uplinks.at(-1)!
    const got = parseSend(payload, contentFormat, { definitions, now: clock.now() })
    expect(got.map((node) => [node.value, node.time])).toEqual([
      [12, time],
      [12.5, time + 30_000],
    ])
    expect(delivered).toHaveLength(1)
  })
})
