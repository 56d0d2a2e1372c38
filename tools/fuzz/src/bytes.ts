const encoder = new TextEncoder()

/** Byte arrays and texts, end to end. */
export function join(...parts: readonly (Uint8Array | string | number)[]): Uint8Array {
  const arrays = parts.map((part) =>
    typeof part === 'string' ? encoder.encode(part) : typeof part === 'number' ? Uint8Array.of(part) : part,
  )
  const joined = new Uint8Array(arrays.reduce((sum, array) => sum + array.length, 0))
  let at = 0
  for (const array of arrays) {
    joined.set(array, at)
    at += array.length
  }
  return joined
}

/** Big-endian, in `length` bytes, the lowest ones of `value`. */
export function bigEndian(value: number | bigint, length: number): Uint8Array {
  let left = BigInt.asUintN(length * 8, BigInt(value))
  const bytes = new Uint8Array(length)
  for (let i = length - 1; i >= 0; i--) {
    bytes[i] = Number(left & 255n)
    left >>= 8n
  }
  return bytes
}

/** Whether two byte arrays are the same. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
