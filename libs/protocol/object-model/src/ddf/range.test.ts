import { describe, expect, it } from 'vitest'
import { validateWrite } from '../index.js'
import type { ResourceDefinition, ResourceType } from '../index.js'
import { ddf, item } from './ddf.test-support.js'
import type { ItemText } from './ddf.test-support.js'
import { importDdf } from './index.js'

const resourceOf = (change: ItemText): ResourceDefinition =>
  importDdf(ddf(item(change))).definitions[0]!.resources.get(1)!

describe('a range', () => {
  const cases: [ResourceType, string, string][] = [
    ['integer', '0..255', '0..255'],
    ['integer', '0 .. 255', '0 .. 255'],
    ['integer', '0-255', '0..255'],
    ['integer', '0 – 255', '0..255'],
    ['integer', '1...15', '1..15'],
    ['integer', '[1:4]', '1..4'],
    ['integer', '-20 to 60', '-20..60'],
    ['integer', '-120--30', '-120..-30'],
    ['integer', '1,2,4', '1,2,4'],
    ['integer', '1;2;4', '1,2,4'],
    ['float', '0; 3.8..20.5', '0,3.8..20.5'],
    ['string', '≤ 64 bytes', '0..64'],
    ['string', 'max. 32 characters', '0..32'],
    ['string', '0..255 bytes', '0..255'],
    ['opaque', '12 bytes', '12..12'],
    ['opaque', '16,32,48', '16,32,48'],
    ['opaque', '16-32-48 bytes', '16-32-48 bytes'],
    ['integer', '0..255 bytes', '0..255 bytes'],
    ['integer', '≤ 64', '≤ 64'],
    ['integer', '255', '255'],
    ['integer', '8 bit', '8 bit'],
    ['string', 'ON;OFF', 'ON;OFF'],
    ['float', '<7 to >12.5', '<7 to >12.5'],
    ['boolean', '0-1', '0-1'],
  ]
  const names: Partial<Record<ResourceType, string>> = {
    integer: 'Integer',
    float: 'Float',
    string: 'String',
    opaque: 'Opaque',
    boolean: 'Boolean',
  }

  it.each(cases)('of %s written "%s" is kept as "%s"', (type, text, range) => {
    expect(resourceOf({ Type: names[type]!, RangeEnumeration: text.replaceAll('<', '&lt;') }).range).toBe(
      range,
    )
  })

  it('once understood is enforced', () => {
    expect(validateWrite(resourceOf({ RangeEnumeration: '-20 to 60' }), -21)).toContain('must be -20..60')
    expect(validateWrite(resourceOf({ RangeEnumeration: '-20 to 60' }), -20)).toBeUndefined()
    expect(validateWrite(resourceOf({ Type: 'String', RangeEnumeration: '≤ 4 bytes' }), 'ééé')).toContain(
      'bytes long',
    )
    expect(validateWrite(resourceOf({ RangeEnumeration: '8 bit' }), 1000)).toBeUndefined()
  })

  it('that is a sentence is left out', () => {
    expect(resourceOf({ RangeEnumeration: `see ${'x'.repeat(200)}` }).range).toBe('')
  })
})
