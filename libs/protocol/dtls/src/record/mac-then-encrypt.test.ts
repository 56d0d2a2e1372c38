import { createCipheriv, createHmac } from 'node:crypto'
import { fromHex, seededRandom, toHex } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { ContentType, concat } from '../wire.js'
import { CbcMacThenEncrypt, readPadding } from './mac-then-encrypt.js'

const from = (start: number, length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => start + i)
const key = from(0, 16)
const macKey = from(32, 32)
const iv = from(64, 16)
const number = fromHex('0001000000000005')
const none = new Uint8Array(0)
const fixed: Random = { bytes: () => iv, unit: () => 0 }
const protection = (): CbcMacThenEncrypt => new CbcMacThenEncrypt(from(0, 16), from(32, 32), fixed)
const message = new TextEncoder().encode('a meter speaks')

/** What a peer encrypts: content, MAC, and padding of its choice. */
function sealed(content: Uint8Array, padding: (padded: Uint8Array) => void, spare: number): Uint8Array {
  const length = fromHex(content.length.toString(16).padStart(4, '0'))
  const mac = createHmac('sha256', macKey)
    .update(concat(number, fromHex('17fefd'), length, content))
    .digest()
  const padded = new Uint8Array(content.length + mac.length + spare)
  padded.set(concat(content, mac))
  padding(padded)
  const cipher = createCipheriv('aes-128-cbc', key, iv).setAutoPadding(false)
  return concat(iv, cipher.update(padded))
}
const filled =
  (spare: number): ((padded: Uint8Array) => void) =>
  (padded) =>
    padded.fill(spare - 1, padded.length - spare)
const open = (fragment: Uint8Array): Uint8Array | undefined =>
  protection().open(number, ContentType.ApplicationData, fragment, none)

describe('CBC with MAC-then-encrypt (RFC 5246 §6.2.3.2)', () => {
  it.each([
    [
      '',
      ContentType.ApplicationData,
      message,
      none,
      '978647666faa7866ead45aca83382cd12e29070bc1707389c5993e18d5ce03aa703fcc88a91cdbaa3e8375f274b6b21f',
    ],
    [
      ' and a Connection ID',
      ContentType.ConnectionId,
      concat(message, Uint8Array.of(23)),
      fromHex('0102'),
      'bcbed3aff8edd9b3449c70393d01e47f350003e67777a3e8c9237bff00675fe16bc385e4fe5c87ca075699e5958c972e',
    ],
  ] as const)('writes and reads what was computed with openssl%s', (_what, type, plaintext, cid, wanted) => {
    const fragment = new Uint8Array(protection().sealedLength(plaintext.length))
    protection().seal(fragment, 0, number, type, plaintext, cid)
    expect(toHex(fragment)).toBe(toHex(iv) + wanted)
    expect(protection().open(number, type, fragment, cid)).toEqual(Buffer.from(plaintext))
  })

  it('reads content of every length with every padding that is right', () => {
    for (let length = 0; length < 70; length++)
      for (let spare = 16 - ((length + 32) % 16); spare <= 256; spare += 16) {
        const content = from(length, length)
        expect(open(sealed(content, filled(spare), spare)), `${length} ${spare}`).toHaveLength(length)
      }
  })

  it('refuses padding with one byte wrong, a length beyond the record, a wrong MAC, another number, type or length', () => {
    const content = from(1, 22)
    for (const spare of [10, 26, 250])
      for (let i = 1; i <= spare; i++) {
        const wrong = (padded: Uint8Array): void => {
          filled(spare)(padded)
          padded[padded.length - i] ^= 0x10
        }
        expect(open(sealed(content, wrong, spare)), `${spare} ${i}`).toBeUndefined()
      }
    const beyond = (padded: Uint8Array): void => void padded.fill(255, padded.length - 10)
    expect(open(sealed(content, beyond, 10))).toBeUndefined()
    const good = sealed(content, filled(10), 10)
    for (let i = 0; i < good.length; i++) {
      const altered = good.slice()
      altered[i] ^= 1
      expect(open(altered), `byte ${i}`).toBeUndefined()
    }
    expect(protection().open(fromHex('0001000000000006'), 23, good, none)).toBeUndefined()
    expect(protection().open(number, 22, good, none)).toBeUndefined()
    expect(open(good.subarray(0, good.length - 16))).toBeUndefined()
  })

  it('refuses padding that is wrong where none would be right: a length alone, with a MAC before it', () => {
    for (let claimed = 0; claimed < 256; claimed++) {
      const lying = (padded: Uint8Array): void => void (padded[padded.length - 1] = claimed)
      const isRight = claimed === 0
      expect(open(sealed(from(100, 15), lying, 1)) !== undefined, `${claimed}`).toBe(isRight)
    }
  })

  it('takes any bytes without throwing', () => {
    const random = seededRandom(4)
    for (let length = 0; length < 400; length++) expect(open(random.bytes(length))).toBeUndefined()
  })

  it('overwrites its keys', () => {
    const keys = [from(1, 16), from(1, 32)]
    new CbcMacThenEncrypt(keys[0], keys[1], fixed).destroy()
    expect(keys.every((one) => one.every((byte) => byte === 0))).toBe(true)
  })
})

describe('padding', () => {
  it('is right where the last bytes all say how many there are before the last, and leave room for a MAC', () => {
    const plainly = (padded: Uint8Array): number | undefined => {
      const claimed = padded[padded.length - 1]
      if (claimed + 33 > padded.length) return undefined
      return padded.subarray(padded.length - 1 - claimed).every((byte) => byte === claimed)
        ? claimed
        : undefined
    }
    for (const length of [48, 64, 256, 288, 304])
      for (let claimed = 0; claimed < 256; claimed++)
        for (const first of [claimed, claimed ^ 1]) {
          const padded = new Uint8Array(length).fill(claimed, Math.max(0, length - 1 - claimed))
          padded[Math.max(0, length - 1 - claimed)] = claimed === 0 ? claimed : first
          const wanted = plainly(padded)
          expect(readPadding(padded)).toEqual({ isRight: wanted === undefined ? 0 : 1, padding: wanted ?? 0 })
        }
  })
})
