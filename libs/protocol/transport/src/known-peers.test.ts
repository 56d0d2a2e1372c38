import { describe, expect, it } from 'vitest'
import { KnownPeers, peerOf } from './known-peers.js'

describe('the name of a peer', () => {
  const cases: [string, string, string][] = [
    ['192.0.2.1', '192.0.2.1:5683', '192.0.2.1'],
    ['2001:db8::1', '[2001:db8::1]:5683', '2001:db8::1'],
    ['fe80::1%eth0', '[fe80::1%eth0]:5683', 'fe80::1%eth0'],
    ['::ffff:192.0.2.1', '192.0.2.1:5683', '192.0.2.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1:5683', '192.0.2.1'],
    ['::ffff:c000:201', '192.0.2.1:5683', '192.0.2.1'],
    ['::1', '[::1]:5683', '::1'],
  ]
  for (const [address, id, plain] of cases) {
    it(`of ${address} is ${id}`, () => {
      expect(peerOf(address, 5683)).toEqual({ id, address: plain, port: 5683 })
    })
  }
})

describe('known peers', () => {
  it('are the same object each time, by address and port', () => {
    const peers = new KnownPeers(100)
    const one = peers.get('192.0.2.1', 1)
    expect(peers.get('192.0.2.1', 1)).toBe(one)
    const two = peers.get('192.0.2.1', 2)
    expect(two).toEqual(peerOf('192.0.2.1', 2))
    expect(peers.get('192.0.2.1', 1)).toBe(one)
    expect(peers.get('192.0.2.1', 2)).toBe(two)
    expect(peers.get('192.0.2.2', 1)).toEqual(peerOf('192.0.2.2', 1))
  })

  it('are bounded, and those heard of lately stay', () => {
    const peers = new KnownPeers(100)
    const regular = peers.get('192.0.2.9', 9)
    for (let i = 0; i < 10_000; i++) {
      peers.get(i % 2 === 0 ? '192.0.2.1' : `10.0.${i >> 8}.${i & 255}`, i)
      expect(peers.get('192.0.2.9', 9)).toBe(regular)
    }
    expect(peers.size).toBeLessThanOrEqual(102)
  })
})
