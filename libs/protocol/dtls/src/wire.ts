/** Content types of records (RFC 5246 §6.2.1, RFC 9146 §4). */
export const ContentType = {
  ChangeCipherSpec: 20,
  Alert: 21,
  Handshake: 22,
  ApplicationData: 23,
  ConnectionId: 25,
} as const

/** Handshake message types (RFC 5246 §7.4, RFC 6347 §4.3.2). */
export const HandshakeType = {
  HelloRequest: 0,
  ClientHello: 1,
  ServerHello: 2,
  HelloVerifyRequest: 3,
  Certificate: 11,
  ServerKeyExchange: 12,
  CertificateRequest: 13,
  ServerHelloDone: 14,
  CertificateVerify: 15,
  ClientKeyExchange: 16,
  Finished: 20,
} as const

/** The extensions that we read or write; all others are ignored (RFC 5246 §7.4.1.4). */
export const ExtensionType = {
  ServerName: 0,
  SupportedGroups: 10,
  PointFormats: 11,
  SignatureAlgorithms: 13,
  ClientCertificateType: 19,
  ServerCertificateType: 20,
  EncryptThenMac: 22,
  ExtendedMasterSecret: 23,
  ConnectionId: 54,
  RenegotiationInfo: 0xff01,
} as const

/** Version numbers are ones' complements: a smaller number is a newer version (RFC 6347 §4.1). */
export const Version = { Dtls10: 0xfeff, Dtls12: 0xfefd } as const

/** The only group: secp256r1 (RFC 8422 §5.1.1). */
export const secp256r1 = 23
/** The only signature: ECDSA over secp256r1 with SHA-256 (RFC 5246 §7.4.1.4.1). */
export const ecdsaSha256 = 0x0403
/** A suite number that says "renegotiation info supported" (RFC 5746 §3.3). */
export const renegotiationScsv = 0x00ff

/** Certificate types (RFC 7250 §3, §6). */
export const CertificateType = { X509: 0, RawPublicKey: 2 } as const

/** Alerts that we send or explain (RFC 5246 §7.2, RFC 4279 §6). */
export const Alert = {
  CloseNotify: 0,
  UnexpectedMessage: 10,
  HandshakeFailure: 40,
  BadCertificate: 42,
  UnsupportedCertificate: 43,
  CertificateExpired: 45,
  IllegalParameter: 47,
  UnknownCa: 48,
  DecodeError: 50,
  DecryptError: 51,
  ProtocolVersion: 70,
  InternalError: 80,
  NoRenegotiation: 100,
} as const

export const AlertLevel = { Warning: 1, Fatal: 2 } as const

/** Joins byte arrays into one of its own memory. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const joined = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}

/** A copy in memory of its own; `slice` of a Buffer is a view. */
export function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

/** Whether two byte arrays are equal; not for secrets. */
export function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}

export const noBytes = new Uint8Array(0)
