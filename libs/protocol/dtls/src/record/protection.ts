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
export function additionalData(
  number: Uint8Array,
  type: number,
  cid: Uint8Array,
  length: number,
): Uint8Array {
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
export const macLength = 32

/** Bytes of an IV and of so much content in whole blocks, with at least one byte of padding. */
export const encryptedLength = (length: number): number => block + length + block - (length % block)

/** AES-128-CBC with HMAC-SHA256: what both kinds of it have in common. In which order they encrypt and authenticate is theirs. */
export abstract class Cbc implements Protection {
  readonly #key: Uint8Array
  readonly #macKey: Uint8Array
  readonly #random: Random

  constructor(key: Uint8Array, macKey: Uint8Array, random: Random) {
    this.#key = key
    this.#macKey = macKey
    this.#random = random
  }

  abstract sealedLength(plaintextLength: number): number
  abstract seal(...record: Parameters<Protection['seal']>): void
  abstract open(...record: Parameters<Protection['open']>): Uint8Array | undefined

  /** The MAC of what stands behind its additional data. */
  protected mac(additional: Uint8Array, content: Uint8Array): Uint8Array {
    return hmacSha256(this.#macKey, additional, content)
  }

  /** Writes a new IV and the encrypted content of one or two parts to `into` at `at`; returns where they end. */
  protected encrypt(into: Uint8Array, at: number, content: Uint8Array, rest: Uint8Array = noBytes): number {
    const length = content.length + rest.length
    const end = at + encryptedLength(length)
    // TLS padding: each byte, the last included, holds the number of those before the last (RFC 5246 §6.2.3.2)
    const padding = end - at - block - length
    const padded = new Uint8Array(length + padding).fill(padding - 1, length)
    padded.set(content)
    padded.set(rest, content.length)
    const iv = this.#random.bytes(block)
    into.set(iv, at)
    const cipher = createCipheriv('aes-128-cbc', this.#key, iv).setAutoPadding(false)
    into.set(cipher.update(padded), at + block)
    return end
  }

  /** Content and padding of an IV and whole blocks. */
  protected decrypt(encrypted: Uint8Array): Uint8Array {
    const iv = encrypted.subarray(0, block)
    const decipher = createDecipheriv('aes-128-cbc', this.#key, iv).setAutoPadding(false)
    return decipher.update(encrypted.subarray(block))
  }

  destroy(): void {
    this.#key.fill(0)
    this.#macKey.fill(0)
  }
}

/** AES-128-CBC with HMAC-SHA256 over the ciphertext (RFC 7366): nothing is decrypted before it is authentic, so padding tells nothing. */
export class CbcEncryptThenMac extends Cbc {
  sealedLength(plaintextLength: number): number {
    return encryptedLength(plaintextLength) + macLength
  }

  seal(
    into: Uint8Array,
    at: number,
    number: Uint8Array,
    type: number,
    plaintext: Uint8Array,
    cid: Uint8Array,
  ): void {
    const end = this.encrypt(into, at, plaintext)
    const encrypted = into.subarray(at, end)
    into.set(this.mac(additionalData(number, type, cid, encrypted.length), encrypted), end)
  }

  open(number: Uint8Array, type: number, fragment: Uint8Array, cid: Uint8Array): Uint8Array | undefined {
    const end = fragment.length - macLength
    if (end < 2 * block || end % block !== 0) return undefined
    const encrypted = fragment.subarray(0, end)
    const mac = this.mac(additionalData(number, type, cid, end), encrypted)
    if (!timingSafeEqual(mac, fragment.subarray(end))) return undefined
    const padded = this.decrypt(encrypted)
    const length = padded.length - 1 - padded[padded.length - 1]
    if (length < 0) return undefined
    for (let i = length; i < padded.length; i++) if (padded[i] !== padded[padded.length - 1]) return undefined
    return length === 0 ? noBytes : padded.subarray(0, length)
  }
}
