import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import { createCoapEndpoint, createStreamTransport, noBytes, profiles } from '@fieldline/coap'
import type { CoapEndpoint, CoapRequest, Notification, Peer } from '@fieldline/coap'
import { systemClock, systemRandom } from '@fieldline/process'
import { createTcpNetwork, peerOf } from '@fieldline/transport'
import { until } from './system.test-support.js'

/** RFC 8323 against libcoap, in both roles. Without COAP_CLIENT_PATH nothing is tested; the server is looked for beside the client. */
const client = process.env.COAP_CLIENT_PATH ?? ''
const server = client.replace(/coap-client([^/]*)$/, 'coap-server$1')
const long = Uint8Array.from({ length: 50 * 1024 + 7 }, (_, i) => (i * 31 + (i >> 8)) & 0xff)

async function open(host?: string): Promise<{ endpoint: CoapEndpoint; peer: Peer }> {
  const network = await createTcpNetwork({ host })
  const transport = createStreamTransport({ network, clock: systemClock })
  const endpoint = createCoapEndpoint({
    transport,
    clock: systemClock,
    random: systemRandom,
    profile: profiles.stream,
  })
  return { endpoint, peer: peerOf(network.address, network.port) }
}

describe.runIf(client)("libcoap's client and our endpoint over TCP", () => {
  it('sends and fetches a short and a long body, whole and by blocks', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'fieldline-libcoap-'))
    const { endpoint, peer } = await open('127.0.0.1')
    const seen: number[] = []
    endpoint.serve(({ code, uriPath, payload }) => {
      seen.push(payload.length)
      if (code !== Code.Get) {
        expect(Buffer.compare(payload, long.subarray(0, payload.length))).toBe(0)
        return { code: Code.Changed, payload: noBytes }
      }
      return { code: Code.Content, payload: long.subarray(0, Number(uriPath[0])) }
    })
    const [given, received] = [join(folder, 'in'), join(folder, 'out')]
    const address = `coap+tcp://127.0.0.1:${peer.port}`
    for (const size of [10, 5_000, long.length]) {
      await writeFile(given, long.subarray(0, size))
      await promisify(execFile)(client, ['-B', '5', '-m', 'put', '-f', given, `${address}/x`])
      await promisify(execFile)(client, ['-B', '5', '-o', received, `${address}/${size}`])
      expect(Buffer.compare(await readFile(received), long.subarray(0, size))).toBe(0)
    }
    await promisify(execFile)(client, ['-B', '5', '-b', '256', '-m', 'put', '-f', given, `${address}/x`])
    expect(seen).toEqual([10, 0, 5_000, 0, long.length, 0, long.length])
    await endpoint.close()
    await rm(folder, { recursive: true })
  })
})

describe.runIf(client)("our endpoint and libcoap's server over TCP", () => {
  let process: ReturnType<typeof spawn>
  let peer: Peer
  let ours: CoapEndpoint
  const ask = (code: Code, path: string, fields: Partial<CoapRequest> = {}): CoapRequest => ({
    code,
    uriPath: [path],
    uriQuery: [],
    payload: noBytes,
    ...fields,
  })

  beforeAll(async () => {
    const probe = await open('127.0.0.1') // a port that was free a moment ago
    peer = probe.peer
    await probe.endpoint.close()
    process = spawn(server, ['-A', '127.0.0.1', '-p', String(peer.port), '-d', '10'], { stdio: 'ignore' })
    ours = (await open()).endpoint
    await until('its server', 10_000, () =>
      ours.ping(peer).then(
        () => true,
        () => false,
      ),
    )
  })
  afterAll(async () => {
    await ours.close()
    process.kill()
  })

  it('writes and reads 50 KiB', async () => {
    const written = await ours.request(peer, ask(Code.Put, 'big', { payload: long, contentFormat: 42 }))
    expect(written.code).toBe(Code.Created)
    expect(Buffer.compare((await ours.request(peer, ask(Code.Get, 'big'))).payload, long)).toBe(0)
  })

  it('observes until it cancels', async () => {
    const notifications: Notification[] = []
    ours.onNotification((notification) => {
      notifications.push(notification)
      return 'ack'
    })
    const token = ours.newToken()
    await ours.request(peer, ask(Code.Get, 'time', { observe: 0 }), { token })
    await until('three notifications', 10_000, async () => notifications.length >= 3)
    const last = await ours.request(peer, ask(Code.Get, 'time', { observe: 1 }), { token })
    expect(last.observe).toBeUndefined()
  })

  it('hears at once that the server is gone', async () => {
    const waiting = ours.request(peer, ask(Code.Get, 'async', { uriQuery: ['30'] }))
    await ours.ping(peer)
    process.kill()
    await expect(waiting).rejects.toMatchObject({ reason: 'closed' })
    await expect(ours.request(peer, ask(Code.Get, 'time'))).rejects.toMatchObject({ reason: 'closed' })
  })
})
