import { fromHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { HandshakeFault } from '../faults.js'
import { der } from '../pair.test-support.js'
import { certificates } from './certificate-vectors.js'
import { readCertificateFacts } from './der.js'
import { verifyChain } from './path.js'
import { commonNameOf, keyOfCertificate, readRawPublicKey, readX509 } from './public-key.js'

const now = Date.UTC(2026, 10, 22)
const anchors = [der('root')]
type Name = keyof typeof certificates

function fault(
  chain: readonly Name[],
  trust: Partial<Parameters<typeof verifyChain>[1]> = {},
): string | undefined {
  try {
    verifyChain(chain.map(der), { anchors, now, ...trust })
  } catch (error) {
    if (error instanceof HandshakeFault) return error.failure
    throw error
  }
  return undefined
}

describe('a chain of certificates', () => {
  it.each([
    ['one step below the anchor', ['meter'], undefined],
    ['with the anchor at its end', ['meter', 'root'], undefined],
    ['through an intermediate', ['deep', 'sub'], undefined],
    ['without its intermediate', ['deep'], 'untrusted-certificate'],
    ['in the wrong order', ['sub', 'deep'], 'unsupported-certificate'],
    ['of a stranger', ['stranger'], 'untrusted-certificate'],
    ['with an end entity as issuer', ['forged', 'notaCa'], 'untrusted-certificate'],
    ['longer than a path length allows', ['toodeep', 'sub2', 'sub'], 'untrusted-certificate'],
    ['that has expired', ['expired'], 'expired-certificate'],
    ['that is not valid yet', ['future'], 'expired-certificate'],
    ['whose key is not for signatures', ['nosign'], 'unsupported-certificate'],
    ['that is empty', [], 'no-certificate'],
  ] satisfies [string, Name[], string | undefined][])('%s: %s gives %s', (_what, chain, failure) => {
    expect(fault(chain)).toBe(failure)
  })

  it('is not looked at for its dates by a device without a clock', () => {
    expect(fault(['expired'], { now: undefined })).toBeUndefined()
    expect(fault(['meter'], { now: 0 })).toBe('expired-certificate')
  })

  it('ends at an anchor that is valid itself', () => {
    const trust = { anchors: [der('formerRoot')] }
    expect(fault(['ofFormerRoot'], { ...trust, now: Date.UTC(2020, 6) })).toBeUndefined()
    expect(fault(['ofFormerRoot'], trust)).toBe('expired-certificate')
    expect(fault(['ofFormerRoot'], { ...trust, now: undefined })).toBeUndefined()
  })

  it('that says what it is for is for nothing else (RFC 5280 §4.2.1.12)', () => {
    for (const [name, purpose, other] of [
      ['serverOnly', 'server', 'client'],
      ['clientOnly', 'client', 'server'],
    ] as const) {
      const trusted = { anchors: [der(name)], now: undefined }
      expect(fault([name], { ...trusted, purpose })).toBeUndefined()
      expect(fault([name], trusted)).toBeUndefined()
      expect(fault([name], { ...trusted, purpose: other })).toBe('unsupported-certificate')
    }
    expect(fault(['meter'], { purpose: 'client' })).toBeUndefined()
  })

  it('is issued by a name as well as by a key', () => {
    expect(fault(['ofOne'], { anchors: [der('one')], now: undefined })).toBeUndefined()
    expect(fault(['ofOne'], { anchors: [der('another')], now: undefined })).toBe('untrusted-certificate')
  })

  it('is no longer than asked for, and signed at every step', () => {
    expect(fault(['deep', 'sub'], { maxIntermediates: 1 })).toBeUndefined()
    expect(fault(['deep', 'sub'], { maxIntermediates: 0 })).toBe('untrusted-certificate')
    const altered = Uint8Array.from(der('meter'))
    altered[altered.length - 1] ^= 1
    expect(() => verifyChain([altered], { anchors: [der('root')], now: undefined })).toThrow('nobody trusted')
  })

  it('with a critical extension that is not known, or from a key that is not for certificates, is refused', () => {
    expect(fault(['critical'], { anchors: [der('critical')], now: undefined })).toBe(
      'unsupported-certificate',
    )
    expect(fault(['ofNoIssuer'], { anchors: [der('noIssuer')], now: undefined })).toBe(
      'untrusted-certificate',
    )
  })

  it('counts no signature with SHA-1, which can be that of another certificate', () => {
    expect(fault(['weak'], { anchors: [der('house')] })).toBe('untrusted-certificate')
    expect(fault(['weak'], { anchors: [der('weak')] })).toBeUndefined()
  })

  it('with constraints on names is refused, whether they are marked as critical or not (RFC 5280 §4.2.1.10)', () => {
    expect(fault(['ofBounded', 'bounded'], { anchors: [der('house')] })).toBe('unsupported-certificate')
  })

  it('is trusted as it is if it is pinned, and no other is', () => {
    expect(fault(['stranger'], { anchors: [der('stranger')] })).toBeUndefined()
    expect(fault(['meter'], { anchors: [der('stranger')] })).toBe('untrusted-certificate')
  })

  it('may be valid for ever: 99991231235959Z', () => {
    expect(readCertificateFacts(der('meter')).notAfter).toBe(Date.UTC(9999, 11, 31, 23, 59, 59))
    expect(fault(['meter'], { now: Date.UTC(9998, 0) })).toBeUndefined()
  })
})

it.each([
  ['meter', 'meter'],
  ['brokenLine', 'meter'],
  ['joinedName', 'a,b+c'],
  ['twoNames', undefined],
] as const)('the common name of %s is %s: what stands beside it cannot pass for it', (name, commonName) => {
  expect(commonNameOf(der(name))).toBe(commonName)
})

describe('DER of exact length', () => {
  const withMore = Uint8Array.from([...der('meter'), 0])
  const pem = new TextEncoder().encode(
    `-----BEGIN CERTIFICATE-----\n${certificates.meter.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  )

  it('is all that is taken as a certificate: no PEM, nothing behind it', () => {
    expect(() => readX509(der('meter'))).not.toThrow()
    expect(() => readX509(pem)).toThrow(HandshakeFault)
    expect(() => readX509(withMore)).toThrow(HandshakeFault)
  })

  it('is all that is taken as a raw public key, and only on secp256r1', () => {
    const spki = keyOfCertificate(der('meter')).export({ type: 'spki', format: 'der' })
    expect(() => readRawPublicKey(spki)).not.toThrow()
    expect(() => readRawPublicKey(Uint8Array.from([...spki, 0]))).toThrow(HandshakeFault)
    const other = readX509(der('p384')).publicKey.export({ type: 'spki', format: 'der' })
    expect(() => readRawPublicKey(other)).toThrow(HandshakeFault)
    expect(() => keyOfCertificate(der('p384'))).toThrow(HandshakeFault)
  })

  it('holds a point: that at infinity, which Node cannot bear, never gets that far', () => {
    const infinity = fromHex('3019301306072a8648ce3d020106082a8648ce3d03010703020000')
    expect(() => readRawPublicKey(infinity)).toThrow(HandshakeFault)
    expect(() => keyOfCertificate(der('infinity'))).toThrow(HandshakeFault)
    const spki = keyOfCertificate(der('meter')).export({ type: 'spki', format: 'der' })
    spki[spki.length - 1] ^= 1
    expect(() => readRawPublicKey(spki)).toThrow(HandshakeFault)
  })

  it('is read without harm whatever is cut off or altered', () => {
    const whole = der('sub')
    for (let at = 0; at < whole.length; at++) {
      const altered = whole.slice()
      altered[at] ^= 0x80
      for (const bytes of [whole.subarray(0, at), altered]) {
        try {
          readCertificateFacts(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }
    }
  })
})
