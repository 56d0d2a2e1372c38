import { describe, expect, it, vi } from 'vitest'
import { Pair, pskKey } from './pair.test-support.js'
import { ResumptionStore } from './session/resumption-store.js'

const secrets = vi.hoisted(() => ({
  premasters: [] as Uint8Array[],
  masters: [] as Uint8Array[],
  keyBlocks: [] as Uint8Array[],
}))
vi.mock('./crypto/prf.js', async (load) => {
  const real = await load<typeof import('./crypto/prf.js')>()
  const masterSecret: typeof real.masterSecret = (premaster, from) => {
    const master = real.masterSecret(premaster, from)
    secrets.premasters.push(premaster)
    secrets.masters.push(master)
    return master
  }
  return { ...real, masterSecret }
})
vi.mock('./crypto/keys.js', async (load) => {
  const real = await load<typeof import('./crypto/keys.js')>()
  const keyBlock: typeof real.keyBlock = (...from) => {
    const block = real.keyBlock(...from)
    secrets.keyBlocks.push(block)
    return block
  }
  return { ...real, keyBlock }
})

const isOverwritten = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)
/** What both sides have left of a kind of secret. */
const left = (kind: keyof typeof secrets): number => {
  expect(secrets[kind]).toHaveLength(2)
  return secrets[kind].filter((bytes) => !isOverwritten(bytes)).length
}
const begin = (): void => {
  for (const kind of Object.values(secrets)) kind.length = 0
}

describe('secrets are overwritten', () => {
  it('of a handshake that is over, on both sides: the session lives by its keys alone', async () => {
    begin()
    const pair = new Pair()
    const { client } = await pair.open()
    expect([left('premasters'), left('masters'), left('keyBlocks')]).toEqual([0, 0, 2])
    client.close()
    await pair.settle()
    expect(left('keyBlocks')).toBe(0)
  })

  it('of a handshake that failed, keys and all', async () => {
    begin()
    const pair = new Pair({
      psk: () => new Uint8Array(16).fill(9),
      timers: { initialMs: 1_000, maxMs: 1_000, retransmissions: 2 },
    })
    const client = pair.connect()
    await pair.settle()
    expect([left('premasters'), left('masters'), left('keyBlocks')]).toEqual([0, 2, 2])
    client.client.close()
    pair.clock.advance(10_000)
    expect(pair.server.handshakeCount).toBe(0)
    expect([left('masters'), left('keyBlocks')]).toEqual([0, 0])
  })

  it('of all sessions of a server that stops', async () => {
    begin()
    const pair = new Pair({ psk: () => pskKey })
    await pair.open()
    pair.server.shutdown()
    expect(left('keyBlocks')).toBe(1)
  })

  it('of a session that may no longer be resumed', () => {
    const store = new ResumptionStore(1, 1_000)
    const identity = { kind: 'anonymous' } as const
    const entry = { master: new Uint8Array(48).fill(7), suiteId: 1, extendedMasterSecret: true, identity }
    const masterOf = (id: number): Uint8Array => {
      store.put(Uint8Array.of(id), entry, 0)
      return store.get(Uint8Array.of(id), 0)?.master ?? new Uint8Array(0)
    }
    const crowdedOut = masterOf(1)
    const expired = masterOf(2)
    expect(isOverwritten(crowdedOut)).toBe(true)
    expect(isOverwritten(expired)).toBe(false)
    store.get(Uint8Array.of(2), 1_000)
    const forgotten = masterOf(3)
    store.forget(() => true)
    expect([expired, forgotten].every(isOverwritten)).toBe(true)
    expect(isOverwritten(entry.master)).toBe(false)
  })
})
