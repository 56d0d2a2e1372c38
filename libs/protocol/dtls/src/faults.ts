import { Alert } from './wire.js'

/** Why a handshake came to nothing, for people: `explainFailure` has the sentence. */
export type HandshakeFailure =
  | 'no-common-version'
  | 'no-common-suite'
  | 'no-common-group'
  | 'no-common-signature'
  | 'no-encrypt-then-mac'
  | 'no-common-certificate-type'
  | 'malformed-message'
  | 'unexpected-message'
  | 'illegal-parameter'
  | 'unknown-identity'
  | 'wrong-key-suspected'
  | 'no-certificate'
  | 'bad-certificate'
  | 'untrusted-certificate'
  | 'expired-certificate'
  | 'unsupported-certificate'
  | 'bad-signature'
  | 'bad-finished'
  | 'resumption-refused'
  | 'look-up-failed'
  | 'peer-alert'
  | 'peer-silent'
  | 'overload'
  | 'closed'

const sentences: Record<HandshakeFailure, string> = {
  'no-common-version': 'The peer does not speak DTLS 1.2.',
  'no-common-suite': 'The peer offers no cipher suite that is enabled here and has credentials configured.',
  'no-common-group': 'The peer does not offer the curve secp256r1.',
  'no-common-signature': 'The peer does not offer ECDSA with SHA-256.',
  'no-encrypt-then-mac': 'The peer offers only CBC suites and no encrypt-then-MAC (RFC 7366).',
  'no-common-certificate-type': 'The peer asks for a kind of certificate that is not configured here.',
  'malformed-message': 'A handshake message of the peer could not be read.',
  'unexpected-message': 'The peer sent a handshake message out of order.',
  'illegal-parameter': 'A handshake message of the peer contradicts itself or what was agreed.',
  'unknown-identity': 'No key is stored for the PSK identity that the peer gave.',
  'wrong-key-suspected': 'The last message of the peer could not be decrypted: its key is probably another.',
  'no-certificate': 'The peer presented no certificate, and one is required.',
  'bad-certificate': 'The certificate or public key of the peer is damaged or was refused.',
  'untrusted-certificate': 'The certificate of the peer leads to no trusted issuer.',
  'expired-certificate': 'A certificate of the peer has expired or is not valid yet.',
  'unsupported-certificate':
    'The key of the peer is not an ECDSA key on secp256r1, or may not be used for this.',
  'bad-signature': 'The peer did not prove that it holds the private key of its certificate.',
  'bad-finished': 'The peer saw other handshake messages than we did: they were altered on the way.',
  'resumption-refused': 'The peer resumes a session without its extended master secret (RFC 7627 §5.3).',
  'look-up-failed': 'The credential look-up failed.',
  'peer-alert': 'The peer ended the handshake with an alert.',
  'peer-silent': 'The peer stopped answering.',
  overload: 'Given up for newer handshakes: too many are under way.',
  closed: 'Closed from this side.',
}

/** A sentence for operators that says what a failure means. */
export function explainFailure(failure: HandshakeFailure): string {
  return sentences[failure]
}

const alerts: Partial<Record<HandshakeFailure, number>> = {
  'no-common-version': Alert.ProtocolVersion,
  'malformed-message': Alert.DecodeError,
  'unexpected-message': Alert.UnexpectedMessage,
  'illegal-parameter': Alert.IllegalParameter,
  // RFC 7250 §4.2
  'no-common-certificate-type': Alert.UnsupportedCertificate,
  'bad-certificate': Alert.BadCertificate,
  'untrusted-certificate': Alert.UnknownCa,
  'expired-certificate': Alert.CertificateExpired,
  'unsupported-certificate': Alert.UnsupportedCertificate,
  'bad-signature': Alert.DecryptError,
  'bad-finished': Alert.DecryptError,
  'look-up-failed': Alert.InternalError,
}

/** How a handshake ended in failure. */
export interface Failure {
  readonly failure: HandshakeFailure
  readonly detail: string
}

/** The peer's fault in a handshake. `alert` is what the peer may be told, where what it sent was authentic. */
export class HandshakeFault extends Error {
  override readonly name = 'HandshakeFault'
  readonly alert: number
  constructor(
    readonly failure: HandshakeFailure,
    detail: string,
    alert: number = alerts[failure] ?? Alert.HandshakeFailure,
  ) {
    super(detail)
    this.alert = alert
  }
}
