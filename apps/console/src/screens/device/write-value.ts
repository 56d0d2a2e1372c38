import type { ObjectTreeResource, Scalar, ValueType } from '@fieldline/contracts'

const integer = /^[+-]?\d+$/
const decimal = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i
const mostOptions = 16

/** The values a range names one by one (`0,1,2`, or `0..3`), where they are few enough to choose from. */
export function optionsOf({ type, range }: Pick<ObjectTreeResource, 'type' | 'range'>): string[] | undefined {
  if ((type !== 'integer' && type !== 'unsigned') || range === undefined) return undefined
  const span = /^\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*$/.exec(range)
  if (span !== null) {
    const low = Number(span[1])
    const count = Number(span[2]) - low + 1
    return count >= 1 && count <= mostOptions
      ? Array.from({ length: count }, (_none, index) => String(low + index))
      : undefined
  }
  const parts = range.split(',').map((part) => part.trim())
  return parts.length > 1 && parts.length <= mostOptions && parts.every((part) => integer.test(part))
    ? parts
    : undefined
}

/** Hex digits, with or without spaces, colons or 0x, as base64. */
function base64OfHex(text: string): string | undefined {
  const digits = text.replace(/^0x/i, '').replace(/[\s:]/g, '')
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) return undefined
  const bytes = digits.match(/../g) ?? []
  return btoa(String.fromCharCode(...bytes.map((pair) => Number.parseInt(pair, 16))))
}

export function hexOfBase64(text: string): string {
  try {
    return [...atob(text)].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join(' ')
  } catch (error) {
    if (error instanceof DOMException) return text
    throw error
  }
}

/**
 * What was typed, as the API takes it, or why it cannot be that type. Integers beyond 2^53 stay decimal text; a decimal comma is read as a
 * point; times are those of the reader's zone; opaque is typed as hex.
 */
export function toWire(type: ValueType, text: string): { value: Scalar } | { wrong: string } {
  const trimmed = text.trim()
  switch (type) {
    case 'integer':
    case 'unsigned': {
      if (!integer.test(trimmed)) return { wrong: 'A whole number, without separators' }
      const number = Number(trimmed)
      return { value: Number.isSafeInteger(number) ? number : trimmed.replace(/^\+/, '') }
    }
    case 'float':
      return decimal.test(trimmed) ? { value: Number(trimmed.replace(',', '.')) } : { wrong: 'A number' }
    case 'boolean':
      return { value: trimmed === 'true' }
    case 'time': {
      const at = Date.parse(trimmed)
      return Number.isNaN(at) ? { wrong: 'A date and time' } : { value: Math.floor(at / 1_000) }
    }
    case 'opaque': {
      const value = base64OfHex(trimmed)
      return value === undefined ? { wrong: 'Bytes as pairs of hex digits' } : { value }
    }
    case 'objlnk':
      return /^\d{1,5}:\d{1,5}$/.test(trimmed)
        ? { value: trimmed }
        : { wrong: 'Object and instance as numbers, such as 3:0' }
    default:
      return { value: text }
  }
}

/** A held value as it stands in the field at first. */
export function toField(type: ValueType, value: Scalar | undefined): string {
  if (value === undefined) return type === 'boolean' ? 'false' : ''
  if (type === 'opaque') return hexOfBase64(String(value))
  if (type !== 'time') return String(value)
  const at = new Date(Number(value) * 1_000)
  if (Number.isNaN(at.getTime())) return ''
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
