import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, Peer } from '@fieldline/coap'
import { systemClock, systemRandom } from '@fieldline/process'
import {
  createDtlsClientTransport,
  createDtlsServerTransport,
  createUdpTransport,
  peerOf,
} from '@fieldline/transport'
import type { DtlsTransportPeer } from '@fieldline/transport'
import { until } from './system.test-support.js'

/** CoAP over DTLS with a pre-shared key against libcoap on OpenSSL and on GnuTLS, in both roles. */
const identity = 'meter-1'
const key = 'a key of 16 byte'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const long = 'x'.repeat(3_000)
const folder = (process.env.COAP_CLIENT_PATH ?? '').replace(/coap-client[^/]*$/, '')
const builds = ['openssl', 'gnutls'].filter(
  (build) => folder !== '' && existsSync(`${folder}coap-client-${build}`),
)

describe.runIf(builds.length > 0).each(builds)('libcoap on %s', (build) => {
  it('reads from our endpoint and writes to it, as who its key says it is', async () => {
    const datagrams = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    const transport = createDtlsServerTransport({
      datagrams,
      clock: systemClock,
      random: systemRandom,
      psk: async (asked) => (new TextDecoder().decode(asked) === identity ? bytes(key) : undefined),
    })
    const ours = createCoapEndpoint({ transport, clock: systemClock, random: systemRandom })
    const seen: { code: Code; bytes: number; peer: DtlsTransportPeer }[] = []
    ours.serve(({ code, payload }, peer) => {
      seen.push({ code, bytes: payload.length, peer: peer as DtlsTransportPeer })
      return { code: Code.Content, payload: bytes(long) }
    })
    const ask = (...words: string[]): Promise<{ stdout: string }> =>
      promisify(execFile)(`${folder}coap-client-${build}`, [
        ...['-B', '8', '-u', identity, '-k', key, ...words],
        `coaps://127.0.0.1:${datagrams.port}/x`,
      ])
    expect((await ask()).stdout.trim()).toBe(long)
    await ask('-m', 'put', '-e', long)
    expect(seen.map(({ code, bytes: length }) => [code, length])).toEqual([
      [Code.Get, 0],
      [Code.Put, 3_000],
    ])
    expect(seen[0]?.peer.session.identity).toEqual({ kind: 'psk', identity: bytes(identity) })
    await ours.close()
  })

  describe('as a server', () => {
    let process: ReturnType<typeof spawn>
    let peer: Peer
    let ours: CoapEndpoint
    beforeAll(async () => {
      const probe = await createUdpTransport({ host: '127.0.0.1', port: 0 })
      await probe.close()
      // it speaks DTLS one port above its own
      peer = peerOf('127.0.0.1', probe.port + 1)
      const words = ['-A', '127.0.0.1', '-p', String(probe.port), '-k', key, '-d', '5']
      process = spawn(`${folder}coap-server-${build}`, words, { stdio: 'ignore' })
      const open = async (): Promise<CoapEndpoint> =>
        createCoapEndpoint({
          transport: createDtlsClientTransport({
            datagrams: await createUdpTransport({ host: '127.0.0.1', port: 0 }),
            clock: systemClock,
            random: systemRandom,
            psk: { identity: bytes(identity), key: bytes(key) },
          }),
          clock: systemClock,
          random: systemRandom,
        })
      ours = await open()
      await until('its server', 15_000, () =>
        ours.request(peer, { code: Code.Get, uriPath: [], uriQuery: [], payload: noBytes }).then(
          () => true,
          () => false,
        ),
      )
    })
    afterAll(async () => {
      await ours.close()
      process.kill()
    })

    it('takes and gives what our endpoint sends', async () => {
      const put = { code: Code.Put, uriPath: ['big'], uriQuery: [], payload: bytes(long), contentFormat: 0 }
      expect((await ours.request(peer, put)).code).toBe(Code.Created)
      const get = { code: Code.Get, uriPath: ['big'], uriQuery: [], payload: noBytes }
      expect(new TextDecoder().decode((await ours.request(peer, get)).payload)).toBe(long)
    })
  })
})
