import { describe, expect, it } from 'vitest'
import { absoluteInWords, relativeInWords } from './times'

describe('times in words', () => {
  it('knows before, after and now', () => {
    expect(relativeInWords(0, 600_000)).toBe('10 min ago')
    expect(relativeInWords(600_000, 0)).toBe('in 10 min')
    expect(relativeInWords(1_000, 0)).toBe('now')
  })

  it('names the zone, and falls back when the zone of a site is not known here', () => {
    expect(absoluteInWords(0, 'UTC')).toBe('1 Jan 1970, 00:00:00 UTC')
    expect(absoluteInWords(0, 'No/Where')).toMatch(/^\d+ \w+ 19(69|70)/)
  })
})
