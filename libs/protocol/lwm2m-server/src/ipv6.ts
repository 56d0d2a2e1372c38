const groups = 8
const longestAddress = 39
const lowerCase = /^[0-9a-f:]+$/

/**
 * Writes an IPv6 address as 16 bytes, if it is written the one way that RFC 5952 recommends, as sockets give it: what is read from the bytes is the
 * same text then. False for any other text, one with a zone among them.
 */
export function packIpv6(text: string, into: Uint8Array, at: number): boolean {
  if (text.length > longestAddress || text.length < 2 || !lowerCase.test(text)) return false
  const gap = text.indexOf('::')
  const front = gap < 0 ? text : text.slice(0, gap)
  const back = gap < 0 ? '' : text.slice(gap + 2)
  const [first, last] = [numbersOf(front), numbersOf(back)]
  const missing = groups - first.length - last.length
  if (gap < 0 ? missing !== 0 : missing < 2) return false
  for (const [i, number] of [...first, ...new Array<number>(missing).fill(0), ...last].entries()) {
    into[at + 2 * i] = number >> 8
    into[at + 2 * i + 1] = number
  }
  return unpackIpv6(into, at) === text
}

function numbersOf(part: string): number[] {
  return part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
}

/** Reads 16 bytes as an IPv6 address. @see RFC 5952 §4 */
export function unpackIpv6(bytes: Uint8Array, at: number): string {
  const numbers = Array.from({ length: groups }, (_, i) => (bytes[at + 2 * i] << 8) | bytes[at + 2 * i + 1])
  const texts = numbers.map((number) => number.toString(16))
  const [start, length] = longestZeros(numbers)
  if (length < 2) return texts.join(':')
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`
}

/** Where the first of the longest runs of zeros begins, and how long it is. */
function longestZeros(numbers: readonly number[]): readonly [number, number] {
  let [start, longest, run] = [0, 0, 0]
  for (const [i, number] of numbers.entries()) {
    run = number === 0 ? run + 1 : 0
    if (run > longest) [start, longest] = [i - run + 1, run]
  }
  return [start, longest]
}
