import { X509Certificate, createPublicKey, sign, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { HandshakeFault } from '../faults.js'
import { sameBytes } from '../wire.js'

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

function onSecp256r1(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new HandshakeFault('unsupported-certificate', 'the key is not an ECDSA key on secp256r1')
  return key
}

/** A peer's raw public key: DER of exact length, on secp256r1. Throws `HandshakeFault`. */
export function readRawPublicKey(der: Uint8Array): KeyObject {
  let key: KeyObject
  try {
    key = createPublicKey({ key: Buffer.from(der), type: 'spki', format: 'der' })
  } catch {
    throw new HandshakeFault('bad-certificate', 'the raw public key cannot be read')
  }
  if (!sameBytes(key.export({ type: 'spki', format: 'der' }), der))
    throw new HandshakeFault('bad-certificate', 'the raw public key is not plain DER')
  return onSecp256r1(key)
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

/** The key of an end entity certificate, on secp256r1. Throws `HandshakeFault`. */
export function keyOfCertificate(der: Uint8Array): KeyObject {
  const certificate = readX509(der)
  let key: KeyObject
  try {
    key = certificate.publicKey
  } catch {
    throw new HandshakeFault('unsupported-certificate', 'the key of the certificate cannot be read')
  }
  return onSecp256r1(key)
}

/** The common name of a certificate's subject; LwM2M puts the Endpoint Client Name there (Transport Bindings 1.2 §5.2.9.3). */
export function commonNameOf(der: Uint8Array): string | undefined {
  return /^CN=(.*)$/m.exec(readX509(der).subject ?? '')?.[1]
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
