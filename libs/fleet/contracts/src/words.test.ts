import { describe, expect, it } from 'vitest'
import { codeInWords, durationInWords } from './words.js'

describe('words', () => {
  it('tell durations in at most two units', () => {
    const minute = 60_000
    const cases: [number, string][] = [
      [0, '0 s'],
      [119_000, '119 s'],
      [2 * minute, '2 min'],
      [124 * minute, '2 h 4 min'],
      [24 * 60 * minute, '1 d'],
      [52 * 60 * minute, '2 d 4 h'],
      [252 * 60 * minute, '10 d'],
    ]
    for (const [ms, text] of cases) expect(durationInWords(ms)).toBe(text)
  })

  it('explain a response code, and leave one that is not known as it is', () => {
    expect(codeInWords('4.05')).toBe(
      '4.05 Method Not Allowed: the device does not offer that operation there',
    )
    expect(codeInWords('4.99')).toBe('4.99')
  })
})
