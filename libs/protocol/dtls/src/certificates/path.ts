import type { X509Certificate } from 'node:crypto'
import { HandshakeFault } from '../faults.js'
import { sameBytes } from '../wire.js'
import type { CertificateFacts } from './der.js'
import { factsOf, readX509 } from './public-key.js'

/** Whom to believe. */
export interface Trust {
  /** Certificates in DER: issuers, or end entities that are trusted as they are (pinned). */
  readonly anchors: readonly Uint8Array[]
  /** The time, milliseconds since 1970; undefined does not look at validity, for devices without a clock. */
  readonly now: number | undefined
  /** Which side of an association the end entity is on: a certificate that says what it is for must be for that (RFC 5280 §4.2.1.12). */
  readonly purpose?: 'client' | 'server'
  /** Certificates between the end entity and an anchor; default 3. */
  readonly maxIntermediates?: number
}

/** Object identifiers: id-kp-clientAuth, id-kp-serverAuth, anyExtendedKeyUsage. */
const Purpose = { client: '2b06010505070302', server: '2b06010505070301', any: '551d2500' } as const
/**
 * Object identifiers of the signatures that count: ECDSA and RSA (PKCS #1) with SHA-256, SHA-384 and SHA-512; Ed25519. Others were never asked for
 * (RFC 5246 §7.4.2), and who can find collisions of an older hash can make certificates with it.
 */
const strongSignatures = new Set([
  '2a8648ce3d040302',
  '2a8648ce3d040303',
  '2a8648ce3d040304',
  '2a864886f70d01010b',
  '2a864886f70d01010c',
  '2a864886f70d01010d',
  '2b6570',
])
const KeyUsage = { DigitalSignature: 1 << 0, KeyCertSign: 1 << 5 } as const

interface Certificate {
  readonly x509: X509Certificate
  readonly der: Uint8Array
  readonly facts: CertificateFacts
}

const read = (der: Uint8Array): Certificate => ({ x509: readX509(der), der, facts: factsOf(der) })

function checkOwn({ facts, x509 }: Certificate, trust: Trust): void {
  if (trust.now !== undefined && (trust.now < facts.notBefore || trust.now > facts.notAfter))
    throw new HandshakeFault(
      'expired-certificate',
      `${name(x509)} is valid from ${x509.validFrom} to ${x509.validTo}`,
    )
  if (facts.unknownCritical.length > 0)
    throw new HandshakeFault(
      'unsupported-certificate',
      `${name(x509)} has a critical extension that is not known`,
    )
}

const name = (x509: X509Certificate): string => x509.subject?.replaceAll('\n', ', ') || 'a certificate'

/** Whether `issuer` signed `subject`; `below` intermediates stand between it and the end entity (RFC 5280 §6.1.4). */
function issued(issuer: Certificate, subject: Certificate, below: number): boolean {
  const { facts, x509 } = issuer
  if (!facts.isCa || (facts.pathLength !== undefined && below > facts.pathLength)) return false
  if (facts.keyUsage !== undefined && (facts.keyUsage & KeyUsage.KeyCertSign) === 0) return false
  if (!strongSignatures.has(subject.facts.signature)) return false
  try {
    return subject.x509.checkIssued(x509) && subject.x509.verify(x509.publicKey)
  } catch {
    return false
  }
}

function checkPurpose({ facts: { keyUsage, purposes }, x509 }: Certificate, trust: Trust): void {
  if (keyUsage !== undefined && (keyUsage & KeyUsage.DigitalSignature) === 0)
    throw new HandshakeFault('unsupported-certificate', `${name(x509)} is not for signatures`)
  if (
    trust.purpose &&
    purposes &&
    !purposes.includes(Purpose[trust.purpose]) &&
    !purposes.includes(Purpose.any)
  )
    throw new HandshakeFault('unsupported-certificate', `${name(x509)} is not for a ${trust.purpose}`)
}

const untrusted = ({ x509 }: Certificate): HandshakeFault =>
  new HandshakeFault('untrusted-certificate', `nobody trusted has issued ${name(x509)}`)

/**
 * Checks a chain as it came, the end entity first, each certified by the next, up to an anchor (RFC 5280 §6). Names are the caller's to compare;
 * nothing is revoked here. Throws `HandshakeFault` that says what is wrong.
 */
export function verifyChain(chain: readonly Uint8Array[], trust: Trust): void {
  const anchors = trust.anchors.map(read)
  const path = chain.map(read)
  if (path.length === 0) throw new HandshakeFault('no-certificate', 'the chain is empty')
  checkPurpose(path[0], trust)
  const isTrusted = (one: Certificate): boolean => anchors.some((anchor) => sameBytes(anchor.der, one.der))
  let top = 0
  for (; ; top++) {
    const subject = path[top]
    checkOwn(subject, trust)
    if (isTrusted(subject)) break
    const anchor = anchors.find((one) => issued(one, subject, top))
    if (anchor) {
      checkOwn(anchor, trust)
      break
    }
    if (top + 1 === path.length || top >= (trust.maxIntermediates ?? 3)) throw untrusted(subject)
  }
  // from the anchor down: whatever key a stranger put into the chain, none is used before it is certified
  for (let below = top - 1; below >= 0; below--)
    if (!issued(path[below + 1], path[below], below)) throw untrusted(path[below])
}
