/**
 * Who a session is with, proved by the handshake.
 * - `psk`: the PSK identity as bytes; often the Endpoint Client Name in UTF-8, but nothing says so.
 * - `raw-public-key`: the SubjectPublicKeyInfo in DER, exactly as presented.
 * - `x509`: the end entity certificate in DER and the common name of its subject, if it has one.
 * - `anonymous`: a client that was not asked for a certificate.
 */
export type PeerIdentity =
  | { readonly kind: 'psk'; readonly identity: Uint8Array }
  | { readonly kind: 'raw-public-key'; readonly publicKey: Uint8Array }
  | { readonly kind: 'x509'; readonly certificate: Uint8Array; readonly commonName: string | undefined }
  | { readonly kind: 'anonymous' }

/** Where datagrams come from and go to. `id` is unique for the address within a transport, for example `192.0.2.7:40001`. */
export interface DtlsPeer {
  readonly id: string
  readonly address: string
  readonly port: number
}
