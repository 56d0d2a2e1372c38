import { packIpv6, unpackIpv6 } from './ipv6.js'

/** How a text is packed: three bits of its first byte. */
const Kind = { latin1: 0, sixBits: 1, uuid: 2, imei: 3, utf8: 4, ipv6: 5 } as const
/** A length below it stands in the five other bits; a longer one in two bytes that follow. */
const longLength = 31
/** The longest text, UTF-16 units: several times what a CoAP option carries. */
export const mostCharacters = 1_000
/** Bytes that a packed text needs at most. */
export const mostPackedBytes = 3 + 3 * mostCharacters

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const notInAlphabet = 64
const sixBitsOf = new Uint8Array(128).fill(notInAlphabet)
for (let i = 0; i < alphabet.length; i++) sixBitsOf[alphabet.charCodeAt(i)] = i

const imeiPrefix = 'urn:imei:'
const imeiDigits = 15
const imeiBytes = 7
const uuidPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const imeiPattern = /^urn:imei:[0-9]{15}$/
const uuidCharacters = 36
const uuidBytes = 16
const ipv6Bytes = 16
const hexDigits = '0123456789abcdef'
const hyphen = '-'.charCodeAt(0)
const firstDigit = '0'.charCodeAt(0)
const firstLetter = 'a'.charCodeAt(0)
/** Characters of the text that is being read. */
const units = new Uint8Array(mostCharacters)

/**
 * Writes a text in as few bytes as its kind takes: a UUID or an IPv6 address 16, an IMEI URN 7, letters, digits, `-` and `_` six bits each, Latin-1 one byte each,
 * anything else UTF-8; before them a byte that tells which, and the length. Equal texts are equal bytes, others are not, as long
 * as they are well-formed, as all that was decoded from UTF-8 is. Throws `RangeError` beyond 1,000 characters.
 * @returns where it ends
 */
export function packText(text: string, into: Uint8Array, at: number): number {
  if (text.length > mostCharacters) throw new RangeError(`a text of ${text.length} characters`)
  const body = at + (text.length < longLength ? 1 : 3)
  if (text.length === uuidCharacters && uuidPattern.test(text)) {
    into[at] = (Kind.uuid << 5) | uuidBytes
    return packUuid(text, into, at + 1)
  }
  if (text.length === imeiPrefix.length + imeiDigits && imeiPattern.test(text)) {
    into[at] = (Kind.imei << 5) | imeiBytes
    return packNumber(Number(text.slice(imeiPrefix.length)), into, at + 1)
  }
  if (text.includes(':') && packIpv6(text, into, at + 1)) {
    into[at] = (Kind.ipv6 << 5) | ipv6Bytes
    return at + 1 + ipv6Bytes
  }
  const end = packSixBits(text, into, body)
  if (end >= 0) return withHead(Kind.sixBits, text.length, into, at, end)
  if (packLatin1(text, into, body)) return withHead(Kind.latin1, text.length, into, at, body + text.length)
  const bytes = new TextEncoder().encode(text)
  const start = at + (bytes.length < longLength ? 1 : 3)
  into.set(bytes, start)
  return withHead(Kind.utf8, bytes.length, into, at, start + bytes.length)
}

function withHead(kind: number, length: number, into: Uint8Array, at: number, end: number): number {
  into[at] = (kind << 5) | Math.min(length, longLength)
  if (length < longLength) return end
  into[at + 1] = length >> 8
  into[at + 2] = length
  return end
}

/** Where a packed text ends. */
export function endOfText(bytes: Uint8Array, at: number): number {
  const length = lengthAt(bytes, at)
  const body = bodyAt(bytes, at)
  return body + (bytes[at] >> 5 === Kind.sixBits ? bytesOfSixBits(length) : length)
}

/** Reads a packed text. */
export function unpackText(bytes: Uint8Array, at: number): string {
  const length = lengthAt(bytes, at)
  const body = bodyAt(bytes, at)
  switch (bytes[at] >> 5) {
    case Kind.uuid:
      return unpackUuid(bytes, body)
    case Kind.ipv6:
      return unpackIpv6(bytes, body)
    case Kind.imei:
      return imeiPrefix + String(unpackNumber(bytes, body)).padStart(imeiDigits, '0')
    case Kind.sixBits:
      return unpackSixBits(bytes, body, length)
    case Kind.latin1:
      return String.fromCharCode(...bytes.subarray(body, body + length))
    default:
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(body, body + length))
  }
}

/** Characters where they are packed by six bits, else bytes. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const length = bytes[at] & longLength
  return length < longLength ? length : (bytes[at + 1] << 8) | bytes[at + 2]
}

function bodyAt(bytes: Uint8Array, at: number): number {
  return at + ((bytes[at] & longLength) < longLength ? 1 : 3)
}

function bytesOfSixBits(characters: number): number {
  return Math.ceil((characters * 6) / 8)
}

/** Where it ends, or -1 where a character is not in the alphabet. */
function packSixBits(text: string, into: Uint8Array, at: number): number {
  let bits = 0
  let count = 0
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    const six = unit < 128 ? sixBitsOf[unit] : notInAlphabet
    if (six === notInAlphabet) return -1
    bits = ((bits << 6) | six) & 0xffff
    count += 6
    if (count >= 8) into[at++] = bits >> (count -= 8)
  }
  if (count > 0) into[at++] = bits << (8 - count)
  return at
}

function unpackSixBits(bytes: Uint8Array, at: number, characters: number): string {
  let bits = 0
  let count = 0
  for (let i = 0; i < characters; i++) {
    if (count < 6) {
      bits = ((bits << 8) | bytes[at++]) & 0xffff
      count += 8
    }
    units[i] = alphabet.charCodeAt((bits >> (count -= 6)) & 63)
  }
  return textOfUnits(characters)
}

/** False where a character is beyond Latin-1. */
function packLatin1(text: string, into: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0xff) return false
    into[at + i] = unit
  }
  return true
}

function packUuid(text: string, into: Uint8Array, at: number): number {
  for (let i = 0; i < uuidCharacters; i += 2) {
    if (text.charCodeAt(i) === hyphen) i++
    into[at++] = (digitAt(text, i) << 4) | digitAt(text, i + 1)
  }
  return at
}

/** A hexadecimal digit in lower case. */
function digitAt(text: string, at: number): number {
  const unit = text.charCodeAt(at)
  return unit < firstLetter ? unit - firstDigit : unit - firstLetter + 10
}

function unpackUuid(bytes: Uint8Array, at: number): string {
  let i = 0
  for (let end = at + uuidBytes; at < end; at++) {
    if (i === 8 || i === 13 || i === 18 || i === 23) units[i++] = hyphen
    units[i++] = hexDigits.charCodeAt(bytes[at] >> 4)
    units[i++] = hexDigits.charCodeAt(bytes[at] & 15)
  }
  return textOfUnits(uuidCharacters)
}

/** All at once: a text put together piece by piece is kept in pieces. */
function textOfUnits(length: number): string {
  return String.fromCharCode(...units.subarray(0, length))
}

/** Seven bytes, the most significant first. */
function packNumber(number: number, into: Uint8Array, at: number): number {
  for (let i = imeiBytes - 1; i >= 0; i--) {
    into[at + i] = number % 256
    number = Math.floor(number / 256)
  }
  return at + imeiBytes
}

function unpackNumber(bytes: Uint8Array, at: number): number {
  let number = 0
  for (let i = 0; i < imeiBytes; i++) number = number * 256 + bytes[at + i]
  return number
}
