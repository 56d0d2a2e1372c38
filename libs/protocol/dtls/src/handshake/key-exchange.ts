import { ByteReader, ByteWriter } from '@fieldline/bytes'
import { commonNameOf } from '../certificates/public-key.js'
import { HandshakeFault } from '../faults.js'
import type { PeerIdentity } from '../identity.js'
import { concat, copyOf, ecdsaSha256, secp256r1 } from '../wire.js'
import { expectEnd, readNumberList } from './hello.js'
import { vector } from './message.js'

/** A signature with its algorithm before it (RFC 5246 §4.7); only ECDSA with SHA-256 is accepted. */
function readSignature(reader: ByteReader): Uint8Array {
  const algorithm = reader.u16()
  if (algorithm !== ecdsaSha256)
    throw new HandshakeFault(
      'illegal-parameter',
      `signature algorithm ${algorithm.toString(16)} was not offered`,
    )
  return vector.read16(reader)
}

function signed(signature: Uint8Array): Uint8Array {
  return new ByteWriter(signature.length + 4).u16(ecdsaSha256).u16(signature.length).bytes(signature).finish()
}

/** A point of secp256r1 is uncompressed: 04 and two coordinates (RFC 8422 §5.4.1). */
function readPoint(reader: ByteReader): Uint8Array {
  const point = vector.read8(reader)
  if (point.length !== 65 || point[0] !== 4)
    throw new HandshakeFault('illegal-parameter', 'not an uncompressed point')
  return point
}

/** The curve and the public key of the server, as they are signed (RFC 8422 §5.4). */
export function writeEcdhParameters(point: Uint8Array): Uint8Array {
  return new ByteWriter(69).u8(3).u16(secp256r1).u8(point.length).bytes(point).finish()
}

export function writeEcdhServerKeyExchange(parameters: Uint8Array, signature: Uint8Array): Uint8Array {
  return concat(parameters, signed(signature))
}

/** Throws unless it is a named curve that we have, a point and a signature. */
export function readEcdhServerKeyExchange(body: Uint8Array): {
  parameters: Uint8Array
  point: Uint8Array
  signature: Uint8Array
} {
  const reader = new ByteReader(body)
  if (reader.u8() !== 3 || reader.u16() !== secp256r1)
    throw new HandshakeFault('no-common-group', 'the server chose a curve that was not offered')
  const point = readPoint(reader)
  const parameters = body.subarray(0, reader.position)
  const signature = readSignature(reader)
  expectEnd(reader, 'ServerKeyExchange')
  return { parameters, point, signature }
}

/** An identity or an identity hint: one vector (RFC 4279 §2). */
export function readPskText(body: Uint8Array, what: string): Uint8Array {
  const reader = new ByteReader(body)
  const text = vector.read16(reader)
  expectEnd(reader, what)
  return text
}

export function writePskText(text: Uint8Array): Uint8Array {
  return new ByteWriter(text.length + 2).u16(text.length).bytes(text).finish()
}

/** The client's public key (RFC 8422 §5.7). */
export function readEcdhClientKeyExchange(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  const point = readPoint(reader)
  expectEnd(reader, 'ClientKeyExchange')
  return point
}

export function writeEcdhClientKeyExchange(point: Uint8Array): Uint8Array {
  return new ByteWriter(point.length + 1).u8(point.length).bytes(point).finish()
}

/** A chain of X.509 certificates, the end entity first (RFC 5246 §7.4.2), or one SubjectPublicKeyInfo (RFC 7250 §3). */
export type CertificateBody =
  | { readonly kind: 'x509'; readonly chain: readonly Uint8Array[] }
  | { readonly kind: 'raw-public-key'; readonly publicKey: Uint8Array }

/** Who it is that holds the key of what was shown: the end entity of a chain, which must not be empty. In copies, for the message is not kept. */
export function identityOf(shown: CertificateBody): PeerIdentity {
  if (shown.kind === 'raw-public-key') return { kind: shown.kind, publicKey: copyOf(shown.publicKey) }
  const [certificate] = shown.chain
  return { kind: shown.kind, certificate: copyOf(certificate), commonName: commonNameOf(certificate) }
}

/** Certificates of a chain beyond which nobody goes. */
const maxChain = 6

export function readCertificate(body: Uint8Array, kind: CertificateBody['kind']): CertificateBody {
  const reader = new ByteReader(body)
  const content = vector.read24(reader)
  expectEnd(reader, 'Certificate')
  if (kind === 'raw-public-key') return { kind, publicKey: content }
  const chain: Uint8Array[] = []
  const list = new ByteReader(content)
  while (list.remaining > 0) {
    if (chain.length === maxChain)
      throw new HandshakeFault('bad-certificate', `a chain of more than ${maxChain} certificates`)
    chain.push(vector.read24(list))
  }
  return { kind, chain }
}

export function writeCertificate(certificate: CertificateBody): Uint8Array {
  const content =
    certificate.kind === 'raw-public-key'
      ? certificate.publicKey
      : concat(
          ...certificate.chain.map((der) =>
            new ByteWriter(der.length + 3).u24(der.length).bytes(der).finish(),
          ),
        )
  return new ByteWriter(content.length + 3).u24(content.length).bytes(content).finish()
}

/** Asks for an ECDSA certificate of any issuer (RFC 5246 §7.4.4; ecdsa_sign is 64, RFC 8422 §5.5). */
export function writeCertificateRequest(): Uint8Array {
  return new ByteWriter(8).u8(1).u8(64).u16(2).u16(ecdsaSha256).u16(0).finish()
}

/** Whether the server would take what we can sign. Throws for anything but a CertificateRequest. */
export function readCertificateRequest(body: Uint8Array): boolean {
  const reader = new ByteReader(body)
  const types = vector.read8(reader)
  const algorithms = readNumberList(
    body.subarray(reader.position, reader.position + 2 + reader.u16()),
    'algorithms',
  )
  reader.bytes(2 * algorithms.length)
  vector.read16(reader)
  expectEnd(reader, 'CertificateRequest')
  return types.includes(64) && algorithms.includes(ecdsaSha256)
}

export function readCertificateVerify(body: Uint8Array): Uint8Array {
  const reader = new ByteReader(body)
  const signature = readSignature(reader)
  expectEnd(reader, 'CertificateVerify')
  return signature
}

export function writeCertificateVerify(signature: Uint8Array): Uint8Array {
  return signed(signature)
}
