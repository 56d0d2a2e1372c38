import type { ResourceDefinition } from './definition.js'
import { typeMismatch } from './value.js'
import type { ResourceValue } from './value.js'

interface Span {
  readonly low: string
  readonly high: string
}

const number = '[+-]?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?'
const spanPattern = new RegExp(`^(${number})\\s*\\.\\.\\s*(${number})$`)
const numberPattern = new RegExp(`^${number}$`)

/**
 * The spans a registered range allows, or undefined when the text is not `a..b` or a comma list: everything else ("1..64 bytes", "8 bit",
 * "ON;OFF") is shown to people and enforced by nobody.
 */
function spansOf(range: string): Span[] | undefined {
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

/** Whole numbers are compared exactly, so that a bound of 2^64−1 holds. */
function compare(value: number | bigint, bound: string): number {
  if (/^[+-]?[0-9]+$/.test(bound) && (typeof value === 'bigint' || Number.isInteger(value))) {
    const difference = BigInt(value) - BigInt(bound.replace('+', ''))
    return difference < 0n ? -1 : difference > 0n ? 1 : 0
  }
  return Number(value) - Number(bound)
}

function inSpan(value: number | bigint, { low, high }: Span): boolean {
  // One registered range is written from high to low (-30..-120).
  const [from, to] = Number(low) <= Number(high) ? [low, high] : [high, low]
  return compare(value, from) >= 0 && compare(value, to) <= 0
}

/**
 * Why a value may not be written to a resource (or to one of its instances), in words; undefined when it may. Judges the operations, the type and
 * the registered range: `a..b` and comma lists, as the value of a number and as the length in bytes of a text or of opaque.
 */
export function validateWrite(definition: ResourceDefinition, value: ResourceValue): string | undefined {
  const name = `${definition.name} (${definition.id})`
  if (definition.operations === 'E') return `${name} is executed, not written`
  if (definition.operations === 'R') return `${name} is read-only`
  if (definition.operations === '') return `${name} cannot be written by a server`
  const mismatch = typeMismatch(definition.type, value)
  if (mismatch) return `${name} must be ${mismatch}`
  const spans = definition.range === '' ? undefined : spansOf(definition.range)
  if (!spans) return undefined
  let measured: number | bigint
  let what = ''
  switch (definition.type) {
    case 'integer':
    case 'unsigned':
    case 'float':
    case 'time':
      measured = value as number | bigint
      break
    case 'string':
      measured = new TextEncoder().encode(value as string).length
      what = ' bytes long'
      break
    case 'opaque':
      measured = (value as Uint8Array).length
      what = ' bytes long'
      break
    default:
      return undefined
  }
  if (spans.some((span) => inSpan(measured, span))) return undefined
  return `${name} must be ${definition.range}${what}, not ${measured}`
}
