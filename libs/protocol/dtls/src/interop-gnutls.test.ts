import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '@fieldline/bytes'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { OwnCredentials } from './certificates/public-key.js'
import type { CredentialSource } from './driver.js'
import { ascii } from './pair.test-support.js'
import { Program, UdpClient, UdpServer, freePort, hasProgram, makeKeys } from './udp.test-support.js'

const key = '000102030405060708090a0b0c0d0e0f'
const psk = { identity: ascii('meter1'), key: fromHex(key) }
const isHere = hasProgram('gnutls-cli') && hasProgram('gnutls-serv') && hasProgram('openssl')
const keys = isHere ? makeKeys() : ''
const stop: (() => void)[] = []
afterEach(() => {
  for (const one of stop.splice(0)) one()
})
afterAll(() => rmSync(keys, { recursive: true, force: true }))

const credentials = (name: string, withChain: boolean): OwnCredentials => ({
  privateKey: createPrivateKey(readFileSync(join(keys, `${name}.key`))),
  ...(withChain ? { chain: [new X509Certificate(readFileSync(join(keys, `${name}.pem`))).raw] } : {}),
})
/** Exactly this key, raw or in a certificate. */
const only =
  (name: string): CredentialSource['verifyPeer'] =>
  (presented) => {
    const wanted = createPublicKey(readFileSync(join(keys, `${name}.pub.pem`)))
    const shown =
      presented.kind === 'x509'
        ? new X509Certificate(presented.chain[0]).publicKey
        : createPublicKey({ key: Buffer.from(presented.publicKey), format: 'der', type: 'spki' })
    return wanted.equals(shown)
  }
const program = (name: string, ...args: string[]): Program => {
  const one = new Program(name, args, keys)
  stop.push(() => one.stop())
  return one
}

const pskBase = '+PSK:+SIGN-ALL:+COMP-NULL:+GROUP-ALL'
const pskSuites: [string, string, number][] = [
  ['CCM_8', `NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AEAD:${pskBase}`, 0xc0a8],
  ['GCM', `NONE:+VERS-DTLS1.2:+AES-128-GCM:+AEAD:${pskBase}`, 0x00a8],
  ['CBC', `NONE:+VERS-DTLS1.2:+AES-128-CBC:+SHA256:${pskBase}`, 0x00ae],
  [
    'CCM_8 without extended master secret',
    `NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AEAD:${pskBase}:%NO_SESSION_HASH`,
    0xc0a8,
  ],
]
const ecdsa = '+ECDHE-ECDSA:+SIGN-ECDSA-SHA256:+COMP-NULL:+GROUP-SECP256R1'
const certificateSuites: [string, string, number][] = [
  ['CCM_8', `NONE:+VERS-DTLS1.2:+AES-128-CCM-8:+AEAD:${ecdsa}`, 0xc0ae],
  ['GCM', `NONE:+VERS-DTLS1.2:+AES-128-GCM:+AEAD:${ecdsa}`, 0xc02b],
  ['CBC', `NONE:+VERS-DTLS1.2:+AES-128-CBC:+SHA256:${ecdsa}`, 0xc023],
]
const shownBy = (name: string, raw: boolean): string[] =>
  raw
    ? ['--rawpkfile', `${name}.pub.pem`, '--rawpkkeyfile', `${name}.key`]
    : ['--x509certfile', `${name}.pem`, '--x509keyfile', `${name}.key`, '--x509cafile', 'ca.pem']

describe.runIf(isHere)('gnutls-cli', () => {
  const connect = (server: UdpServer, priority: string, ...args: string[]): Program => {
    stop.push(() => server.close())
    return program(
      'gnutls-cli',
      '--udp',
      '-p',
      String(server.port),
      '--priority',
      priority,
      ...args,
      '127.0.0.1',
    )
  }
  const withPsk = ['--pskusername', 'meter1', '--pskkey', key]

  it.each(pskSuites)('talks PSK %s with our server', async (name, priority) => {
    const server = await UdpServer.start({ psk: async () => psk.key })
    const client = connect(server, priority, ...withPsk)
    await client.says('Simple Client Mode')
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.sessions[0].session.extendedMasterSecret).toBe(!name.includes('without'))
  })

  it('with CBC but no encrypt-then-MAC is refused, and we are told why', async () => {
    const server = await UdpServer.start({ psk: async () => psk.key })
    const client = connect(server, `${pskSuites[2][1]}:%NO_ETM`, ...withPsk)
    await client.says(/fatal alert/i)
    // gnutls-cli tries again at once
    expect(server.notices[0]).toMatchObject({ type: 'handshake-error', failure: 'no-encrypt-then-mac' })
  })

  it('with CBC but no encrypt-then-MAC talks with a server that allows it', async () => {
    const server = await UdpServer.start({ psk: async () => psk.key, allowMacThenEncrypt: true })
    const client = connect(server, `${pskSuites[2][1]}:%NO_ETM`, ...withPsk)
    await client.says('Simple Client Mode')
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.sessions[0].session.suite).toBe('TLS_PSK_WITH_AES_128_CBC_SHA256')
  })

  it.each([
    ...certificateSuites.map((suite) => [...suite, false] as const),
    ...certificateSuites.map((suite) => [...suite, true] as const),
  ])('talks ECDHE-ECDSA %s with our server (raw public keys: $3)', async (_name, priority, _suite, raw) => {
    const server = await UdpServer.start({
      credentials: credentials('server', !raw),
      verifyPeer: only('client'),
      mtu: 256,
    })
    const trusting = raw ? ['--no-ca-verification', '--insecure'] : ['--verify-hostname=server']
    const type = raw ? '+CTYPE-RAWPK' : '+CTYPE-X509'
    const client = connect(
      server,
      `${priority}:${type}`,
      ...shownBy('client', raw),
      ...trusting,
      '--mtu',
      '400',
    )
    await client.says('Simple Client Mode')
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.sessions[0].session.identity.kind).toBe(raw ? 'raw-public-key' : 'x509')
  })

  it('resumes its session', async () => {
    const server = await UdpServer.start({ psk: () => psk.key })
    const client = connect(server, `${pskSuites[0][1]}:%NO_TICKETS`, ...withPsk, '-r', '--waitresumption')
    await client.says('This is a resumed session')
    expect(server.sessions.at(-1)?.session.resumed).toBe(true)
  })
})

describe.runIf(isHere)('gnutls-serv', () => {
  const serve = async (priority: string, ...args: string[]): Promise<number> => {
    const port = await freePort()
    const server = program(
      'gnutls-serv',
      '--udp',
      '--echo',
      '-p',
      String(port),
      '--priority',
      priority,
      ...args,
    )
    await server.says(/listening/i)
    return port
  }
  const talk = async (port: number, options: Parameters<typeof UdpClient.connect>[1]): Promise<void> => {
    const client = await UdpClient.connect(port, options)
    stop.push(() => client.close())
    await client.opened()
    client.send('from-us\n')
    await client.heard('from-us')
  }

  it.each(pskSuites)('talks PSK %s with our client', async (_name, priority, suite) => {
    writeFileSync(join(keys, 'psk.txt'), `meter1:${key}\n`)
    await talk(await serve(priority, '--pskpasswd', 'psk.txt'), { suites: [suite], psk })
  })

  it.each([
    ...certificateSuites.map((suite) => [...suite, false] as const),
    ...certificateSuites.map((suite) => [...suite, true] as const),
  ])('talks ECDHE-ECDSA %s with our client (raw public keys: $3)', async (_name, priority, suite, raw) => {
    const type = raw ? '+CTYPE-RAWPK' : '+CTYPE-X509'
    const client = raw ? [] : ['--require-client-cert', '--verify-client-cert']
    const port = await serve(`${priority}:${type}`, ...shownBy('server', raw), ...client)
    await talk(port, {
      suites: [suite],
      serverCertificates: [raw ? 'raw-public-key' : 'x509'],
      credentials: credentials('client', !raw),
      verifyPeer: only('server'),
    })
  })

  it('without encrypt-then-MAC talks CBC with our client where that allows it', async () => {
    writeFileSync(join(keys, 'psk.txt'), `meter1:${key}\n`)
    const port = await serve(`${pskSuites[2][1]}:%NO_ETM`, '--pskpasswd', 'psk.txt')
    await talk(port, { suites: [0x00ae], psk, allowMacThenEncrypt: true })
  })

  it('resumes a session with our client', async () => {
    writeFileSync(join(keys, 'psk.txt'), `meter1:${key}\n`)
    const port = await serve(`${pskSuites[0][1]}:%NO_TICKETS`, '--pskpasswd', 'psk.txt')
    const first = await UdpClient.connect(port, { suites: [0xc0a8], psk })
    stop.push(() => first.close())
    await first.opened()
    const resume = first.client.resumable
    first.close()
    const second = await UdpClient.connect(port, { suites: [0xc0a8], psk, resume })
    stop.push(() => second.close())
    expect((await second.opened()).resumed).toBe(true)
  })
})
