import type { KeyObject } from 'node:crypto'
import { checkEcdsa } from '../certificates/public-key.js'
import { HandshakeFault } from '../faults.js'

/** Wrong ones before no more are looked at. */
const mostWrong = 8

/**
 * Looks at the signatures of one handshake. A wrong one is discarded and the true one awaited, as everything that comes in epoch 0; but to look at
 * it takes a hundred times as long as to look at a record that is noise, so this is not done however often.
 */
export class SignatureCheck {
  #wrong = 0

  /** Throws `HandshakeFault` unless the signature is of this key over these bytes. */
  check(key: KeyObject, data: Uint8Array, signature: Uint8Array): void {
    if (this.#wrong === mostWrong)
      throw new HandshakeFault('bad-signature', 'too many signatures did not verify')
    this.#wrong++
    checkEcdsa(key, data, signature)
    this.#wrong--
  }
}
