import type { ResourceDefinition } from './definition.js'
import { inSpan, spansOf } from './range.js'
import { typeMismatch } from './value.js'
import type { ResourceValue } from './value.js'

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
