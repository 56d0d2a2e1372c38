const standard = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const urlSafe = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

const values = new Int8Array(128).fill(-1)
for (let i = 0; i < 64; i++) {
  values[standard.charCodeAt(i)] = i
  values[urlSafe.charCodeAt(i)] = i
}

/** Base64 with padding. @see RFC 4648 §4 */
export function toBase64(bytes: Uint8Array): string {
  const text = encodeDigits(bytes, standard)
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=')
}

/** Base64url without padding. @see RFC 4648 §5 */
export function toBase64Url(bytes: Uint8Array): string {
  return encodeDigits(bytes, urlSafe)
}

function encodeDigits(bytes: Uint8Array, alphabet: string): string {
  const parts: string[] = []
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const bits = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    parts.push(alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!)
    if (left > 1) parts.push(alphabet[(bits >> 6) & 63]!)
    if (left > 2) parts.push(alphabet[bits & 63]!)
  }
  return parts.join('')
}

/**
 * Bytes of a base64 text in either alphabet, padded or not. Throws `RangeError` on another character, wrong padding or bits set after the last
 * byte, so that one value has few texts.
 */
export function fromBase64(text: string): Uint8Array {
  let end = text.length
  while (end > 0 && text.length - end < 2 && text.charCodeAt(end - 1) === 0x3d) end -= 1
  if (end !== text.length && text.length % 4 !== 0)
    throw new RangeError('not base64: padding at the wrong place')
  if (end % 4 === 1) throw new RangeError('not base64: one character too many or too few')
  const bytes = new Uint8Array(Math.floor((end * 3) / 4))
  let bits = 0
  let count = 0
  let length = 0
  for (let at = 0; at < end; at++) {
    const value = values[text.charCodeAt(at)] ?? -1
    if (value < 0) throw new RangeError(`not base64: character ${at + 1}`)
    bits = ((bits << 6) | value) & 0xff_ffff
    count += 6
    if (count >= 8) {
      count -= 8
      bytes[length++] = (bits >> count) & 0xff
    }
  }
  if ((bits & ((1 << count) - 1)) !== 0) throw new RangeError('not base64: bits set after the last byte')
  return bytes
}
