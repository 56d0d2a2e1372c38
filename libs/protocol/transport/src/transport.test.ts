import { ManualClock, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { createMemoryNetwork } from './memory-network.js'
import { peerOf } from './known-peers.js'
import { createUdpTransport } from './udp-transport.js'

describe('UDP transport', () => {
  it('carries a datagram and names its sender', async () => {
    const [a, b] = await Promise.all([0, 0].map((port) => createUdpTransport({ host: '127.0.0.1', port })))
    const received = new Promise((resolve) => b.listen((datagram, peer) => resolve([[...datagram], peer])))
    a.send(Uint8Array.of(1, 2, 3), peerOf(b.address, b.port))
    expect(await received).toEqual([[1, 2, 3], peerOf('127.0.0.1', a.port)])
    await Promise.all([a.close(), b.close()])
  })

  it('never throws from send: impossible peers, an oversized datagram, after close', async () => {
    const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    for (const peer of [
      peerOf('127.0.0.1', 0),
      peerOf('127.0.0.1', 70_000),
      peerOf('::1', 5683),
      peerOf('', 1),
    ]) {
      transport.send(Uint8Array.of(1), peer)
    }
    transport.send(new Uint8Array(70_000), peerOf('127.0.0.1', 9))
    await new Promise((resolve) => setImmediate(resolve))
    expect(transport.sendErrors).toBeGreaterThan(0)
    await transport.close()
    transport.send(Uint8Array.of(1), peerOf('127.0.0.1', 9))
    await transport.close()
  })

  it('sends what was given to it before it is closed', async () => {
    const [a, b] = await Promise.all([0, 0].map((port) => createUdpTransport({ host: '127.0.0.1', port })))
    const received: number[] = []
    const three = new Promise<void>((resolve) =>
      b.listen(([byte]) => {
        if (received.push(byte) === 3) resolve()
      }),
    )
    for (const byte of [1, 2, 3]) a.send(Uint8Array.of(byte), peerOf(b.address, b.port))
    await a.close()
    await three
    expect(received).toEqual([1, 2, 3])
    await b.close()
  })

  it('rejects with the system error when the port is taken', async () => {
    const taken = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    await expect(createUdpTransport({ host: '127.0.0.1', port: taken.port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await taken.close()
  })

  it('tells two ports behind one address apart', async () => {
    const [server, one, other] = await Promise.all(
      [0, 0, 0].map((port) => createUdpTransport({ host: '127.0.0.1', port })),
    )
    const heard = new Set<string>()
    const both = new Promise<void>((resolve) =>
      server.listen((_datagram, { id }) => {
        if (heard.add(id).size === 2) resolve()
      }),
    )
    for (const client of [one, other]) client.send(Uint8Array.of(1), peerOf('127.0.0.1', server.port))
    await both
    expect(heard).toEqual(new Set([one, other].map(({ port }) => `127.0.0.1:${port}`)))
    await Promise.all([server, one, other].map((transport) => transport.close()))
  })

  it('writes an IPv6 peer in brackets', () => {
    expect(peerOf('::1', 5683).id).toBe('[::1]:5683')
  })
})

describe('memory network', () => {
  const setUp = (troubles: { loss?: number; duplicate?: number; reorder?: number } = {}) => {
    const clock = new ManualClock()
    const network = createMemoryNetwork({ clock, random: seededRandom(1), delayMs: 10, ...troubles })
    const [a, b] = [network.open(), network.open()]
    const arrived: number[] = []
    b.listen((datagram) => arrived.push(datagram[0]))
    const send = (count: number) => {
      for (let i = 0; i < count; i++) a.send(Uint8Array.of(i), peerOf(b.address, b.port))
    }
    return { clock, network, b, arrived, send }
  }

  it('delivers after its delay, in order, a copy', () => {
    const { clock, arrived, send } = setUp()
    send(3)
    clock.advance(9)
    expect(arrived).toEqual([])
    clock.advance(1)
    expect(arrived).toEqual([0, 1, 2])
  })

  it('loses, doubles and holds back as told', () => {
    const lossy = setUp({ loss: 0.5 })
    lossy.send(100)
    lossy.clock.advance(1_000)
    expect(lossy.arrived.length).toBeGreaterThan(30)
    expect(lossy.arrived.length).toBeLessThan(70)
    const doubling = setUp({ duplicate: 1 })
    doubling.send(2)
    doubling.clock.advance(1_000)
    expect(doubling.arrived.sort()).toEqual([0, 0, 1, 1])
    const shuffling = setUp({ reorder: 0.5 })
    shuffling.send(20)
    shuffling.clock.advance(1_000)
    expect(shuffling.arrived).not.toEqual([...shuffling.arrived].sort((a, b) => a - b))
    expect(shuffling.arrived).toHaveLength(20)
  })

  it('cuts a port off and joins it again', () => {
    const { clock, network, b, arrived, send } = setUp()
    network.cut(b.port, true)
    send(1)
    clock.advance(100)
    network.cut(b.port, false)
    send(2)
    clock.advance(100)
    expect(arrived).toEqual([0, 1])
  })

  it('refuses a port that is taken and frees it on close', async () => {
    const { network, b } = setUp()
    expect(() => network.open(b.port)).toThrow('taken')
    await b.close()
    network.open(b.port)
  })
})
