import { createHash } from 'node:crypto'

/**
 * Who a session is with, proved by the handshake.
 * - `psk`: the PSK identity as bytes; often the Endpoint Client Name in UTF-8, but nothing says so.
 * - `raw-public-key`: the SubjectPublicKeyInfo in DER, exactly as presented.
 * - `x509`: the end entity certificate in DER and the common name of its subject, if it has exactly one.
 * - `anonymous`: a client that was not asked for a certificate.
 */
export type PeerIdentity =
  | { readonly kind: 'psk'; readonly identity: Uint8Array }
  | { readonly kind: 'raw-public-key'; readonly publicKey: Uint8Array }
  | { readonly kind: 'x509'; readonly certificate: Uint8Array; readonly commonName: string | undefined }
  | { readonly kind: 'anonymous' }

/**
 * A name of an identity, the same wherever it is made from the same identity and never from another: `psk:`, `rpk:` or `x509:`, then base64url
 * of the PSK identity, or of the SHA-256 of the key or certificate. Undefined for who has proved nothing.
 */
export function nameOfIdentity(identity: PeerIdentity): string | undefined {
  const digest = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url')
  switch (identity.kind) {
    case 'psk':
      return `psk:${Buffer.from(identity.identity).toString('base64url')}`
    case 'raw-public-key':
      return `rpk:${digest(identity.publicKey)}`
    case 'x509':
      return `x509:${digest(identity.certificate)}`
    default:
      return undefined
  }
}

/** Where datagrams come from and go to. `id` is unique for the address within a transport, for example `192.0.2.7:40001`. */
export interface DtlsPeer {
  readonly id: string
  readonly address: string
  readonly port: number
}
