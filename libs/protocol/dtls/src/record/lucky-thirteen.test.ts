import { createCipheriv } from 'node:crypto'
import { seededRandom } from '@fieldline/bytes'
import { expect, it, vi } from 'vitest'
import { concat } from '../wire.js'
import { CbcMacThenEncrypt } from './mac-then-encrypt.js'

const hashed = vi.hoisted(() => ({ macs: [] as number[], others: 0 }))
vi.mock('node:crypto', async (load) => {
  const real = await load<typeof import('node:crypto')>()
  const createHmac = (name: string, key: Uint8Array): ReturnType<typeof real.createHmac> => {
    const mac = real.createHmac(name, key)
    const at = hashed.macs.push(0) - 1
    const { update } = mac
    mac.update = ((data: Uint8Array) => {
      hashed.macs[at] += data.length
      return Reflect.apply(update, mac, [data])
    }) as typeof update
    return mac
  }
  const createHash = (name: string): ReturnType<typeof real.createHash> => {
    const hash = real.createHash(name)
    const { update } = hash
    hash.update = ((data: Uint8Array) => {
      hashed.others += data.length
      return Reflect.apply(update, hash, [data])
    }) as typeof update
    return hash
  }
  return { ...real, createHmac, createHash }
})

/** Blocks of 64 bytes that the hashes took: the inner one of HMAC begins with a block of key and ends with 9 bytes of its own. */
const blocks = (): number =>
  hashed.others / 64 + hashed.macs.reduce((sum, length) => sum + Math.ceil((64 + length + 9) / 64), 0)

it('records of one length cost the same hash blocks whatever their padding claims, right or wrong (Lucky Thirteen)', () => {
  const random = seededRandom(13)
  const key = random.bytes(16)
  const protection = new CbcMacThenEncrypt(key.slice(), random.bytes(32), random)
  for (const length of [48, 112, 304, 512]) {
    const costs = new Set<number>()
    for (let claimed = 0; claimed < 256; claimed++)
      for (const isRight of [true, false]) {
        const padded = random.bytes(length).slice()
        if (isRight) padded.fill(claimed, Math.max(0, length - 1 - claimed))
        else padded.set([claimed ^ 1, claimed], length - 2)
        const iv = random.bytes(16)
        const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
        const fragment = concat(iv, cipher.update(padded))
        hashed.macs = []
        hashed.others = 0
        expect(protection.open(new Uint8Array(8), 23, fragment, new Uint8Array(0))).toBeUndefined()
        costs.add(blocks())
      }
    expect(costs.size, `${length} bytes`).toBe(1)
  }
})
