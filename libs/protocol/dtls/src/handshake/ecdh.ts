import { createECDH } from 'node:crypto'
import type { ECDH } from 'node:crypto'
import { HandshakeFault } from '../faults.js'

/** A key pair on secp256r1 for one handshake. */
export class EphemeralKey {
  readonly point: Uint8Array
  readonly #pair: ECDH = createECDH('prime256v1')

  constructor() {
    this.point = this.#pair.generateKeys()
  }

  /** The shared secret: the x coordinate, 32 bytes (RFC 8422 §5.10). Throws `HandshakeFault` for a point that is not on the curve. */
  agree(peerPoint: Uint8Array): Uint8Array {
    try {
      return this.#pair.computeSecret(peerPoint)
    } catch {
      throw new HandshakeFault('illegal-parameter', 'a point that is not on secp256r1')
    }
  }
}
