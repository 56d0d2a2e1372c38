import { execFile, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import type { Clock } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, CoapRequest, IncomingRequest, Notification, Peer } from '@fieldline/coap'
import { createUdpTransport, peerOf } from '@fieldline/transport'

/**
 * libcoap's client and server against our endpoint: a CoAP implementation that is none of ours, in C. Without COAP_CLIENT_PATH nothing is
 * tested; the server is looked for beside the client.
 */
const client = process.env.COAP_CLIENT_PATH ?? ''
const server = client.replace(/coap-client([^/]*)$/, 'coap-server$1')

const clock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
}
const random = { bytes: (length: number) => new Uint8Array(randomBytes(length)), unit: Math.random }
const long = Uint8Array.from({ length: 20 * 1024 + 7 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
const content = (payload: Uint8Array) => ({ code: Code.Content, payload })
const text = (payload: Uint8Array) => new TextDecoder().decode(payload)
const run = promisify(execFile)

async function until<T>(what: string, ask: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 100; i++) {
    const answer = ask()
    if (answer) return answer
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${what} did not come within 10 s`)
}

async function open(host: string, blockSize = 1024): Promise<{ endpoint: CoapEndpoint; peer: Peer }> {
  const transport = await createUdpTransport({ host, port: 0 })
  const endpoint = createCoapEndpoint({ transport, clock, random, limits: { blockSize } })
  return { endpoint, peer: peerOf(transport.address, transport.port) }
}

describe.runIf(client)("libcoap's client and our endpoint", () => {
  let folder: string
  let ours: CoapEndpoint
  let port: number
  const seen: IncomingRequest[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fieldline-libcoap-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  beforeEach(async () => {
    const { endpoint, peer } = await open('127.0.0.1')
    ours = endpoint
    port = peer.port
    seen.length = 0
  })
  afterEach(() => ours.close())

  /** Runs the client; answers what it prints of the payload. */
  const coap = async (path: string, ...options: string[]): Promise<Buffer> => {
    const output = join(folder, 'out')
    await writeFile(output, '')
    await run(client, ['-B', '5', '-o', output, ...options, `coap://127.0.0.1:${port}/${path}`])
    return readFile(output)
  }

  it.each(['get', 'put', 'post', 'delete', 'fetch', 'patch', 'ipatch'])('carries out %s', async (method) => {
    ours.serve((request) => {
      seen.push(request)
      return content(new TextEncoder().encode('25.5'))
    })
    const payload = ['get', 'delete'].includes(method) ? [] : ['-e', 'on', '-t', '0']
    expect(String(await coap('3303/0/5700?pmin=1', '-m', method, ...payload))).toBe('25.5')
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ uriPath: ['3303', '0', '5700'], uriQuery: ['pmin=1'] })
    if (payload.length > 0) expect(text(seen[0]!.payload)).toBe('on')
  })

  it.each(['1024', '256', '16'])('sends and fetches 20 KiB in blocks of %s, each once', async (size) => {
    ours.serve((request) => {
      seen.push(request)
      return request.code === Code.Get ? content(long) : { code: Code.Changed, payload: noBytes }
    })
    const file = join(folder, 'in')
    await writeFile(file, long)
    await coap('5/0/0', '-m', 'put', '-b', size, '-f', file)
    expect(Buffer.compare(await coap('5/0/0', '-b', size), long)).toBe(0)
    expect(seen).toHaveLength(2)
    expect(Buffer.compare(seen[0]!.payload, long)).toBe(0)
  })

  it('loses a fifth of its datagrams, and every request is handled once', async () => {
    ours.serve((request) => {
      seen.push(request)
      return { code: Code.Changed, payload: noBytes }
    })
    const file = join(folder, 'lossy')
    await writeFile(file, long.subarray(0, 3000))
    await run(client, ['-B', '60', '-l', '20%', '-m', 'put', '-f', file, `coap://127.0.0.1:${port}/5/0/0`])
    expect(seen).toHaveLength(1)
    expect(Buffer.compare(seen[0]!.payload, long.subarray(0, 3000))).toBe(0)
  })

  it('observes: long notifications whole, until it cancels', async () => {
    const observers: { token: Uint8Array; peer: Peer }[] = []
    let cancelled = false
    let body = long.subarray(0, 2500)
    ours.serve((request, peer) => {
      if (request.observe === 1) cancelled = true
      if (request.observe !== 0) return content(body)
      observers.push({ token: request.token, peer })
      return { ...content(body), observe: 1 }
    })
    const output = coap('3/0', '-s', '3')
    const { token, peer } = await until('the observer', () => observers[0])
    body = Uint8Array.from(long.subarray(0, 2500), (byte) => byte ^ 0xff)
    await expect(ours.notify(peer, { ...content(body), observe: 2, token })).resolves.toBe('acknowledged')
    const printed = await output
    expect(printed.includes(Buffer.from(long.subarray(0, 2500)))).toBe(true)
    expect(printed.includes(Buffer.from(body))).toBe(true)
    await until('the cancellation', () => cancelled)
  })

  it('is told of a critical option we do not know, and not answered where it wants no answer', async () => {
    ours.serve((request) => {
      seen.push(request)
      return content(new TextEncoder().encode('unwanted'))
    })
    await coap('x', '-O', '65001,0x01')
    expect(seen).toHaveLength(0)
    expect(ours.counters.badOptions).toBe(1)
    await run(client, ['-B', '1', '-N', '-O', '258,0x02', `coap://127.0.0.1:${port}/x`])
    expect(seen).toHaveLength(1)
    expect(ours.counters.suppressedAnswers).toBe(1)
  })
})

describe.runIf(client).each([
  ['IPv4', '127.0.0.1'],
  ['IPv6', '::1'],
])("our endpoint and libcoap's server over %s", (_name, host) => {
  let process: ChildProcess
  let peer: Peer
  let ours: CoapEndpoint

  const ask = (code: Code, path: string, fields: Partial<CoapRequest> = {}): CoapRequest => ({
    code,
    uriPath: path.split('/'),
    uriQuery: [],
    payload: noBytes,
    ...fields,
  })

  beforeAll(async () => {
    // A port that was free a moment ago.
    const probe = await open(host)
    peer = probe.peer
    await probe.endpoint.close()
    process = spawn(server, ['-A', host, '-p', String(peer.port), '-d', '10'], { stdio: 'ignore' })
    const { endpoint } = await open(host)
    let up = false
    await until('its server', () => {
      endpoint.ping(peer).then(
        () => (up = true),
        () => undefined,
      )
      return up
    })
    await endpoint.close()
  })
  afterAll(() => process.kill())
  beforeEach(async () => {
    ours = (await open(host)).endpoint
  })
  afterEach(() => ours.close())

  it('reads, and is told what is missing', async () => {
    const time = await ours.request(peer, ask(Code.Get, 'time'))
    expect(time.code).toBe(Code.Content)
    expect(text(time.payload)).toMatch(/\d\d:\d\d:\d\d/)
    expect((await ours.request(peer, ask(Code.Get, 'nothing'))).code).toBe(Code.NotFound)
  })

  it.each([1024, 64])('writes and reads 20 KiB in blocks of %d', async (size) => {
    const { endpoint } = await open(host, size)
    const path = `big${size}`
    const written = await endpoint.request(peer, ask(Code.Put, path, { payload: long, contentFormat: 42 }))
    expect(written.code).toBe(Code.Created)
    const read = await endpoint.request(peer, ask(Code.Get, path))
    expect(Buffer.compare(read.payload, long)).toBe(0)
    await endpoint.close()
  })

  it('waits for a separate response', async () => {
    const answer = await ours.request(peer, ask(Code.Get, 'async', { uriQuery: ['2'] }))
    expect(answer.code).toBe(Code.Content)
  })

  it('observes, in order, until it cancels', async () => {
    const notifications: Notification[] = []
    ours.onNotification((notification) => {
      notifications.push(notification)
      return 'ack'
    })
    const token = ours.newToken()
    const first = await ours.request(peer, ask(Code.Get, 'time', { observe: 0 }), { token })
    expect(first.observe).toBeTypeOf('number')
    await until('three notifications', () => notifications.length >= 3)
    const values = notifications.map(({ observe }) => observe!)
    expect(values).toEqual([...values].sort((a, b) => a - b))
    const last = await ours.request(peer, ask(Code.Get, 'time', { observe: 1 }), { token })
    expect(last.observe).toBeUndefined()
    const count = notifications.length
    await new Promise((resolve) => setTimeout(resolve, 2_500))
    expect(notifications).toHaveLength(count)
  })

  it('observes a long resource, whole in every notification', async () => {
    await ours.request(peer, ask(Code.Put, 'seen', { payload: long, contentFormat: 42 }))
    const notifications: Notification[] = []
    ours.onNotification(
      (notification) => {
        notifications.push(notification)
        return 'ack'
      },
      () => ask(Code.Get, 'seen'),
    )
    const first = await ours.request(peer, ask(Code.Get, 'seen', { observe: 0 }))
    expect(Buffer.compare(first.payload, long)).toBe(0)
    const other = Uint8Array.from(long, (byte) => byte ^ 0xff)
    await ours.request(peer, ask(Code.Put, 'seen', { payload: other, contentFormat: 42 }))
    const whole = await until('the change', () => notifications.find(({ complete }) => complete))
    expect(Buffer.compare(whole.payload, other)).toBe(0)
  })

  it('sends tokens of up to 8 bytes to it, and hears of it that longer ones are refused', async () => {
    const short = await ours.request(peer, ask(Code.Get, 'time'), { token: Uint8Array.of(1) })
    expect(short.code).toBe(Code.Content)
    // RFC 8974 §2.2.2: a reset, or 4.00, says that it does not understand them.
    const outcome = ours.request(peer, ask(Code.Get, 'time'), { token: new Uint8Array(13).fill(7) })
    await expect(outcome).rejects.toMatchObject({ reason: 'reset' })
  })
})
