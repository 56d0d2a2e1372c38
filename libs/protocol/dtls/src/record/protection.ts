import { createCipheriv, createDecipheriv, timingSafeEqual } from 'node:crypto'
import type { Random } from '@fieldline/bytes'
import { hmacSha256 } from '../crypto/prf.js'
import { ContentType, Version, noBytes } from '../wire.js'

/** Protects or opens the fragments of records in one direction of one epoch. */
export interface Protection {
  /** Length of the fragment that `seal` writes for so many bytes of plaintext. */
  sealedLength(plaintextLength: number): number
  /** Writes the fragment of a record to `into` at `at`. `number` is epoch and sequence number; a number serves once only. */
  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void
  /** The plaintext, or undefined for whatever is not authentic. Never throws. */
  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined
  /** Overwrites the keys. */
  destroy(): void
}

// One scratch for all: node:crypto copies what it is given before the call returns.
const scratch = new Uint8Array(8 + 1 + 1 + 1 + 2 + 8 + 255 + 2)
const nonce = new Uint8Array(12)

/** What is authenticated besides the content: RFC 5246 §6.2.3.3, or RFC 9146 §5 where there is a Connection ID. */
export function additionalData(number: Uint8Array, type: number, cid: Uint8Array, length: number): Uint8Array {
  let at = 0
  if (type === ContentType.ConnectionId) {
    scratch.fill(0xff, 0, 8)
    scratch[8] = ContentType.ConnectionId
    scratch[9] = cid.length
    scratch[10] = ContentType.ConnectionId
    scratch[11] = Version.Dtls12 >> 8
    scratch[12] = Version.Dtls12 & 0xff
    scratch.set(number, 13)
    scratch.set(cid, 21)
    at = 21 + cid.length
  } else {
    scratch.set(number, 0)
    scratch[8] = type
    scratch[9] = Version.Dtls12 >> 8
    scratch[10] = Version.Dtls12 & 0xff
    at = 11
  }
  scratch[at] = length >> 8
  scratch[at + 1] = length
  return scratch.subarray(0, at + 2)
}

/** The explicit part of a nonce travels before the ciphertext; ours is epoch and sequence number (RFC 6655 §3, RFC 5288 §3). */
const explicitNonce = 8

/** Salt, then the eight bytes at `at`; good until the next call. */
function nonceOf(salt: Uint8Array, explicit: Uint8Array, at = 0): Uint8Array {
  for (let i = 0; i < 4; i++) nonce[i] = salt[i]
  for (let i = 0; i < explicitNonce; i++) nonce[4 + i] = explicit[at + i]
  return nonce
}

/** AES-128-CCM with a tag of 8 bytes (RFC 6655). */
export class Ccm8 implements Protection {
  static readonly #tag = 8
  readonly #key: Uint8Array
  readonly #salt: Uint8Array

  constructor(key: Uint8Array, salt: Uint8Array) {
    this.#key = key
    this.#salt = salt
  }

  sealedLength(plaintextLength: number): number {
    return explicitNonce + plaintextLength + Ccm8.#tag
  }

  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void {
    const cipher = createCipheriv('aes-128-ccm', this.#key, nonceOf(this.#salt, number), {
      authTagLength: Ccm8.#tag,
    })
    cipher.setAAD(additionalData(number, type, cid, plaintext.length), { plaintextLength: plaintext.length })
    into.set(number, at)
    into.set(cipher.update(plaintext), at + explicitNonce)
    cipher.final()
    into.set(cipher.getAuthTag(), at + explicitNonce + plaintext.length)
  }

  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined {
    const length = fragment.length - explicitNonce - Ccm8.#tag
    if (length < 0) return undefined
    const decipher = createDecipheriv('aes-128-ccm', this.#key, nonceOf(this.#salt, fragment), {
      authTagLength: Ccm8.#tag,
    })
    decipher.setAuthTag(fragment.subarray(explicitNonce + length))
    decipher.setAAD(additionalData(number, type, cid, length), { plaintextLength: length })
    try {
      // in CCM it is update that checks the tag; an empty message is checked as well
      const plaintext = decipher.update(fragment.subarray(explicitNonce, explicitNonce + length))
      decipher.final()
      return plaintext
    } catch {
      return undefined
    }
  }

  destroy(): void {
    this.#key.fill(0)
    this.#salt.fill(0)
  }
}

/** AES-128-GCM (RFC 5288). */
export class Gcm implements Protection {
  static readonly #tag = 16
  readonly #key: Uint8Array
  readonly #salt: Uint8Array

  constructor(key: Uint8Array, salt: Uint8Array) {
    this.#key = key
    this.#salt = salt
  }

  sealedLength(plaintextLength: number): number {
    return explicitNonce + plaintextLength + Gcm.#tag
  }

  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void {
    const cipher = createCipheriv('aes-128-gcm', this.#key, nonceOf(this.#salt, number))
    cipher.setAAD(additionalData(number, type, cid, plaintext.length))
    into.set(number, at)
    into.set(cipher.update(plaintext), at + explicitNonce)
    cipher.final()
    into.set(cipher.getAuthTag(), at + explicitNonce + plaintext.length)
  }

  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined {
    const length = fragment.length - explicitNonce - Gcm.#tag
    if (length < 0) return undefined
    const decipher = createDecipheriv('aes-128-gcm', this.#key, nonceOf(this.#salt, fragment), {
      authTagLength: Gcm.#tag,
    })
    decipher.setAuthTag(fragment.subarray(explicitNonce + length))
    decipher.setAAD(additionalData(number, type, cid, length))
    try {
      const plaintext = decipher.update(fragment.subarray(explicitNonce, explicitNonce + length))
      decipher.final()
      return plaintext
    } catch {
      return undefined
    }
  }

  destroy(): void {
    this.#key.fill(0)
    this.#salt.fill(0)
  }
}

const block = 16
const macLength = 32

/** AES-128-CBC with HMAC-SHA256 over the ciphertext (RFC 7366): nothing is decrypted before it is authentic, so padding tells nothing. */
export class CbcEncryptThenMac implements Protection {
  readonly #key: Uint8Array
  readonly #macKey: Uint8Array
  readonly #random: Random

  constructor(key: Uint8Array, macKey: Uint8Array, random: Random) {
    this.#key = key
    this.#macKey = macKey
    this.#random = random
  }

  sealedLength(plaintextLength: number): number {
    return block + plaintextLength + (block - (plaintextLength % block)) + macLength
  }

  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void {
    const padding = block - (plaintext.length % block)
    const iv = this.#random.bytes(block)
    const cipher = createCipheriv('aes-128-cbc', this.#key, iv).setAutoPadding(false)
    into.set(iv, at)
    const end = at + block + plaintext.length + padding
    // TLS padding: each byte, the last included, holds the number of those before the last (RFC 5246 §6.2.3.2)
    const padded = new Uint8Array(plaintext.length + padding).fill(padding - 1, plaintext.length)
    padded.set(plaintext)
    into.set(cipher.update(padded), at + block)
    const sealed = into.subarray(at, end)
    into.set(hmacSha256(this.#macKey, additionalData(number, type, cid, sealed.length), sealed), end)
  }

  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined {
    const end = fragment.length - macLength
    if (end < 2 * block || end % block !== 0) return undefined
    const sealed = fragment.subarray(0, end)
    const mac = hmacSha256(this.#macKey, additionalData(number, type, cid, end), sealed)
    if (!timingSafeEqual(mac, fragment.subarray(end))) return undefined
    const decipher = createDecipheriv('aes-128-cbc', this.#key, sealed.subarray(0, block)).setAutoPadding(
      false,
    )
    const padded = decipher.update(sealed.subarray(block))
    const length = padded.length - 1 - padded[padded.length - 1]
    if (length < 0) return undefined
    for (let i = length; i < padded.length; i++) if (padded[i] !== padded[padded.length - 1]) return undefined
    return length === 0 ? noBytes : padded.subarray(0, length)
  }

  destroy(): void {
    this.#key.fill(0)
    this.#macKey.fill(0)
  }
}
