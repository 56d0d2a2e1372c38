import { fromHex } from '@fieldline/bytes'
import { afterEach, describe, expect, it } from 'vitest'
import { ascii } from './pair.test-support.js'
import { Program, UdpClient, UdpServer, freePort, hasProgram } from './udp.test-support.js'
import { concat } from './wire.js'

const stop: (() => void)[] = []
afterEach(() => {
  for (const one of stop.splice(0)) one()
})
const program = (name: string, ...args: string[]): Program => {
  const one = new Program(name, args)
  stop.push(() => one.stop())
  return one
}

/** A CoAP 2.05 with a text to whatever is asked. */
function content(request: Uint8Array): Uint8Array | undefined {
  if (request.length < 4 || request[1] === 0) return undefined
  const tokenLength = request[0] & 0x0f
  return concat(
    Uint8Array.of(0x60 | tokenLength, 0x45),
    request.subarray(2, 4 + tokenLength),
    Uint8Array.of(0xff),
    ascii('hello from fieldline'),
  )
}
/** CoAP GET / with Message ID 1 and no token. */
const get = fromHex('40010001')

for (const build of ['openssl', 'gnutls']) {
  describe.runIf(hasProgram(`coap-client-${build}`))(`coap-client-${build}`, () => {
    it('reads a resource through a PSK session', async () => {
      const server = await UdpServer.start({ psk: async () => ascii('secretPSK') })
      stop.push(() => server.close())
      server.respond = content
      const url = `coaps://127.0.0.1:${server.port}/3/0`
      const client = program(`coap-client-${build}`, '-u', 'meter1', '-k', 'secretPSK', '-B', '5', url)
      await client.says('hello from fieldline')
      expect(server.sessions[0].session.identity).toEqual({ kind: 'psk', identity: ascii('meter1') })
    })
  })

  describe.runIf(hasProgram(`coap-server-${build}`))(`coap-server-${build}`, () => {
    it('answers our client through a PSK session', async () => {
      const port = await freePort()
      program(
        `coap-server-${build}`,
        '-A',
        '127.0.0.1',
        '-p',
        String(port - 1),
        '-k',
        'secretPSK',
        '-h',
        'hint',
        '-v',
        '6',
      )
      const client = await UdpClient.connect(port, {
        suites: [0xc0a8, 0x00a8, 0x00ae],
        psk: { identity: ascii('meter1'), key: ascii('secretPSK') },
      })
      stop.push(() => client.close())
      await client.opened()
      client.send(get)
      await client.heard('libcoap')
    })
  })
}
