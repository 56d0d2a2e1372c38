import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { SealBroken, createSealer } from './sealer.js'

const key = randomBytes(32).toString('base64')
const secret = Buffer.from('00112233445566778899aabbccddeeff', 'hex')

describe('a sealed secret', () => {
  const sealer = createSealer(key)

  it('opens for the same words, and does not show the secret', () => {
    const sealed = sealer.seal(secret, 'key of meter-1')
    expect(sealer.open(sealed, 'key of meter-1')).toEqual(secret)
    expect(sealed.includes(secret)).toBe(false)
    expect(sealer.seal(secret, 'key of meter-1').equals(sealed)).toBe(false)
  })

  it('does not open in the place of another, with another key, or damaged', () => {
    const sealed = sealer.seal(secret, 'key of meter-1')
    expect(() => sealer.open(sealed, 'key of meter-2')).toThrow(SealBroken)
    expect(() => createSealer(randomBytes(32).toString('base64')).open(sealed, 'key of meter-1')).toThrow(
      SealBroken,
    )
    for (let at = 0; at < sealed.length; at++) {
      const damaged = Buffer.from(sealed)
      damaged[at] ^= 1
      expect(() => sealer.open(damaged, 'key of meter-1')).toThrow(SealBroken)
    }
    for (const length of [0, 1, 44]) {
      expect(() => sealer.open(sealed.subarray(0, length), 'key of meter-1')).toThrow(SealBroken)
    }
  })

  it('needs a key of 32 bytes', () => {
    expect(() => createSealer('short')).toThrow('STORE_KEY')
  })
})
