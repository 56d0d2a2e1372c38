import type { OwnCredentials } from '../certificates/public-key.js'
import { HandshakeFault } from '../faults.js'
import type { HandshakeFailure } from '../faults.js'
import type { Suite } from '../suites.js'
import { CertificateType, ExtensionType, ecdsaSha256, secp256r1 } from '../wire.js'
import { hasFlag, readNumberList, readVector8 } from './hello.js'
import type { ClientHello } from './hello.js'

/** A kind of certificate. */
export type CertificateKind = 'x509' | 'raw-public-key'

/** What a server brings to the table. */
export interface ServerAbilities {
  /** In order of preference. */
  readonly suites: readonly Suite[]
  readonly psk: boolean
  /** What it shows of itself; undefined for nothing. */
  readonly credentials: OwnCredentials | undefined
  /** CBC also for clients without encrypt-then-MAC. */
  readonly allowMacThenEncrypt: boolean
  /** What it takes of clients; empty if it asks for nothing. */
  readonly ofClients: readonly CertificateKind[]
}

/** What was agreed. */
export interface Agreement {
  readonly suite: Suite
  readonly own: CertificateKind
  readonly ofClient: CertificateKind | undefined
}

const kinds: Readonly<Record<number, CertificateKind>> = {
  [CertificateType.X509]: 'x509',
  [CertificateType.RawPublicKey]: 'raw-public-key',
}

/** The first kind of the client's list that is among `possible`; X.509 where it sent no list (RFC 7250 §4.2). */
function chooseKind(
  hello: ClientHello,
  extension: number,
  possible: readonly CertificateKind[],
): CertificateKind | undefined {
  const body = hello.extensions.get(extension)
  const wanted = body ? [...readVector8(body, 'certificate types')].map((type) => kinds[type]) : [kinds[0]]
  return wanted.find((kind) => kind !== undefined && possible.includes(kind))
}

/** Whether a list of numbers has the one we need; clients may leave the list out (RFC 8422 §5.1, RFC 5246 §7.4.1.4.1). */
function offers(hello: ClientHello, extension: number, number: number): boolean {
  const body = hello.extensions.get(extension)
  return body === undefined || readNumberList(body, `extension ${extension}`).includes(number)
}

/** What credentials can be shown as. */
function kindsOf(credentials: OwnCredentials | undefined): CertificateKind[] {
  if (!credentials) return []
  return credentials.chain ? ['x509', 'raw-public-key'] : ['raw-public-key']
}

/** Picks the suite and the kinds of certificates. Throws `HandshakeFault` that names the nearest miss. */
export function agree(hello: ClientHello, abilities: ServerAbilities): Agreement {
  // read whether needed or not, so that what is malformed is refused in every case
  const encryptThenMac = hasFlag(hello.extensions, ExtensionType.EncryptThenMac)
  const own = chooseKind(hello, ExtensionType.ServerCertificateType, kindsOf(abilities.credentials))
  const ofClient = chooseKind(hello, ExtensionType.ClientCertificateType, abilities.ofClients)
  const hasGroup = offers(hello, ExtensionType.SupportedGroups, secp256r1)
  const hasSignature = offers(hello, ExtensionType.SignatureAlgorithms, ecdsaSha256)
  const formats = hello.extensions.get(ExtensionType.PointFormats)
  const hasFormat = formats === undefined || readVector8(formats, 'point formats').includes(0)

  let miss: HandshakeFailure = 'no-common-suite'
  for (const suite of abilities.suites) {
    if (!hello.suites.includes(suite.id)) continue
    if (suite.keyExchange === 'psk' ? !abilities.psk : !abilities.credentials) continue
    if (suite.protection === 'cbc-sha256' && !encryptThenMac && !abilities.allowMacThenEncrypt)
      miss = 'no-encrypt-then-mac'
    else if (suite.keyExchange === 'psk') return { suite, own: 'x509', ofClient: undefined }
    else if (!hasGroup || !hasFormat) miss = 'no-common-group'
    else if (!hasSignature) miss = 'no-common-signature'
    else if (!own || (abilities.ofClients.length > 0 && !ofClient)) miss = 'no-common-certificate-type'
    else return { suite, own, ofClient }
  }
  const offered = hello.suites.map((id) => id.toString(16).padStart(4, '0')).join(' ')
  throw new HandshakeFault(miss, `offered: ${offered}`)
}

/** The number of a kind in the hello extensions. */
export function certificateType(kind: CertificateKind): number {
  return kind === 'x509' ? CertificateType.X509 : CertificateType.RawPublicKey
}

/** The kind of a number in a ServerHello; X.509 if the extension is absent. */
export function certificateKind(body: Uint8Array | undefined): CertificateKind {
  if (body === undefined) return 'x509'
  const kind = body.length === 1 ? kinds[body[0]] : undefined
  if (!kind) throw new HandshakeFault('illegal-parameter', 'a certificate type that was not offered')
  return kind
}
