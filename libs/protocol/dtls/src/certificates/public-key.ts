import { X509Certificate, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { fromHex } from '@fieldline/bytes'
import { HandshakeFault } from '../faults.js'
import { sameBytes } from '../wire.js'
import { readCertificateFacts } from './der.js'
import type { CertificateFacts } from './der.js'

/** What this side shows and signs with. */
export interface OwnCredentials {
  /** An ECDSA key on secp256r1. */
  readonly privateKey: KeyObject
  /** X.509 certificates in DER, the end entity first, up to but not with the root; absent for raw public keys only. */
  readonly chain?: readonly Uint8Array[]
}

/** The SubjectPublicKeyInfo of a private key in DER: our raw public key (RFC 7250 §3). */
export function rawPublicKeyOf(credentials: OwnCredentials): Uint8Array {
  return createPublicKey(credentials.privateKey).export({ type: 'spki', format: 'der' })
}

/** How the SubjectPublicKeyInfo of an uncompressed point on secp256r1 begins; its two coordinates follow (RFC 5480 §2). */
const keyHead = fromHex('3059301306072a8648ce3d020106082a8648ce3d03010703420004')
const keyLength = keyHead.length + 64

/**
 * A peer's raw public key: a point on secp256r1, and no byte otherwise than DER has it. Throws `HandshakeFault`.
 *
 * No other form gets as far as OpenSSL: of the point at infinity Node makes a key that ends the process when it is asked for its curve.
 */
export function readRawPublicKey(der: Uint8Array): KeyObject {
  if (der.length !== keyLength || !sameBytes(der.subarray(0, keyHead.length), keyHead))
    throw new HandshakeFault('unsupported-certificate', 'the key is not an ECDSA key on secp256r1')
  try {
    return createPublicKey({ key: Buffer.from(der), type: 'spki', format: 'der' })
  } catch {
    throw new HandshakeFault('bad-certificate', 'the public key is no point on secp256r1')
  }
}

/** A certificate: DER and nothing after it, although Node would take PEM as well. Throws `HandshakeFault`. */
export function readX509(der: Uint8Array): X509Certificate {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(der)
  } catch {
    throw new HandshakeFault('bad-certificate', 'a certificate cannot be read')
  }
  if (!sameBytes(certificate.raw, der))
    throw new HandshakeFault('bad-certificate', 'a certificate is not plain DER')
  return certificate
}

/** What Node does not tell about a certificate. Throws `HandshakeFault`. */
export function factsOf(der: Uint8Array): CertificateFacts {
  try {
    return readCertificateFacts(der)
  } catch {
    throw new HandshakeFault('bad-certificate', 'a certificate is not plain DER')
  }
}

/** The key of an end entity certificate, as `readRawPublicKey` takes it. Throws `HandshakeFault`. */
export function keyOfCertificate(der: Uint8Array): KeyObject {
  readX509(der)
  return readRawPublicKey(factsOf(der).publicKey)
}

/** The common name of a certificate's subject; LwM2M puts the Endpoint Client Name there (Transport Bindings 1.2 §5.2.9.3). */
export function commonNameOf(der: Uint8Array): string | undefined {
  return factsOf(der).commonName
}

export function signEcdsa(credentials: OwnCredentials, data: Uint8Array): Uint8Array {
  return sign('sha256', data, credentials.privateKey)
}

/** Throws `HandshakeFault` unless the signature is of this key over these bytes. */
export function checkEcdsa(key: KeyObject, data: Uint8Array, signature: Uint8Array): void {
  let valid = false
  try {
    valid = verify('sha256', data, key, signature)
  } catch {
    // a signature that is no DER is a wrong one
  }
  if (!valid) throw new HandshakeFault('bad-signature', 'the signature does not verify')
}
