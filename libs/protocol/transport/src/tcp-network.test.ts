import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createTcpNetwork, createTlsNetwork } from './tcp-network.js'

it('a connection that is ended goes, also when its peer never reads what was written last', async () => {
  const network = await createTcpNetwork({ host: '127.0.0.1' })
  const closed = new Promise<void>((resolve) =>
    network.accept((stream) => {
      stream.listen({ data: () => undefined, closed: resolve })
      stream.write(new Uint8Array(16 * 2 ** 20))
      stream.end()
    }),
  )
  const peer = connect({ host: '127.0.0.1', port: network.port })
  peer.pause()
  await once(peer, 'connect')
  await closed
  expect(peer.bytesRead).toBeLessThan(16 * 2 ** 20)
  peer.destroy()
  await network.close()
})

it('a handshake that comes to nothing is counted', async () => {
  const network = await createTlsNetwork({ host: '127.0.0.1' })
  const peer = connect({ host: '127.0.0.1', port: network.port })
  peer.on('error', () => undefined)
  peer.end('not a handshake')
  await once(peer.resume(), 'close')
  expect(network.failedConnections).toBe(1)
  await network.close()
})
