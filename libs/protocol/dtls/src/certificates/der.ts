/** One element of DER: where its content lies. */
interface Element {
  readonly tag: number
  readonly start: number
  readonly end: number
}

const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  Oid: 0x06,
  Utf8String: 0x0c,
  PrintableString: 0x13,
  Ia5String: 0x16,
  UtcTime: 0x17,
  Sequence: 0x30,
} as const
const contextVersion = 0xa0
const contextExtensions = 0xa3

/** The element at `at`; throws `RangeError` unless it ends by `end` and has a definite length in as few bytes as possible (X.690 §10.1). */
function elementAt(bytes: Uint8Array, at: number, end: number): Element {
  if (at + 2 > end) throw new RangeError('DER ends early')
  let length = bytes[at + 1]
  let start = at + 2
  if (length >= 0x80) {
    const count = length & 0x7f
    if (count === 0 || count > 3 || start + count > end) throw new RangeError('DER length')
    length = 0
    for (let i = 0; i < count; i++) length = length * 256 + bytes[start++]
    if (length < 0x80 || length < 2 ** (8 * (count - 1))) throw new RangeError('DER length is not minimal')
  }
  if (start + length > end) throw new RangeError('DER ends early')
  return { tag: bytes[at], start, end: start + length }
}

function children(bytes: Uint8Array, parent: Element): Element[] {
  const found: Element[] = []
  for (let at = parent.start; at < parent.end;) {
    const element = elementAt(bytes, at, parent.end)
    found.push(element)
    at = element.end
  }
  return found
}

/** What Node does not tell about a certificate (RFC 5280 §4). */
export interface CertificateFacts {
  /** Milliseconds since 1970; 99991231235959Z, which says "never" (§4.1.2.5), is just far away. */
  readonly notBefore: number
  readonly notAfter: number
  /** What it is signed with, as an object identifier in hexadecimal (§4.1.1.2). */
  readonly signature: string
  /** The common name in the subject; undefined without one, and if there are several or it is no text of one line. */
  readonly commonName: string | undefined
  /** The SubjectPublicKeyInfo, as it stands (§4.1.2.7). */
  readonly publicKey: Uint8Array
  /** Basic constraints say that it may issue others. */
  readonly isCa: boolean
  /** Intermediates that may follow below it, if limited. */
  readonly pathLength: number | undefined
  /** Key usage: bit 0 is digitalSignature, bit 5 keyCertSign; undefined if it does not say. */
  readonly keyUsage: number | undefined
  /** What it is for, as object identifiers in hexadecimal; undefined if it does not say (§4.2.1.12). */
  readonly purposes: readonly string[] | undefined
  /** Identifiers of extensions that are critical and not understood here; constraints on names are critical in every case (§4.2.1.10). */
  readonly unknownCritical: readonly string[]
}

/** UTCTime or GeneralizedTime, both in Zulu and with seconds (RFC 5280 §4.1.2.5). */
function timeOf(bytes: Uint8Array, element: Element): number {
  const digits = new TextDecoder().decode(bytes.subarray(element.start, element.end))
  const [, year, month, day, hour, minute, second] =
    (element.tag === Tag.UtcTime
      ? /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
      : /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/
    )
      .exec(digits)
      ?.map(Number) ?? []
  if (year === undefined) throw new RangeError(`time ${digits}`)
  const full = element.tag === Tag.UtcTime ? (year < 50 ? 2000 + year : 1900 + year) : year
  return Date.UTC(full, month - 1, day, hour, minute, second)
}

const hexOf = (bytes: Uint8Array, { start, end }: Element): string =>
  Buffer.from(bytes.subarray(start, end)).toString('hex')

const commonNameId = '550403'
const texts: readonly number[] = [Tag.Utf8String, Tag.PrintableString, Tag.Ia5String]

/** From the bytes: in the text that Node makes of a subject, an organisation's name can look like a line of its own. */
function commonNameIn(bytes: Uint8Array, subject: Element): string | undefined {
  const names = children(bytes, subject)
    .flatMap((set) => children(bytes, set))
    .map((pair) => children(bytes, pair))
    .filter(([id]) => id && hexOf(bytes, id) === commonNameId)
  const value = names.at(0)?.at(1)
  if (names.length !== 1 || !value || !texts.includes(value.tag)) return undefined
  const name = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(value.start, value.end))
  // no controls, no ends of lines, nothing that is no UTF-8
  return /^[^\p{C}\p{Zl}\p{Zp}\uFFFD]+$/u.test(name) ? name : undefined
}

const Extension = {
  KeyUsage: '551d0f',
  BasicConstraints: '551d13',
  NameConstraints: '551d1e',
  ExtendedKeyUsage: '551d25',
} as const
/** Critical extensions that change nothing here: names, which the caller compares, and key identifiers. */
const harmless = new Set(['551d11', '551d0e', '551d23'])

/** Reads what path validation needs. Throws `RangeError` for anything but a certificate in DER. */
export function readCertificateFacts(der: Uint8Array): CertificateFacts {
  const certificate = elementAt(der, 0, der.length)
  if (certificate.end !== der.length) throw new RangeError('bytes after the certificate')
  const [tbs, algorithm] = children(der, certificate)
  const [signature] = children(der, algorithm)
  const fields = children(der, tbs)
  // version is explicit in all but version 1; then serial, signature, issuer, validity, subject, key
  const first = fields[0]?.tag === contextVersion ? 1 : 0
  const subjectKey = fields[first + 5]
  if (!subjectKey) throw new RangeError('a certificate without a key')
  const [notBefore, notAfter] = children(der, fields[first + 3])
  let isCa = false
  let pathLength: number | undefined
  let keyUsage: number | undefined
  let purposes: string[] | undefined
  const unknownCritical: string[] = []
  const explicit = fields.find(({ tag }) => tag === contextExtensions)
  for (const extension of explicit ? children(der, children(der, explicit)[0]) : []) {
    const parts = children(der, extension)
    const id = hexOf(der, parts[0])
    const isCritical = parts.length === 3 && der[parts[1].start] !== 0
    const value = parts.at(-1) ?? extension
    const inner = elementAt(der, value.start, value.end)
    if (id === Extension.BasicConstraints) {
      for (const part of children(der, inner)) {
        if (part.tag === Tag.Boolean) isCa = der[part.start] !== 0
        else if (part.tag === Tag.Integer) pathLength = Number.parseInt(hexOf(der, part), 16)
      }
    } else if (id === Extension.KeyUsage) {
      keyUsage = 0
      // the first byte counts the unused bits; bit 0 is the highest
      for (let bit = 0; bit < 8; bit++) if (der[inner.start + 1] & (0x80 >> bit)) keyUsage |= 1 << bit
    } else if (id === Extension.ExtendedKeyUsage) {
      purposes = children(der, inner).map((one) => hexOf(der, one))
    } else if ((isCritical || id === Extension.NameConstraints) && !harmless.has(id)) unknownCritical.push(id)
  }
  return {
    notBefore: timeOf(der, notBefore),
    notAfter: timeOf(der, notAfter),
    signature: hexOf(der, signature),
    commonName: commonNameIn(der, fields[first + 4]),
    publicKey: der.subarray(fields[first + 4].end, subjectKey.end),
    isCa,
    pathLength,
    keyUsage,
    purposes,
    unknownCritical,
  }
}
