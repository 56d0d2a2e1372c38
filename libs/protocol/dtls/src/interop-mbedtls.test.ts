import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex, seededRandom, toHex } from '@fieldline/bytes'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { OwnCredentials } from './certificates/public-key.js'
import type { CredentialSource } from './driver.js'
import { Nat } from './nat.test-support.js'
import { ascii, roughRoad } from './pair.test-support.js'
import type { Road } from './pair.test-support.js'
import {
  Program,
  UdpClient,
  UdpServer,
  freePort,
  givenProgram,
  hasProgram,
  makeKeys,
  until,
} from './udp.test-support.js'

/** Connection IDs as another stack reads RFC 9146: Mbed TLS 3, which no other test program of ours is built on. */
const given = givenProgram('MBEDTLS_CLIENT')
const path = hasProgram('openssl') ? given : undefined
const key = '000102030405060708090a0b0c0d0e0f'
const psk = { identity: ascii('meter1'), key: fromHex(key) }
const keys = path ? makeKeys() : ''
const stop: (() => void)[] = []
afterEach(() => {
  for (const one of stop.splice(0)) one()
})
afterAll(() => rmSync(keys, { recursive: true, force: true }))

const suites: [string, number][] = [
  ['psk-ccm8', 0xc0a8],
  ['psk-cbc', 0x00ae],
  ['ecdhe-ccm8', 0xc0ae],
]
/** What follows `--cid`, and how many bytes that is. */
const cids = ['empty', 'c1', 'c1d0', '0011223344556677']
const lengthOf = (cid: string): number => (cid === 'empty' ? 0 : cid.length / 2)

const start = (port: number, suite: string, cid: string, ...words: string[]): Program => {
  const shown = suite.startsWith('psk') ? [] : ['--ca', 'ca.pem', '--cert', 'PEER.pem', '--key', 'PEER.key']
  const peer = words.includes('--server') ? 'server' : 'client'
  const program = new Program(
    path ?? '',
    [
      ...['--port', String(port), '--suite', suite, '--cid', cid],
      ...shown.map((word) => word.replace('PEER', peer)),
      ...words,
    ],
    keys,
  )
  stop.push(() => program.stop())
  return program
}

const credentials = (name: string): OwnCredentials => ({
  privateKey: createPrivateKey(readFileSync(join(keys, `${name}.key`))),
  chain: [new X509Certificate(readFileSync(join(keys, `${name}.pem`))).raw],
})
const only =
  (name: string): CredentialSource['verifyPeer'] =>
  (presented) =>
    presented.kind === 'x509' &&
    createPublicKey(readFileSync(join(keys, `${name}.pub.pem`))).equals(
      new X509Certificate(presented.chain[0]).publicKey,
    )

const serve = async (suite: string): Promise<UdpServer> => {
  const server = await UdpServer.start(
    suite.startsWith('psk')
      ? { psk: async () => psk.key }
      : { credentials: credentials('server'), verifyPeer: only('client') },
  )
  stop.push(() => server.close())
  return server
}
const nat = async (server: UdpServer, road?: Road): Promise<Nat> => {
  const one = await Nat.start(server.port, road)
  stop.push(() => one.close())
  return one
}

describe.runIf(path !== undefined)('a client on Mbed TLS 3', () => {
  it.each(suites.flatMap(([suite]) => cids.map((cid) => [suite, cid])))(
    'talks %s with our server, each with the Connection ID that the other gave it (its own: %s)',
    async (suite, cid) => {
      const server = await serve(suite)
      const client = start(server.port, suite, cid)
      // padded to sixteen bytes with the type in between (RFC 9146 §4): all lengths of padding, and none
      for (let length = 1; length <= 17; length++) client.write(`${'x'.repeat(length)}\n`)
      client.end()
      await client.says('closed')
      const { session, messages } = server.sessions[0]
      // on a busy machine it may have said something twice
      expect([...new Set(messages)].map((message) => message.length)).toEqual(
        Array.from({ length: 17 }, (_, i) => i + 1),
      )
      expect(toHex(session.peerCid)).toBe(cid === 'empty' ? '' : cid)
      expect(client.output).toContain(`cid=${toHex(session.cid)}\n`)
      expect(session.cid).toHaveLength(8)
      expect(server.notices.at(-1)).toMatchObject({ type: 'closed', reason: 'closed-by-peer' })
      expect(server.server.counters).toMatchObject({ forged: 0, discarded: 0, handshakesFailed: 0 })
    },
  )

  it('that offers no Connection ID gets none', async () => {
    const server = await serve('psk-ccm8')
    const client = start(server.port, 'psk-ccm8', 'none')
    client.write('ping\n')
    await client.says('echo:ping')
    expect(client.output).toContain('cid=none')
    expect(server.sessions[0].session.cid).toHaveLength(0)
  })

  it('resumes its session, with new Connection IDs', async () => {
    const server = await serve('psk-ccm8')
    const client = start(server.port, 'psk-ccm8', 'c1d0')
    client.write('before\n:resume\nafter\n')
    client.end()
    await client.says('closed')
    const [first, second] = server.sessions
    expect(second.session).toMatchObject({ resumed: true, peerCid: fromHex('c1d0') })
    expect(toHex(second.session.cid)).not.toBe(toHex(first.session.cid))
    expect([first.messages, second.messages]).toEqual([['before'], ['after']])
  })

  it.each(cids)(
    'keeps its session when each of its datagrams comes from another port (its Connection ID: %s)',
    async (cid) => {
      const server = await serve('psk-ccm8')
      const between = await nat(server)
      const client = start(between.port, 'psk-ccm8', cid)
      await client.says('open')
      between.forgetful = true
      for (let n = 1; n <= 20; n++) client.write(`message ${n}\n`)
      await client.says('echo:message 20')
      const [{ session, messages }] = server.sessions
      expect(new Set(messages).size).toBe(20)
      expect(session.peerCid).toHaveLength(lengthOf(cid))
      const { migrations, handshakesStarted, forged, stale, withheld } = server.server.counters
      expect({ migrations, handshakesStarted, forged, stale, withheld }).toEqual({
        migrations: messages.length,
        handshakesStarted: 1,
        forged: 0,
        stale: 0,
        withheld: 0,
      })
    },
  )

  it('without Connection ID is not known any more when its port changes', async () => {
    const server = await serve('psk-ccm8')
    const between = await nat(server)
    const client = start(between.port, 'psk-ccm8', 'none')
    await client.says('open')
    between.forgetful = true
    client.write('who am I\n')
    const { counters } = server.server
    await until(
      () => counters.unmatched >= 2,
      () => JSON.stringify(counters),
    )
    expect(server.sessions[0].messages).toEqual([])
    expect(client.output).not.toContain('echo')
  })

  it('gets every answer on one session though a fifth is lost, a tenth doubled, a fifth late, and its port never the same', async () => {
    const server = await serve('psk-ccm8')
    // as late as the others, in a tenth of the time
    const slow = roughRoad(seededRandom(9146), 0.2, 0.1, 0.2)
    const road: Road = (bytes, direction) =>
      slow(bytes, direction).map((one) => ({ ...one, afterMs: one.afterMs / 10 }))
    const between = await nat(server, road)
    const client = start(between.port, 'psk-ccm8', 'c1d0')
    await client.says('open')
    between.forgetful = true
    for (let n = 1; n <= 15; n++) client.write(`message ${n}\n`)
    await client.says('echo:message 15')
    expect(client.output.match(/^echo:message \d+$/gm)).toEqual(
      Array.from({ length: 15 }, (_, i) => `echo:message ${i + 1}`),
    )
    expect(server.sessions).toHaveLength(1)
    const { migrations, forged, handshakesCompleted } = server.server.counters
    expect(migrations).toBeGreaterThanOrEqual(15)
    expect({ forged, handshakesCompleted }).toEqual({ forged: 0, handshakesCompleted: 1 })
  })
})

describe.runIf(path !== undefined)('a server on Mbed TLS 3', () => {
  it.each(suites.flatMap(([suite, id]) => cids.map((cid) => [suite, cid, id] as const)))(
    'talks %s with our client, each with the Connection ID that the other gave it (its own: %s)',
    async (suite, cid, id) => {
      const port = await freePort()
      const server = start(port, suite, cid, '--server')
      await server.says('listening')
      const client = await UdpClient.connect(port, {
        suites: [id],
        cid: fromHex('0abc'),
        ...(suite.startsWith('psk')
          ? { psk }
          : { credentials: credentials('client'), verifyPeer: only('server') }),
      })
      stop.push(() => client.close())
      const session = await client.opened()
      for (let length = 1; length <= 17; length++) client.send('y'.repeat(length))
      await client.heard(`echo:${'y'.repeat(17)}`)
      expect(toHex(session.peerCid)).toBe(cid === 'empty' ? '' : cid)
      expect(server.output).toContain('cid=0abc\n')
      expect(client.client.counters).toMatchObject({ forged: 0, discarded: 0 })
    },
  )
})
