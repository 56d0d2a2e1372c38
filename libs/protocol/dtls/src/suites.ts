/** What a cipher suite is made of. */
export interface Suite {
  readonly id: number
  /** As IANA lists it. */
  readonly name: string
  readonly keyExchange: 'psk' | 'ecdhe'
  readonly protection: 'ccm-8' | 'gcm' | 'cbc-sha256'
}

/**
 * Every suite, in the server's order of preference: authenticated encryption before CBC, pre-shared keys before signatures.
 * @see LwM2M Transport Bindings 1.2 §5.2.9, RFC 7925 §4
 */
export const suites: readonly Suite[] = [
  { id: 0xc0a8, name: 'TLS_PSK_WITH_AES_128_CCM_8', keyExchange: 'psk', protection: 'ccm-8' },
  { id: 0x00a8, name: 'TLS_PSK_WITH_AES_128_GCM_SHA256', keyExchange: 'psk', protection: 'gcm' },
  { id: 0xc0ae, name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', keyExchange: 'ecdhe', protection: 'ccm-8' },
  { id: 0xc02b, name: 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', keyExchange: 'ecdhe', protection: 'gcm' },
  { id: 0x00ae, name: 'TLS_PSK_WITH_AES_128_CBC_SHA256', keyExchange: 'psk', protection: 'cbc-sha256' },
  {
    id: 0xc023,
    name: 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
    keyExchange: 'ecdhe',
    protection: 'cbc-sha256',
  },
]

const byId = new Map(suites.map((suite) => [suite.id, suite]))

/** The suite of a number, or undefined if we do not have it. */
export function suiteById(id: number): Suite | undefined {
  return byId.get(id)
}
