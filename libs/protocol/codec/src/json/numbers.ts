import { normaliseInteger } from '@fieldline/object-model'

const literal = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?$/

/** Digits of 2^64; what is longer is no integer of LwM2M and may go through a double. */
const MAX_INTEGER_DIGITS = 20

/** A decimal literal longer than this is an attack, not a measurement. */
const MAX_LITERAL = 1_100

/**
 * The value of a decimal literal without loss for integers: `9223372036854775800`, `1.638435E9` and `2.0` are integers, everything else the
 * nearest double. Undefined for a text that is no literal, or too large for a double.
 */
export function parseDecimal(text: string): number | bigint | undefined {
  if (text.length > MAX_LITERAL) return undefined
  const match = literal.exec(text)
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+(?=.)/, '').replace(/0+$/, '')
  const dropped = (whole + fraction).length - (whole + fraction).replace(/0+$/, '').length
  if (digits === '') return sign ? -0 : 0
  const scale = Number(exponent) - fraction.length + dropped
  if (scale >= 0 && digits.length + scale <= MAX_INTEGER_DIGITS) {
    return normaliseInteger(BigInt(`${sign}${digits}${'0'.repeat(scale)}`))
  }
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
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
