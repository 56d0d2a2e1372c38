/** Values that a range allows, both ends included; decimal literals, so that a bound of 2^64−1 stays exact. */
export interface Span {
  readonly low: string
  readonly high: string
}

const number = '[+-]?[0-9]{1,40}(?:\\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?'
const spanPattern = new RegExp(`^(${number})\\s*\\.\\.\\s*(${number})$`)
const numberPattern = new RegExp(`^${number}$`)

/**
 * The spans a registered range allows, or undefined when the text is not `a..b` or a comma list: everything else ("1..64 bytes", "8 bit",
 * "ON;OFF") is shown to people and enforced by nobody.
 */
export function spansOf(range: string): Span[] | undefined {
  const parts = range.split(',').map((part) => part.trim())
  const spans: Span[] = []
  for (const part of parts) {
    const span = spanPattern.exec(part)
    if (span) spans.push({ low: span[1]!, high: span[2]! })
    else if (parts.length > 1 && numberPattern.test(part)) spans.push({ low: part, high: part })
    else return undefined
  }
  return spans
}

/** Whether a number lies in a span; whole numbers are compared exactly. */
export function inSpan(value: number | bigint, { low, high }: Span): boolean {
  // One registered range is written from high to low (-30..-120).
  const [from, to] = Number(low) <= Number(high) ? [low, high] : [high, low]
  return compare(value, from) >= 0 && compare(value, to) <= 0
}

function compare(value: number | bigint, bound: string): number {
  if (/^[+-]?[0-9]+$/.test(bound) && (typeof value === 'bigint' || Number.isInteger(value))) {
    const difference = BigInt(value) - BigInt(bound.replace('+', ''))
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  return Number(value) - Number(bound)
}
