import { spansOf } from '../range.js'
import type { ResourceType } from '../value.js'

/** A range as it is kept, and what was done to the text, in words; no words where the text was regular. */
export interface ImportedRange {
  readonly range: string
  readonly remark?: string
}

/** Longest range looked at; a sentence is no range. */
const MAX_RANGE = 120

const number = '[+-]?[0-9]{1,20}(?:\\.[0-9]{1,20})?'
const between = new RegExp(`^(${number})\\s*(?:\\.{2,3}|…|-|–|—|:|to|bis|through)\\s*(${number})$`, 'i')
const atMost = new RegExp(`^(?:≤|<=|=<|max\\.?|up to|at most)\\s*(${number})$`, 'i')
const single = new RegExp(`^${number}$`)
const lengthUnit = /\s*\b(?:bytes?|octets?|characters?|chars?)\b\.?$/i
const measuredInBytes: readonly ResourceType[] = ['string', 'opaque']
const numeric: readonly ResourceType[] = ['integer', 'unsigned', 'float', 'time']

/**
 * The range of a resource in the form that `validateWrite` enforces: `a..b` and comma lists, of the number itself, or of the length in bytes of text
 * and opaque. Other spellings of these (`0-255`, `-20 to 60`, `[1:4]`, `≤ 64 bytes`, `1;2;4`) are rewritten; what remains is kept as it stands, for
 * people to read.
 */
export function importRange(text: string, type: ResourceType): ImportedRange {
  if (text === '' || spansOf(text) !== undefined) return { range: text }
  if (text.length > MAX_RANGE)
    return { range: '', remark: `the range is a sentence of ${text.length} characters and is left out` }
  const inBytes = lengthUnit.test(text)
  const suits = inBytes
    ? measuredInBytes.includes(type)
    : numeric.includes(type) || measuredInBytes.includes(type)
  const range = suits ? regular(text.replace(lengthUnit, ''), measuredInBytes.includes(type)) : undefined
  if (range === undefined)
    return { range: text, remark: `range "${text}" is not understood and not enforced` }
  return { range, remark: `range "${text}" is read as ${range}${inBytes ? ' bytes' : ''}` }
}

function regular(text: string, isLength: boolean): string | undefined {
  const bare = text.replace(/^[[(]\s*([^[\]()]*?)\s*[\])]$/, '$1').trim()
  const parts = bare.split(/[,;]/).map((part) => part.trim())
  const spans = parts.map((part) => {
    const span = between.exec(part)
    if (span) return `${span[1]}..${span[2]}`
    const most = atMost.exec(part)
    // A length begins at nothing; where a number begins, only its author knows.
    if (most) return isLength ? `0..${most[1]}` : undefined
    return single.test(part) && (parts.length > 1 || isLength) ? part : undefined
  })
  if (spans.some((span) => span === undefined)) return undefined
  // One length alone is that length; a list of one is no list.
  const range = spans.length === 1 && single.test(spans[0]!) ? `${spans[0]}..${spans[0]}` : spans.join(',')
  return spansOf(range) === undefined ? undefined : range
}
