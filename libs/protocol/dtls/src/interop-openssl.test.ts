import { X509Certificate, createPrivateKey } from 'node:crypto'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fromHex } from '@fieldline/bytes'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { verifyChain } from './certificates/path.js'
import type { OwnCredentials } from './certificates/public-key.js'
import type { CredentialSource } from './driver.js'
import { ascii } from './pair.test-support.js'
import { Program, UdpClient, UdpServer, freePort, hasProgram, makeKeys } from './udp.test-support.js'

const key = '000102030405060708090a0b0c0d0e0f'
const psk = { identity: ascii('meter1'), key: fromHex(key) }
const isHere = hasProgram('openssl')
const keys = isHere ? makeKeys() : ''
const stop: (() => void)[] = []
afterEach(() => {
  for (const one of stop.splice(0)) one()
})
afterAll(() => rmSync(keys, { recursive: true, force: true }))

const certificate = (name: string): Uint8Array =>
  new X509Certificate(readFileSync(join(keys, `${name}.pem`))).raw
const credentials = (name: string): OwnCredentials => ({
  privateKey: createPrivateKey(readFileSync(join(keys, `${name}.key`))),
  chain: [certificate(name)],
})
const verifyPeer: CredentialSource['verifyPeer'] = (presented) => {
  if (presented.kind === 'x509')
    verifyChain(presented.chain, { anchors: [certificate('ca')], now: Date.now() })
  return true
}
const program = (...args: string[]): Program => {
  const one = new Program('openssl', args, keys)
  stop.push(() => one.stop())
  return one
}

const pskSuites: [string, string, number][] = [
  ['PSK-AES128-CCM8', 'TLS_PSK_WITH_AES_128_CCM_8', 0xc0a8],
  ['PSK-AES128-GCM-SHA256', 'TLS_PSK_WITH_AES_128_GCM_SHA256', 0x00a8],
  ['PSK-AES128-CBC-SHA256', 'TLS_PSK_WITH_AES_128_CBC_SHA256', 0x00ae],
]
const certificateSuites: [string, string, number][] = [
  ['ECDHE-ECDSA-AES128-CCM8', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 0xc0ae],
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 0xc02b],
  ['ECDHE-ECDSA-AES128-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', 0xc023],
]

describe.runIf(isHere)('openssl s_client', () => {
  const start = async (options: Parameters<typeof UdpServer.start>[0]): Promise<UdpServer> => {
    const server = await UdpServer.start(options)
    stop.push(() => server.close())
    return server
  }
  const connect = (server: UdpServer, cipher: string, ...args: string[]): Program => {
    const to = ['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`]
    return program(...to, '-cipher', `${cipher}:@SECLEVEL=0`, ...args)
  }
  const withPsk = ['-psk', key, '-psk_identity', 'meter1']

  it.each(pskSuites)('talks %s with our server, whose key comes later', async (cipher, suite) => {
    const server = await start({
      psk: async () => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        return psk.key
      },
    })
    const client = connect(server, cipher, ...withPsk, '-quiet')
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.sessions[0].session).toMatchObject({
      suite,
      extendedMasterSecret: true,
      identity: { kind: 'psk', identity: psk.identity },
    })
  })

  it.each(certificateSuites)(
    'talks %s with certificates on both sides, in fragments',
    async (cipher, suite) => {
      const server = await start({ credentials: credentials('server'), verifyPeer, mtu: 256 })
      const own = ['-CAfile', 'ca.pem', '-cert', 'client.pem', '-key', 'client.key', '-verify_return_error']
      const client = connect(server, cipher, ...own, '-mtu', '300', '-quiet')
      client.write('ping\n')
      await client.says('echo:ping')
      expect(server.sessions[0].session).toMatchObject({
        suite,
        identity: { kind: 'x509', commonName: 'client' },
      })
    },
  )

  it('without encrypt-then-MAC talks CBC with a server that allows it, resumes, and is refused by any other', async () => {
    const server = await start({ psk: () => psk.key, allowMacThenEncrypt: true })
    const cbc = [...withPsk, '-no_etm']
    const first = connect(server, 'PSK-AES128-CBC-SHA256', ...cbc, '-sess_out', 'cbc.pem')
    first.write('ping\n')
    await first.says('echo:ping')
    first.write('Q\n')
    await first.ended()
    const second = connect(server, 'PSK-AES128-CBC-SHA256', ...cbc, '-sess_in', 'cbc.pem')
    second.write('again\n')
    await second.says('echo:again')
    expect(second.output).toContain('Reused')
    expect(server.sessions[1].session.resumed).toBe(true)

    const strict = await start({ psk: () => psk.key })
    await connect(strict, 'PSK-AES128-CBC-SHA256', ...cbc).says(/alert handshake failure/i)
    expect(strict.notices).toMatchObject([{ failure: 'no-encrypt-then-mac' }])
  })

  it('with a path so narrow that its ClientHellos come in fragments', async () => {
    const server = await start({ psk: () => psk.key, mtu: 256 })
    const longName = `${'a'.repeat(60)}.${'b'.repeat(60)}.${'c'.repeat(60)}.example`
    const client = connect(server, 'ALL:PSK-AES128-CCM8', ...withPsk, '-mtu', '256', '-servername', longName)
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.server.counters).toMatchObject({ cookiesSent: 1, handshakesStarted: 1, discarded: 0 })
    expect(server.server.counters.unreadableHellos).toBeGreaterThan(0)
  })

  it('names its server, and gets the certificate for that name', async () => {
    const server = await start({
      credentials: credentials('server'),
      credentialsFor: (name) => (name === 'other.example' ? credentials('client') : undefined),
      verifyPeer,
    })
    const own = ['-cert', 'client.pem', '-key', 'client.key', '-servername', 'Other.example']
    const client = connect(server, 'ECDHE-ECDSA-AES128-CCM8', ...own)
    await client.says(/subject=CN ?= ?client/)
  })

  it('resumes its session', async () => {
    const server = await start({ psk: () => psk.key })
    const first = connect(server, 'PSK-AES128-CCM8', ...withPsk, '-sess_out', 'session.pem')
    first.write('ping\n')
    await first.says('echo:ping')
    first.write('Q\n')
    await first.ended()
    const second = connect(server, 'PSK-AES128-CCM8', ...withPsk, '-sess_in', 'session.pem')
    second.write('again\n')
    await second.says('echo:again')
    expect(second.output).toContain('Reused')
    expect(server.sessions[1].session.resumed).toBe(true)
  })

  it('is told by an alert that there is no common suite, and so are we', async () => {
    const server = await start({ psk: () => psk.key })
    const client = connect(server, 'PSK-AES256-CCM8', ...withPsk)
    await client.says(/alert handshake failure/i)
    expect(server.notices).toMatchObject([{ type: 'handshake-error', failure: 'no-common-suite' }])
  })
})

describe.runIf(isHere)('openssl s_server', () => {
  const withCertificates = [
    ...['-cert', 'server.pem', '-key', 'server.key'],
    ...['-CAfile', 'ca.pem', '-Verify', '1', '-verify_return_error'],
  ]
  const serve = async (...args: string[]): Promise<{ server: Program; port: number }> => {
    const port = await freePort()
    const server = program('s_server', '-dtls1_2', '-accept', `127.0.0.1:${port}`, ...args)
    await server.says('ACCEPT')
    return { server, port }
  }
  const talk = async (
    port: number,
    server: Program,
    options: Parameters<typeof UdpClient.connect>[1],
  ): Promise<UdpClient> => {
    const client = await UdpClient.connect(port, options)
    stop.push(() => client.close())
    await client.opened()
    client.send('from-us\n')
    await server.says('from-us')
    server.write('from-openssl\n')
    await client.heard('from-openssl')
    return client
  }

  it.each(pskSuites)('talks %s with our client', async (cipher, _name, suite) => {
    const withPsk = ['-psk', key, '-psk_hint', 'fieldline', '-nocert']
    const { server, port } = await serve('-cipher', `${cipher}:@SECLEVEL=0`, ...withPsk)
    await talk(port, server, { suites: [suite], psk })
  })

  it.each(certificateSuites)(
    'talks %s with certificates on both sides with our client',
    async (cipher, _name, suite) => {
      const { server, port } = await serve('-cipher', `${cipher}:@SECLEVEL=0`, ...withCertificates)
      await talk(port, server, { suites: [suite], credentials: credentials('client'), verifyPeer, mtu: 256 })
    },
  )

  it.each([...pskSuites, ...certificateSuites])(
    'resumes a session of %s with our client, which it had closed',
    async (cipher, _name, suite) => {
      const isPsk = cipher.startsWith('PSK')
      const shown = isPsk ? ['-psk', key, '-nocert'] : withCertificates
      const ours = isPsk ? { psk } : { credentials: credentials('client'), verifyPeer }
      const { server, port } = await serve('-cipher', `${cipher}:@SECLEVEL=0`, ...shown)
      const first = await talk(port, server, { suites: [suite], ...ours })
      const { resumable } = first.client
      // s_server has one connection at a time: it hears nobody else before the close_notify
      first.close()
      const second = await talk(port, server, { suites: [suite], ...ours, resume: resumable })
      expect((await second.opened()).resumed).toBe(true)
      expect(server.output).toContain('Reused session-id')
    },
  )

  it('without encrypt-then-MAC talks CBC with our client where that allows it', async () => {
    const { server, port } = await serve(
      '-cipher',
      'PSK-AES128-CBC-SHA256:@SECLEVEL=0',
      '-psk',
      key,
      '-nocert',
      '-no_etm',
    )
    const options = { suites: [0x00ae], psk, allowMacThenEncrypt: true }
    const first = await talk(port, server, options)
    const { resumable } = first.client
    first.close()
    const second = await talk(port, server, { ...options, resume: resumable })
    expect((await second.opened()).resumed).toBe(true)
    second.close()
    const strict = await UdpClient.connect(port, { suites: [0x00ae], psk })
    stop.push(() => strict.close())
    await expect(strict.opened()).rejects.toThrow('no-encrypt-then-mac')
  })

  it('hears the name that our client asks for', async () => {
    const names = ['-servername', 'other.example', '-cert2', 'client.pem', '-key2', 'client.key']
    const { server, port } = await serve('-cipher', 'ALL:@SECLEVEL=0', ...withCertificates, ...names)
    const shown: string[] = []
    await talk(port, server, {
      suites: [0xc0ae],
      credentials: credentials('client'),
      serverName: 'other.example',
      verifyPeer: (presented) => {
        if (presented.kind === 'x509') shown.push(new X509Certificate(presented.chain[0]).subject)
        return true
      },
    })
    expect(shown).toEqual(['CN=client'])
  })

  it('that does not know the session shakes hands in full with our client', async () => {
    const { server, port } = await serve('-cipher', 'PSK-AES128-CCM8:@SECLEVEL=0', '-psk', key, '-nocert')
    const first = await talk(port, server, { suites: [0xc0a8], psk })
    const { resumable } = first.client
    first.close()
    const other = await serve('-cipher', 'PSK-AES128-CCM8:@SECLEVEL=0', '-psk', key, '-nocert')
    const second = await talk(other.port, other.server, { suites: [0xc0a8], psk, resume: resumable })
    expect((await second.opened()).resumed).toBe(false)
  })
})
