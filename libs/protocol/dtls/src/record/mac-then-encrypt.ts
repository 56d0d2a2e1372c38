import { createHash, timingSafeEqual } from 'node:crypto'
import type { Random } from '@fieldline/bytes'
import type { Role } from '../crypto/keys.js'
import { noBytes } from '../wire.js'
import { Cbc, additionalData, encryptedLength, macLength } from './protection.js'
import type { Protection } from './protection.js'

const block = 16
/** A MAC and the byte that says how much padding there is. */
const leastPlaintext = macLength + 1
const mostPadding = 255
/** SHA-256 takes so many bytes at a time, and ends with a bit and a length of its own. */
const hashBlock = 64
const hashEnd = 9

/** Blocks that the inner hash of HMAC takes for so many bytes after the key. */
const hashBlocks = (length: number): number => Math.ceil((hashBlock + length + hashEnd) / hashBlock)

/** 1 if `left` is less than `right`, else 0, without a branch; for numbers under 2^31. */
const isLess = (left: number, right: number): number => ((left - right) >> 31) & 1

/**
 * AES-128-CBC with HMAC-SHA256 over the plaintext, which is then padded and encrypted (RFC 5246 §6.2.3.2): for peers without encrypt-then-MAC only.
 *
 * Here padding is read before anything is known to be authentic, so the time it takes may tell about it (Lucky Thirteen). What is done the same for
 * every padding of a record of one length, right or wrong: which bytes of it are looked at, the blocks that are hashed, where the MAC is
 * taken from, the comparison, and the answer, which is none. What is not: memory that the engine collects and the copies inside HMAC, whose last
 * block is longer or shorter by up to 63 bytes. Where that matters, leave this off.
 */
export class CbcMacThenEncrypt extends Cbc {
  sealedLength(plaintextLength: number): number {
    return encryptedLength(plaintextLength + macLength)
  }

  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void {
    const mac = this.mac(additionalData(number, type, cid, plaintext.length), plaintext)
    this.encrypt(into, at, plaintext, mac)
  }

  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined {
    const { length } = fragment
    if (length % block !== 0 || length < encryptedLength(macLength)) return undefined
    const padded = this.decrypt(fragment)
    const { isRight, padding } = readPadding(padded)
    // with wrong padding the MAC is computed as if there were none (RFC 5246 §6.2.3.2)
    const contentLength = padded.length - leastPlaintext - padding
    const header = additionalData(number, type, cid, contentLength)
    const wanted = this.mac(header, padded.subarray(0, contentLength))
    const most = hashBlocks(header.length + padded.length - leastPlaintext)
    spendHashBlocks(most - hashBlocks(header.length + contentLength))
    const isAuthentic = timingSafeEqual(macIn(padded, padding), wanted)
    if ((isRight & Number(isAuthentic)) === 0) return undefined
    return contentLength === 0 ? noBytes : padded.subarray(0, contentLength)
  }
}

/** Whether the padding is right, and its length without its last byte: 0 if it is wrong. Looks at the same bytes whatever they are. */
export function readPadding(padded: Uint8Array): { isRight: 0 | 1; padding: number } {
  const { length } = padded
  const claimed = padded[length - 1]
  const fits = isLess(claimed + leastPlaintext, length + 1)
  let wrong = 0
  for (let i = 0; i < Math.min(length, mostPadding + 1); i++)
    wrong |= -isLess(i, claimed + 1) & (padded[length - 1 - i] ^ claimed)
  const isRight = (fits & isLess(wrong, 1)) === 1 ? 1 : 0
  return { isRight, padding: claimed & -isRight }
}

/** The MAC before padding of that length; every place where it could be is read. */
function macIn(padded: Uint8Array, padding: number): Uint8Array {
  const mac = new Uint8Array(macLength)
  const last = padded.length - leastPlaintext
  for (let candidate = 0; candidate <= Math.min(mostPadding, last); candidate++) {
    const isIt = -(isLess(candidate, padding + 1) & isLess(padding, candidate + 1))
    for (let i = 0; i < macLength; i++) mac[i] |= isIt & padded[last - candidate + i]
  }
  return mac
}

const nothing = new Uint8Array(hashBlock * Math.ceil((mostPadding + 1) / hashBlock + 1))

/** Hashes so many blocks more, for nothing but the time. */
function spendHashBlocks(blocks: number): void {
  createHash('sha256')
    .update(nothing.subarray(0, hashBlock * blocks))
    .digest()
}

/** The two directions as one side sees them, from a key block of two MAC keys and two keys (RFC 5246 §6.3); both are views of it. */
export function macThenEncryptDirections(
  role: Role,
  keys: Uint8Array,
  random: Random,
): { read: Protection; write: Protection } {
  const client = new CbcMacThenEncrypt(keys.subarray(64, 80), keys.subarray(0, 32), random)
  const server = new CbcMacThenEncrypt(keys.subarray(80, 96), keys.subarray(32, 64), random)
  return role === 'server' ? { read: client, write: server } : { read: server, write: client }
}
