import { afterEach, describe, expect, it } from 'vitest'
import { fromHex } from '@fieldline/bytes'
import { Program, UdpServer, hasProgram } from './udp.test-support.js'

const key = '000102030405060708090a0b0c0d0e0f'
const stop: (() => void)[] = []
afterEach(() => {
  for (const one of stop.splice(0)) one()
})

async function pskServer(): Promise<UdpServer> {
  const server = await UdpServer.start({
    psk: async () => fromHex(key),
  })
  stop.push(() => server.close())
  return server
}

describe.runIf(hasProgram('openssl'))('openssl s_client', () => {
  it.each([
    ['PSK-AES128-CCM8', 'TLS_PSK_WITH_AES_128_CCM_8'],
    ['PSK-AES128-CBC-SHA256', 'TLS_PSK_WITH_AES_128_CBC_SHA256'],
    ['PSK-AES128-GCM-SHA256', 'TLS_PSK_WITH_AES_128_GCM_SHA256'],
  ])('talks %s with our server', async (cipher, suite) => {
    const server = await pskServer()
    const client = new Program('openssl', [
      ...['s_client', '-dtls1_2', '-connect', `127.0.0.1:${server.port}`, '-quiet'],
      ...['-psk', key, '-psk_identity', 'meter1', '-cipher', `${cipher}:@SECLEVEL=0`],
    ])
    stop.push(() => client.stop())
    client.write('ping\n')
    await client.says('echo:ping')
    expect(server.sessions[0].session).toMatchObject({ suite, extendedMasterSecret: true })
  })
})
