import { describe, expect, it } from 'vitest'
import { hexOfBase64, optionsOf, toField, toWire } from './write-value'

describe('what is typed', () => {
  it('keeps integers beyond 2^53 as decimal text', () => {
    expect(toWire('integer', ' 42 ')).toEqual({ value: 42 })
    expect(toWire('integer', '9223372036854775807')).toEqual({ value: '9223372036854775807' })
    expect(toWire('unsigned', '1e3')).toHaveProperty('wrong')
    expect(toWire('integer', '1.000')).toHaveProperty('wrong')
  })

  it('reads a decimal comma', () => {
    expect(toWire('float', '3,5')).toEqual({ value: 3.5 })
    expect(toWire('float', '-.5e2')).toEqual({ value: -50 })
    expect(toWire('float', '1,000.5')).toHaveProperty('wrong')
    expect(toWire('float', '')).toHaveProperty('wrong')
  })

  it('takes bytes as hex and gives base64', () => {
    expect(toWire('opaque', 'de ad be ef')).toEqual({ value: '3q2+7w==' })
    expect(toWire('opaque', '0x00')).toEqual({ value: 'AA==' })
    expect(toWire('opaque', 'abc')).toHaveProperty('wrong')
    expect(hexOfBase64('3q2+7w==')).toBe('de ad be ef')
  })

  it('leaves text as it is, spaces included', () => {
    expect(toWire('string', ' a ')).toEqual({ value: ' a ' })
  })

  it('brings a time back to the same second', () => {
    const seconds = 1_795_000_000
    expect(toWire('time', toField('time', seconds))).toEqual({ value: seconds })
  })
})

describe('options', () => {
  it('are the few values a range names', () => {
    expect(optionsOf({ type: 'integer', range: '0..3' })).toEqual(['0', '1', '2', '3'])
    expect(optionsOf({ type: 'integer', range: '0, 2,4' })).toEqual(['0', '2', '4'])
  })

  it('are not offered for long spans, lengths and other types', () => {
    expect(optionsOf({ type: 'integer', range: '0..255' })).toBeUndefined()
    expect(optionsOf({ type: 'integer', range: '1..64 bytes' })).toBeUndefined()
    expect(optionsOf({ type: 'string', range: '0..3' })).toBeUndefined()
    expect(optionsOf({ type: 'integer' })).toBeUndefined()
  })
})
