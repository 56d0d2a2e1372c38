import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import { createCoapEndpoint } from '@fieldline/coap'
import type { CoapEndpoint, CoapResponse, DatagramTransport } from '@fieldline/coap'
import type { DeviceDetail } from '@fieldline/contracts'
import { systemClock, systemRandom } from '@fieldline/process'
import { createDtlsClientTransport, createUdpTransport, peerOf } from '@fieldline/transport'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

/** The secured port of a whole Fieldline: keys by the API, registrations by their proof, sessions through kill -9. */
const folder = (process.env.COAP_CLIENT_PATH ?? '').replace(/coap-client[^/]*$/, '')
const build = ['openssl', 'gnutls'].find((one) => folder !== '' && existsSync(`${folder}coap-client-${one}`))
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const links = '</1/0>,</3/0>'
const register = (endpoint: string): string[] => [`ep=${endpoint}`, 'lt=600', 'lwm2m=1.1', 'b=U']

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

const detail = async (endpoint: string): Promise<DeviceDetail> =>
  (await system.call<DeviceDetail>('GET', `/v1/devices/${endpoint}`)).body

/** A device that the API made known with a key of 16 letters, so that libcoap can take it from its command line. */
async function known(endpoint: string): Promise<string> {
  const key = randomBytes(8).toString('hex')
  const psk = { identity: endpoint, key: Buffer.from(key).toString('hex') }
  const { status, body } = await system.call<DeviceDetail>('POST', '/v1/devices', { endpoint, psk })
  expect(status).toBe(201)
  expect(JSON.stringify(body)).not.toContain(psk.key)
  return key
}

/** A meter with a session of its own, and a socket that it can exchange for another. */
async function meter(identity: string, key: string) {
  let socket = await createUdpTransport({ host: '127.0.0.1', port: 0 })
  let receive: Parameters<DatagramTransport['listen']>[0] = () => undefined
  const datagrams: DatagramTransport = {
    name: 'udp',
    address: '127.0.0.1',
    port: 0,
    send: (datagram, peer) => socket.send(datagram, peer),
    listen: (handler) => {
      receive = handler
      socket.listen(handler)
    },
    close: () => socket.close(),
  }
  let handshakes = 0
  const endpoint: CoapEndpoint = createCoapEndpoint({
    transport: createDtlsClientTransport({
      clock: systemClock,
      random: systemRandom,
      datagrams,
      psk: { identity: bytes(identity), key: bytes(key) },
      cid: new Uint8Array(0),
      observe: ({ type }) => void (type === 'session' && handshakes++),
    }),
    clock: systemClock,
    random: systemRandom,
  })
  const asked: string[] = []
  endpoint.serve(({ uriPath }) => {
    asked.push(`/${uriPath.join('/')}`)
    return { code: Code.Content, contentFormat: 0, payload: bytes('7') }
  })
  return {
    asked,
    handshakes: () => handshakes,
    post(path: string, query: string[] = [], payload = '', signal?: AbortSignal): Promise<CoapResponse> {
      const request = {
        code: Code.Post,
        uriPath: path.split('/').slice(1),
        uriQuery: query,
        contentFormat: payload === '' ? undefined : payload.startsWith('[') ? 110 : 40,
        payload: bytes(payload),
      }
      return endpoint.request(peerOf('127.0.0.1', system.coapsPort), request, { signal })
    },
    async rebind(): Promise<void> {
      const before = socket
      socket = await createUdpTransport({ host: '127.0.0.1', port: 0 })
      socket.listen(receive)
      await before.close()
    },
    close: () => endpoint.close(),
  }
}

describe.runIf(build !== undefined)('libcoap', () => {
  const ask = async (endpoint: string, identity: string, key: string): Promise<string> => {
    const query = register(endpoint).join('&')
    const { stdout, stderr } = await promisify(execFile)(
      `${folder}coap-client-${build}`,
      ['-B', '6', '-v', '6', '-m', 'post', '-t', '40', '-e', links, '-u', identity, '-k', key].concat(
        `coaps://127.0.0.1:${system.coapsPort}/rd?${query}`,
      ),
    )
    return stdout + stderr
  }

  it('registers with its key, and is shown with suite and identity', async () => {
    const key = await known('secured-1')
    expect(await ask('secured-1', 'secured-1', key)).toMatch(/2\.01/)
    const device = await until('the handshake on the device page', 5_000, async () => {
      const now = await detail('secured-1')
      return now.security !== null && now.security.handshakes === 1 && now
    })
    expect(device.registration).toBe('registered')
    expect(device.security).toMatchObject({
      mode: 'psk',
      identity: 'secured-1',
      suite: expect.stringContaining('TLS_PSK_WITH_AES_128'),
      failure: null,
    })
  })

  it('is not let in under the name of another device', async () => {
    const key = await known('secured-2')
    await known('secured-3')
    expect(await ask('secured-3', 'secured-2', key)).toMatch(/4\.00/)
    expect(await ask('stranger', 'secured-2', key)).toMatch(/4\.00/)
    expect((await detail('secured-3')).registration).toBe('provisioned')
    expect((await system.call('GET', '/v1/devices/stranger')).status).toBe(404)
  })

  it('with a wrong key hears nothing, and the device page says why', async () => {
    await known('secured-4')
    expect(await ask('secured-4', 'secured-4', 'another key 1234').catch(String)).not.toMatch(/2\.01/)
    const { security } = await until('the reason', 20_000, async () => {
      const now = await detail('secured-4')
      return now.security?.failure && now
    })
    expect(security?.failure).toMatchObject({
      code: 'wrong-key-suspected',
      text: expect.stringContaining('its key is probably another'),
    })
  })
})

it('a device with a key is not let in without it', async () => {
  await known('secured-5')
  const socket = await createUdpTransport({ host: '127.0.0.1', port: 0 })
  const plain = createCoapEndpoint({ transport: socket, clock: systemClock, random: systemRandom })
  const request = {
    code: Code.Post,
    uriPath: ['rd'],
    uriQuery: register('secured-5'),
    contentFormat: 40,
    payload: bytes(links),
  }
  const answer = await plain.request(peerOf('127.0.0.1', system.coapPort), request)
  expect(answer.code).toBe(Code.Forbidden)
  await plain.close()
})

it('a key leaves by no door: neither the API, nor the audit, nor the logs, nor the rows have it', async () => {
  const key = await known('secured-6')
  const hex = Buffer.from(key).toString('hex')
  const replaced = { identity: 'other', key: randomBytes(16).toString('hex') }
  expect((await system.call('PATCH', '/v1/devices/secured-6', { psk: replaced })).status).toBe(200)
  const { rows } = await system.database.query(
    `SELECT (SELECT string_agg(row_to_json(audit_record)::text, '') FROM audit_record) AS audit,
       (SELECT string_agg(row_to_json(timeline_entry)::text, '') FROM timeline_entry) AS timeline,
       (SELECT string_agg(row_to_json(credential)::text, '') FROM credential) AS credentials`,
  )
  const timeline = await system.call('GET', '/v1/devices/secured-6/timeline')
  const logs = join(system.dataDir, 'logs')
  const everything = [
    ...readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8')),
    JSON.stringify(rows),
    JSON.stringify(timeline.body),
    JSON.stringify(await detail('secured-6')),
  ]
  for (const text of everything)
    for (const secret of [key, hex, replaced.key]) expect(text).not.toContain(secret)
  const { rows: changes } = await system.database.query(
    `SELECT before, after FROM audit_record WHERE action = 'device.change' AND subject_name = 'secured-6'`,
  )
  expect(changes).toEqual([{ before: { identity: 'secured-6' }, after: { identity: 'other' } }])
})

it('a bad key is refused with the field that is wrong', async () => {
  for (const key of ['', 'xyz', '00', '0'.repeat(130)]) {
    const { status, body } = await system.call<{ field?: string }>('POST', '/v1/devices', {
      endpoint: 'secured-7',
      psk: { identity: 'x', key },
    })
    expect([status, body.field]).toEqual([400, 'psk.key'])
  }
})

describe('a session', () => {
  it('goes on from another port and through kill -9 of the server, without a handshake, in both directions', async () => {
    const key = await known('secured-8')
    const device = await meter('secured-8', key)
    const created = await device.post('/rd', register('secured-8'), links)
    expect(created.code).toBe(Code.Created)
    const location = `/${created.locationPath?.join('/')}`
    await device.rebind()
    expect((await device.post('/dp', [], '[{"bn":"/3/0/","n":"9","v":15}]')).code).toBe(Code.Changed)
    await until('the snapshot of the session', 5_000, async () => {
      const { rows } = await system.database.query('SELECT count(*)::int AS n FROM dtls_session')
      return rows[0].n > 0
    })
    const server = system.pids()['lwm2m-server']
    process.kill(server ?? 0, 'SIGKILL')
    await until('another server process', 30_000, () => {
      const now = system.pids()['lwm2m-server']
      return now !== undefined && now !== server
    })
    await device.rebind()
    expect((await device.post(location)).code).toBe(Code.Changed)
    const { body } = await system.call<{ state: string }>(
      'POST',
      '/v1/devices/secured-8/operations',
      { kind: 'read', path: '/3/0/9' },
      { prefer: 'wait=20' },
    )
    expect(body.state).toBe('succeeded')
    expect(device.asked).toContain('/3/0/9')
    expect(device.handshakes()).toBe(1)
    const { security } = await until('the changes of address', 5_000, async () => {
      const now = await detail('secured-8')
      return now.security !== null && now.security.migrations > 0 && now
    })
    expect(security).toMatchObject({
      suite: 'TLS_PSK_WITH_AES_128_CCM_8',
      cid: expect.stringMatching(/^[0-9a-f]{16}$/),
    })
    await device.close()
  })

  it('ends when its key is replaced; the new key opens another', async () => {
    const key = await known('secured-9')
    const device = await meter('secured-9', key)
    const created = await device.post('/rd', register('secured-9'), links)
    const next = randomBytes(8).toString('hex')
    const psk = { identity: 'secured-9', key: Buffer.from(next).toString('hex') }
    expect((await system.call('PATCH', '/v1/devices/secured-9', { psk })).status).toBe(200)
    await until('the end of the session', 10_000, async () => {
      const { rows } = await system.database.query(
        `SELECT count(*)::int AS n FROM dtls_session JOIN device ON device.id = device_id WHERE endpoint = 'secured-9'`,
      )
      return rows[0].n === 0
    })
    const location = `/${created.locationPath?.join('/')}`
    // its old key opens nothing: it would be left without an answer for minutes
    await expect(device.post(location, [], '', AbortSignal.timeout(4_000))).rejects.toThrow()
    await device.close()
    const again = await meter('secured-9', next)
    expect((await again.post('/rd', register('secured-9'), links)).code).toBe(Code.Created)
    await again.close()
  })
})
