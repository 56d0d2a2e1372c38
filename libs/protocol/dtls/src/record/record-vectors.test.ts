import { createCipheriv } from 'node:crypto'
import { fromHex, toHex } from '@fieldline/bytes'
import type { Random } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { keyBlockLength } from '../crypto/keys.js'
import type { Role } from '../crypto/keys.js'
import { ascii, peerAt, textOf } from '../pair.test-support.js'
import { Session } from '../session/session.js'
import { suiteById } from '../suites.js'
import { ContentType, noBytes } from '../wire.js'
import { readRecord } from './record.js'
import { recordVectors } from './record-vectors.js'

const cid = fromHex('c1d0')
const counting = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i)
/** The IV of the vectors. */
const random: Random = { bytes: (length) => new Uint8Array(length).fill(0xa5), unit: () => 0 }

function sessionOf(role: Role, suiteId: number, ownCid: Uint8Array, peerCid: Uint8Array): Session {
  const suite = suiteById(suiteId)
  if (!suite) throw new Error(`no suite ${suiteId}`)
  const keyBlock = counting(keyBlockLength(suite))
  const ids = { localCid: ownCid, peerCid }
  const session = new Session({ id: 1, role, suite, keyBlock, ...ids, peer: peerAt('192.0.2.1'), random })
  session.writeSequence = 0x203
  return session
}

describe.each(Object.entries(recordVectors))('records of suite %s', (id, vectors) => {
  it('are written as another library writes them, byte by byte', () => {
    for (const [peerCid, wanted] of [
      [noBytes, vectors.plain],
      [cid, vectors.withCid],
    ] as const) {
      const server = sessionOf('server', Number(id), noBytes, peerCid)
      const record = server.seal(ContentType.ApplicationData, ascii('register me'))
      expect(toHex(record ?? noBytes)).toBe(wanted)
      expect(server.recordLength(11)).toBe(record?.length)
    }
  })

  it('are read as another library wrote them, with or without padding behind the inner type', () => {
    for (const [ownCid, hex] of [
      [noBytes, vectors.plain],
      [cid, vectors.withCid],
      [cid, vectors.padded],
    ] as const) {
      const client = sessionOf('client', Number(id), ownCid, noBytes)
      const record = readRecord(fromHex(hex), 0, ownCid.length)
      const content = record && client.open(record)
      expect(content?.type).toBe(ContentType.ApplicationData)
      expect(textOf(content?.payload ?? noBytes)).toBe('register me')
      // once
      expect(record && client.open(record)).toBeUndefined()
      expect(client.failedOpens).toBe(0)
    }
  })

  it('are dropped where the Connection ID, a number or a length was altered, each byte of which is authenticated', () => {
    const original = fromHex(vectors.withCid)
    // epoch and what readRecord needs to find a record at all are its own tests
    for (const at of [5, 6, 7, 8, 9, 10, 11, 12]) {
      const client = sessionOf('client', Number(id), cid, noBytes)
      const altered = original.slice()
      altered[at] ^= 1
      const record = readRecord(altered, 0, cid.length)
      expect(record && client.open(record), `byte ${at}`).toBeUndefined()
      // another Connection ID is no forgery: it is not ours at all
      expect(client.failedOpens, `byte ${at}`).toBe(at < 11 ? 1 : 0)
    }
  })
})

describe('AES-CCM with a tag of 8 bytes', () => {
  const key = fromHex('c0c1c2c3c4c5c6c7c8c9cacbcccdcecf')
  // of the packet, which counts up from 0, `clear` bytes are authenticated only; the nonce ends with a0 to a5
  it.each([
    [1, '00000003020100', 8, 31, '588c979a61c663d2f066d0c2c0f989806d5f6b61dac38417e8d12cfdf926e0'],
    [2, '00000004030201', 8, 32, '72c91a36e135f8cf291ca894085c87e3cc15c439c9e43a3ba091d56e10400916'],
    [3, '00000005040302', 8, 33, '51b1e5f44a197d1da46b0f8e2d282ae871e838bb64da8596574adaa76fbd9fb0c5'],
    [4, '00000006050403', 12, 31, 'a28c6865939a9a79faaa5c4c2a9d4a91cdac8c96c861b9c9e61ef1'],
    [5, '00000007060504', 12, 32, 'dcf1fb7b5d9e23fb9d4e131253658ad86ebdca3e51e83f077d9c2d93'],
    [6, '00000008070605', 12, 33, '6fc1b011f006568b5171a42d953d469b2570a4bd87405a0443ac91cb94'],
  ])('is that of RFC 3610, packet vector %i', (_number, nonce, clear, length, sealed) => {
    const packet = counting(length)
    const cipher = createCipheriv('aes-128-ccm', key, fromHex(`${nonce}a0a1a2a3a4a5`), { authTagLength: 8 })
    cipher.setAAD(packet.subarray(0, clear), { plaintextLength: length - clear })
    const text = cipher.update(packet.subarray(clear))
    cipher.final()
    expect(toHex(text) + toHex(cipher.getAuthTag())).toBe(sealed)
  })
})
