import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'
import { fromHex, seededRandom, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { ContentType, concat } from '../wire.js'
import { CbcEncryptThenMac, Ccm8, Gcm } from './protection.js'
import type { Protection } from './protection.js'
import { readRecord, writeRecordHeader } from './record.js'

const key = fromHex('404142434445464748494a4b4c4d4e4f')
const salt = fromHex('10111213')
/** Epoch 1, number 0x0203. */
const number = fromHex('0001000000000203')
const none = new Uint8Array(0)
const cid = fromHex('c1d0')
const message = new TextEncoder().encode('register me')
const random = seededRandom(3)

function seal(protection: Protection, type: number, plaintext: Uint8Array, id: Uint8Array): Uint8Array {
  const fragment = new Uint8Array(protection.sealedLength(plaintext.length))
  protection.seal(fragment, 0, number, type, plaintext, id)
  return fragment
}

describe('record protection', () => {
  it('rests on an AES-CCM that is that of NIST SP 800-38C, example 3', () => {
    const cipher = createCipheriv('aes-128-ccm', key, fromHex('101112131415161718191a1b'), {
      authTagLength: 8,
    })
    const plaintext = fromHex('202122232425262728292a2b2c2d2e2f3031323334353637')
    cipher.setAAD(fromHex('000102030405060708090a0b0c0d0e0f10111213'), { plaintextLength: plaintext.length })
    expect(toHex(cipher.update(plaintext))).toBe('e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5')
    cipher.final()
    expect(toHex(cipher.getAuthTag())).toBe('484392fbc1b09951')
  })

  // additional data written out from the standards, byte by byte
  const plain = (length: number): Uint8Array =>
    fromHex(`0001000000000203 17 fefd ${length.toString(16).padStart(4, '0')}`)
  const withCid = (length: number): Uint8Array =>
    fromHex(`ffffffffffffffff 19 02 19 fefd 0001000000000203 c1d0 ${length.toString(16).padStart(4, '0')}`)

  it.each([
    ['RFC 6655, RFC 5246 §6.2.3.3', ContentType.ApplicationData, none, plain],
    ['RFC 9146 §5.3', ContentType.ConnectionId, cid, withCid],
  ])('seals CCM_8 with nonce and additional data of %s', (_name, type, id, additional) => {
    const fragment = seal(new Ccm8(key.slice(), salt.slice()), type, message, id)
    expect(fragment.subarray(0, 8)).toEqual(number)
    const decipher = createDecipheriv('aes-128-ccm', key, concat(salt, number), { authTagLength: 8 })
    decipher.setAuthTag(fragment.subarray(-8))
    decipher.setAAD(additional(message.length), { plaintextLength: message.length })
    expect(new Uint8Array(decipher.update(fragment.subarray(8, -8)))).toEqual(message)
  })

  it.each([
    ['RFC 7366 §3', ContentType.ApplicationData, none, plain],
    ['RFC 9146 §5.2', ContentType.ConnectionId, cid, withCid],
  ])('seals CBC with a MAC over the ciphertext as in %s', (_name, type, id, additional) => {
    const macKey = random.bytes(32)
    const fragment = seal(new CbcEncryptThenMac(key.slice(), macKey.slice(), random), type, message, id)
    const sealed = fragment.subarray(0, -32)
    const mac = createHmac('sha256', macKey).update(additional(sealed.length)).update(sealed).digest()
    expect(toHex(fragment.subarray(-32))).toBe(toHex(mac))
    const decipher = createDecipheriv('aes-128-cbc', key, sealed.subarray(0, 16)).setAutoPadding(false)
    // 11 bytes and 5 of padding, each of them 4
    expect(toHex(decipher.update(sealed.subarray(16)))).toBe(toHex(message) + '0404040404')
  })

  const all: [string, () => Protection][] = [
    ['CCM_8', () => new Ccm8(key.slice(), salt.slice())],
    ['GCM', () => new Gcm(key.slice(), salt.slice())],
    ['CBC', () => new CbcEncryptThenMac(key.slice(), key.slice(), random)],
  ]
  it.each(all)('%s opens what it sealed, of every length, and nothing that was altered', (_name, create) => {
    const protection = create()
    for (const length of [0, 1, 15, 16, 17, 31, 32, 300]) {
      const plaintext = random.bytes(length)
      const fragment = seal(protection, 23, plaintext, none)
      expect(toHex(protection.open(number, 23, fragment, none) ?? none)).toBe(toHex(plaintext))
      expect(protection.open(number, 22, fragment, none)).toBeUndefined()
      for (let at = 0; at < fragment.length; at++) {
        const altered = fragment.slice()
        altered[at] ^= 1 << (at % 8)
        expect(protection.open(number, 23, altered, none), `byte ${at}`).toBeUndefined()
        expect(protection.open(number, 23, fragment.subarray(0, at), none)).toBeUndefined()
      }
    }
  })

  it.each(all)('%s has no keys after destroy', (_name, create) => {
    const protection = create()
    const fragment = seal(protection, 23, message, none)
    protection.destroy()
    expect(protection.open(number, 23, fragment, none)).toBeUndefined()
  })
})

describe('the record codec', () => {
  it('writes and reads the header of RFC 9146 §4, byte by byte', () => {
    const record = new Uint8Array(15 + 3)
    const at = writeRecordHeader(record, ContentType.ConnectionId, 0xfefd, 1, 0x123456789abc, cid, 3)
    record.set([1, 2, 3], at)
    expect(toHex(record)).toBe('19' + 'fefd' + '0001' + '123456789abc' + 'c1d0' + '0003' + '010203')
    expect(readRecord(record, 0, 2)).toMatchObject({
      type: 25,
      epoch: 1,
      sequence: 0x123456789abc,
      cid,
      fragment: Uint8Array.of(1, 2, 3),
    })
  })

  it('refuses every truncation, a version that is none, and a Connection ID where none was given out', () => {
    const record = fromHex('16fefd0000000000000000 0004 01020304')
    expect(readRecord(record, 0, 0)).toBeDefined()
    for (let end = 0; end < record.length; end++)
      expect(readRecord(record.subarray(0, end), 0, 0)).toBeUndefined()
    expect(readRecord(fromHex('16030300000000000000000001 00'), 0, 0)).toBeUndefined()
    expect(readRecord(fromHex('17feff0001000000000000000100'), 0, 0)).toBeUndefined()
    expect(readRecord(fromHex('19fefd0001000000000000c1d0000100'), 0, 0)).toBeUndefined()
    expect(readRecord(fromHex('17fefd00010000000000004801' + '00'.repeat(0x4801)), 0, 0)).toBeUndefined()
  })
})
