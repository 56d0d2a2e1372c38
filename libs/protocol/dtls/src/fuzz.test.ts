import { seededRandom } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Pair, ascii, credentialsOf, psk } from './pair.test-support.js'
import { noBytes } from './wire.js'

/** One to three random changes: a byte, a bit, a cut, an insertion, a doubling. */
function mutate(datagram: Uint8Array, random: Random): Uint8Array {
  let bytes = [...datagram]
  for (let rounds = 1 + Math.floor(random.unit() * 3); rounds > 0; rounds--) {
    const at = Math.floor(random.unit() * bytes.length)
    const kind = Math.floor(random.unit() * 5)
    if (kind === 0) bytes[at] = Math.floor(random.unit() * 256)
    else if (kind === 1) bytes[at] ^= 1 << Math.floor(random.unit() * 8)
    else if (kind === 2) bytes = bytes.slice(0, at + 1)
    else if (kind === 3) bytes.splice(at, 0, ...random.bytes(Math.floor(random.unit() * 8)))
    else bytes = [...bytes, ...bytes.slice(at)]
  }
  return Uint8Array.from(bytes)
}

const certificates = { credentials: credentialsOf('server'), verifyPeer: () => true }

describe('mutated datagrams', () => {
  it('never throw, never open a session of unequal ends, and leave the server able to go on', async () => {
    let opened = 0
    for (let seed = 1; seed <= 400; seed++) {
      const random = seededRandom(seed)
      const suite = [0xc0a8, 0x00ae, 0x00a8, 0xc0a8, 0xc0ae][seed % 5]
      const pair = new Pair(
        { ...certificates, psk: seed % 2 ? () => psk.key : async () => psk.key, mtu: 300 },
        seed,
      )
      const target = Math.floor(random.unit() * 8)
      let index = 0
      pair.road = (bytes) => [{ bytes: index++ === target ? mutate(bytes, random) : bytes, afterMs: 0 }]
      const client = pair.connect({
        suites: [suite],
        ...(seed % 3 ? { cid: seed % 2 ? noBytes : Uint8Array.of(1) } : {}),
        ...(suite === 0xc0ae ? { credentials: credentialsOf('meter'), verifyPeer: () => true } : {}),
        mtu: 300,
      })
      await pair.settle(6)
      client.client.send(ascii('m'))
      pair.clock.advance(1_000)
      await pair.settle(4)
      opened += pair.notices.of('session').length
      for (const { session } of pair.notices.of('session'))
        expect(session.identity.kind).not.toBe('anonymous')
      pair.road = (bytes) => [{ bytes, afterMs: 0 }]
      await expect(pair.open(), `seed ${seed}`).resolves.toBeDefined()
    }
    expect(opened).toBeGreaterThan(0)
  })
})
