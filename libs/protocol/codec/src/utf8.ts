import { formatPath } from '@fieldline/object-model'
import type { Path } from '@fieldline/object-model'
import { badPayload } from './errors.js'

// A byte order mark is part of a value: decoding must not take it off.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

/** Texts up to this many bytes are put together here: calling the platform's decoder costs more than the text. */
const SHORT = 48
/** Scratch arrays by length. Nothing that is called while one is in use calls back. */
const scratch = Array.from({ length: SHORT + 1 }, (_, length) => new Array<number>(length).fill(0))

/** Text of UTF-8 bytes `start`..`end`; 4.00 on bytes that are not UTF-8. */
export function fromUtf8(bytes: Uint8Array, where: Path | string, start = 0, end = bytes.length): string {
  const length = end - start
  if (length <= SHORT) {
    const codes = scratch[length]!
    let all = 0
    for (let at = start, index = 0; at < end; at++, index++) {
      const byte = bytes[at]!
      all |= byte
      codes[index] = byte
    }
    if (all < 0x80) return String.fromCharCode.apply(null, codes)
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    throw badPayload(`${typeof where === 'string' ? where : formatPath(where)}: not UTF-8`)
  }
}

/** UTF-8 bytes of a text. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}
