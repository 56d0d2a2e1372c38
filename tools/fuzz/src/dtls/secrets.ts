import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { bigEndian, join } from '../bytes.js'
import { dtls12, recordType } from './wire.js'

export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()
const hmac = (key: Uint8Array, bytes: Uint8Array): Uint8Array =>
  createHmac('sha256', key).update(bytes).digest()

/** The TLS 1.2 pseudo-random function (RFC 5246 §5), written a second time on purpose. */
export function prf(secret: Uint8Array, label: string, seed: Uint8Array, length: number): Uint8Array {
  const labelled = join(label, seed)
  let a = hmac(secret, labelled)
  let out = new Uint8Array(0)
  while (out.length < length) {
    out = Uint8Array.from(join(out, hmac(secret, join(a, labelled))))
    a = hmac(secret, a)
  }
  return out.subarray(0, length)
}

/** RFC 4279 §2. */
export function premasterOf(key: Uint8Array): Uint8Array {
  return join(bigEndian(key.length, 2), new Uint8Array(key.length), bigEndian(key.length, 2), key)
}

interface Form {
  readonly cipher: 'aes-128-ccm' | 'aes-128-gcm'
  readonly tag: number
}
const forms: { readonly [suite: number]: Form | undefined } = {
  0xc0a8: { cipher: 'aes-128-ccm', tag: 8 },
  0x00a8: { cipher: 'aes-128-gcm', tag: 16 },
}

/** Seals and opens records of epoch 1 in one direction, for the two authenticated PSK suites. */
export class Sealer {
  readonly #form: Form

  constructor(
    suite: number,
    private readonly key: Uint8Array,
    private readonly salt: Uint8Array,
  ) {
    this.#form = forms[suite] ?? forms[0xc0a8]!
  }

  /** RFC 5246 §6.2.3.3, or RFC 9146 §5 with a Connection ID. */
  #additional(type: number, sequence: number, cid: Uint8Array, length: number): Uint8Array {
    const counted = join(bigEndian(1, 2), bigEndian(sequence, 6))
    return cid.length === 0
      ? join(counted, type, bigEndian(dtls12, 2), bigEndian(length, 2))
      : join(
          new Uint8Array(8).fill(255),
          recordType.cid,
          cid.length,
          recordType.cid,
          bigEndian(dtls12, 2),
          counted,
          cid,
          bigEndian(length, 2),
        )
  }

  /** A whole record. With a Connection ID the type goes inside, and `padding` zeros behind it. */
  seal(type: number, sequence: number, content: Uint8Array, cid: Uint8Array, padding = 0): Uint8Array {
    const outer = cid.length > 0 ? recordType.cid : type
    const plaintext = cid.length > 0 ? join(content, type, new Uint8Array(padding)) : content
    const explicit = join(bigEndian(1, 2), bigEndian(sequence, 6))
    const cipher = createCipheriv(this.#form.cipher as 'aes-128-ccm', this.key, join(this.salt, explicit), {
      authTagLength: this.#form.tag,
    })
    cipher.setAAD(this.#additional(outer, sequence, cid, plaintext.length), {
      plaintextLength: plaintext.length,
    })
    const sealed = cipher.update(plaintext)
    cipher.final()
    const fragment = join(explicit, sealed, cipher.getAuthTag())
    return join(outer, bigEndian(dtls12, 2), explicit, cid, bigEndian(fragment.length, 2), fragment)
  }

  /** The content of a record without Connection ID; undefined if it is not authentic. */
  open(type: number, sequence: number, fragment: Uint8Array): Uint8Array | undefined {
    const length = fragment.length - 8 - this.#form.tag
    if (length < 0) return undefined
    const nonce = join(this.salt, fragment.subarray(0, 8))
    const decipher = createDecipheriv(this.#form.cipher as 'aes-128-ccm', this.key, nonce, {
      authTagLength: this.#form.tag,
    })
    decipher.setAuthTag(fragment.subarray(8 + length))
    decipher.setAAD(this.#additional(type, sequence, new Uint8Array(0), length), { plaintextLength: length })
    try {
      const content = decipher.update(fragment.subarray(8, 8 + length))
      decipher.final()
      return content
    } catch {
      return undefined
    }
  }
}

/** Both directions from the master secret. */
export function sealersOf(
  suite: number,
  master: Uint8Array,
  clientRandom: Uint8Array,
  serverRandom: Uint8Array,
): { client: Sealer; server: Sealer } {
  const block = prf(master, 'key expansion', join(serverRandom, clientRandom), 40)
  return {
    client: new Sealer(suite, block.subarray(0, 16), block.subarray(32, 36)),
    server: new Sealer(suite, block.subarray(16, 32), block.subarray(36, 40)),
  }
}
