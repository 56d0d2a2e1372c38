import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDecimal, plainDecimal } from './numbers.js'

describe('decimal numbers', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['-0.0', -0],
    ['007', 7],
    ['1.0', 1],
    ['1.638435E9', 1638435000],
    ['1200e-2', 12],
    ['9223372036854775800', 9223372036854775800n],
    ['-9223372036854775808', -9223372036854775808n],
    ['18446744073709551615', 18446744073709551615n],
    ['0.00000000006667', 6.667e-11],
    ['1e300', 1e300],
    ['1e-400', 0],
    ['', undefined],
    ['1.', undefined],
    ['.5', undefined],
    ['+5', undefined],
    ['1e', undefined],
    ['1e400', undefined],
    [' 1', undefined],
    ['0x10', undefined],
    ['1'.repeat(2000), undefined],
  ])('%s', (text, value) => {
    expect(parseDecimal(text)).toBe(value)
  })

  it('are written without an exponent and read back the same', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = plainDecimal(value)
        expect(text).not.toContain('e')
        expect(Number(parseDecimal(text))).toBe(value)
      }),
    )
  })
})
