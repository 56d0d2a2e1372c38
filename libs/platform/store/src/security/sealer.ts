import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

const keyBytes = 32
const saltBytes = 16
const nonceBytes = 12
const tagBytes = 16
const version = 1

/** Seals secrets for the database, and opens them. */
export interface Sealer {
  /** `about` says what the secret is and whose; it opens for the same words only, so that no row can take another's place. */
  seal(secret: Uint8Array, about: string): Buffer
  /** @throws SealBroken for bytes that were not sealed with this key about this */
  open(sealed: Uint8Array, about: string): Buffer
}

/** What was sealed does not open: another STORE_KEY, another row, or damage. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken'
  constructor(about: string) {
    super(`the sealed ${about} does not open: was it written with another STORE_KEY?`)
  }
}

/**
 * AES-256-GCM with a key for each seal, derived by HKDF from STORE_KEY, a random salt and `about`: no number of seals wears the key out.
 * Sealed: version, salt, nonce, tag, ciphertext.
 * @param storeKey 32 bytes in base64
 * @throws RangeError for a key of another length
 */
export function createSealer(storeKey: string): Sealer {
  const master = Buffer.from(storeKey, 'base64')
  if (master.length !== keyBytes) throw new RangeError('STORE_KEY is 32 bytes in base64')
  const keyFor = (salt: Uint8Array, about: string): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', master, salt, about, keyBytes))
  return {
    seal(secret, about) {
      const random = randomBytes(saltBytes + nonceBytes)
      const nonce = random.subarray(saltBytes)
      const cipher = createCipheriv('aes-256-gcm', keyFor(random.subarray(0, saltBytes), about), nonce)
      const text = [cipher.update(secret), cipher.final()]
      return Buffer.concat([Buffer.of(version), random, cipher.getAuthTag(), ...text])
    },
    open(sealed, about) {
      const salt = sealed.subarray(1, 1 + saltBytes)
      const nonce = sealed.subarray(1 + saltBytes, 1 + saltBytes + nonceBytes)
      const text = 1 + saltBytes + nonceBytes + tagBytes
      if (sealed[0] !== version || sealed.length < text) throw new SealBroken(about)
      const decipher = createDecipheriv('aes-256-gcm', keyFor(salt, about), nonce)
      decipher.setAuthTag(sealed.subarray(text - tagBytes, text))
      try {
        return Buffer.concat([decipher.update(sealed.subarray(text)), decipher.final()])
      } catch {
        throw new SealBroken(about)
      }
    },
  }
}
