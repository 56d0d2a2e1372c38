import { badPayload } from './errors.js'

// A byte order mark is part of a value: decoding must not take it off.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Text of UTF-8 bytes; 4.00 on bytes that are not UTF-8. */
export function fromUtf8(bytes: Uint8Array, where: string): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw badPayload(`${where}: not UTF-8`)
  }
}

/** UTF-8 bytes of a text. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}
