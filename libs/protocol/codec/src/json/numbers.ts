import { normaliseInteger } from '@fieldline/object-model'

/** Digits of 2^64; what is longer is no integer of LwM2M and may go through a double. */
const MAX_INTEGER_DIGITS = 20

/** A decimal literal longer than this is an attack, not a measurement. */
const MAX_LITERAL = 1_100
/** Digits of an exponent that are looked at. */
const MAX_EXPONENT_DIGITS = 4

const ZERO = 0x30
const isDigit = (code: number): boolean => code >= ZERO && code <= ZERO + 9

/**
 * The value of a decimal literal without loss for integers: `9223372036854775800`, `1.638435E9` and `2.0` are integers, everything else the
 * nearest double. Undefined for a text that is no literal, or too large for a double.
 */
export function parseDecimal(text: string): number | bigint | undefined {
  if (text.length > MAX_LITERAL) return undefined
  const negative = text.charCodeAt(0) === 0x2d
  const wholeStart = negative ? 1 : 0
  const wholeEnd = skipDigits(text, wholeStart)
  if (wholeEnd === wholeStart) return undefined
  let end = wholeEnd
  let fraction = ''
  if (text[end] === '.') {
    end = skipDigits(text, wholeEnd + 1)
    fraction = text.slice(wholeEnd + 1, end)
    if (fraction === '') return undefined
  }
  let exponent = 0
  if (text[end] === 'e' || text[end] === 'E') {
    const sign = text[end + 1] === '-' || text[end + 1] === '+' ? 1 : 0
    const exponentStart = end + 1 + sign
    const exponentEnd = skipDigits(text, exponentStart)
    if (exponentEnd === exponentStart || exponentEnd - exponentStart > MAX_EXPONENT_DIGITS) return undefined
    exponent = Number(text.slice(end + 1, exponentEnd))
    end = exponentEnd
  }
  if (end !== text.length) return undefined
  return (
    exactInteger(text.slice(wholeStart, wholeEnd) + fraction, exponent - fraction.length, negative) ??
    finite(text)
  )
}

/** `digits`·10^`scale` where that is an integer of at most 20 digits. */
function exactInteger(digits: string, scale: number, negative: boolean): number | bigint | undefined {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === ZERO) start += 1
  let end = digits.length
  while (end > start && digits.charCodeAt(end - 1) === ZERO) end -= 1
  if (start === end) return negative ? -0 : 0
  const zeros = scale + digits.length - end
  if (zeros < 0 || end - start + zeros > MAX_INTEGER_DIGITS) return undefined
  return normaliseInteger(BigInt(`${negative ? '-' : ''}${digits.slice(start, end)}${'0'.repeat(zeros)}`))
}

function finite(text: string): number | undefined {
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}

/** Where the digits that start at `at` end. */
export function skipDigits(text: string, at: number): number {
  while (isDigit(text.charCodeAt(at))) at += 1
  return at
}

/** A finite number in decimal digits that read back as the same number: without an exponent, as plain text wants it. */
export function plainDecimal(value: number | bigint): string {
  if (Object.is(value, -0)) return '-0.0'
  const text = String(value)
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(text)
  if (!match) return text
  const [, sign, whole = '', fraction = '', exponent] = match
  const point = whole.length + Number(exponent)
  const digits = whole + fraction
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}`
}
