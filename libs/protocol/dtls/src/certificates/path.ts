import type { X509Certificate } from 'node:crypto'
import { HandshakeFault } from '../faults.js'
import { sameBytes } from '../wire.js'
import { readCertificateFacts } from './der.js'
import type { CertificateFacts } from './der.js'
import { readX509 } from './public-key.js'

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
const KeyUsage = { DigitalSignature: 1 << 0, KeyCertSign: 1 << 5 } as const

interface Certificate {
  readonly x509: X509Certificate
  readonly der: Uint8Array
  readonly facts: CertificateFacts
}

function read(der: Uint8Array): Certificate {
  const x509 = readX509(der)
  try {
    return { x509, der, facts: readCertificateFacts(der) }
  } catch {
    throw new HandshakeFault('bad-certificate', 'a certificate that is not plain DER')
  }
}

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
  try {
    return subject.x509.checkIssued(x509) && subject.x509.verify(x509.publicKey)
  } catch {
    return false
  }
}

/**
 * Checks a chain as it came, the end entity first, each certified by the next, up to an anchor (RFC 5280 §6). Names are the caller's to compare;
 * nothing is revoked here. Throws `HandshakeFault` that says what is wrong.
 */
export function verifyChain(chain: readonly Uint8Array[], trust: Trust): void {
  const anchors = trust.anchors.map(read)
  const [leaf, ...rest] = chain.map(read)
  if (!leaf) throw new HandshakeFault('no-certificate', 'the chain is empty')
  const { keyUsage } = leaf.facts
  if (keyUsage !== undefined && (keyUsage & KeyUsage.DigitalSignature) === 0)
    throw new HandshakeFault('unsupported-certificate', `${name(leaf.x509)} is not for signatures`)
  const { purposes } = leaf.facts
  if (
    trust.purpose &&
    purposes &&
    !purposes.includes(Purpose[trust.purpose]) &&
    !purposes.includes(Purpose.any)
  )
    throw new HandshakeFault('unsupported-certificate', `${name(leaf.x509)} is not for a ${trust.purpose}`)
  const isTrusted = (one: Certificate): boolean => anchors.some((anchor) => sameBytes(anchor.der, one.der))
  let subject = leaf
  for (let below = 0; ; below++) {
    checkOwn(subject, trust)
    if (isTrusted(subject)) return
    const anchor = anchors.find((one) => issued(one, subject, below))
    if (anchor) {
      checkOwn(anchor, trust)
      return
    }
    const issuer = rest[below]
    if (!issuer || below >= (trust.maxIntermediates ?? 3) || !issued(issuer, subject, below))
      throw new HandshakeFault('untrusted-certificate', `nobody trusted has issued ${name(subject.x509)}`)
    subject = issuer
  }
}
