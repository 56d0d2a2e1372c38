import { describe, expect, it } from 'vitest'
import { absoluteInWords, clockInWords, relativeInWords } from './times'

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

  it('tells a clock in the zone of the site, and names it', () => {
    const now = Date.UTC(2026, 10, 23, 0, 10)
    const due = Date.UTC(2026, 10, 23, 0, 57)
    expect(clockInWords(due, now, 'Europe/Berlin')).toBe('01:57 CET')
    expect(clockInWords(due, now, 'America/Sao_Paulo')).toBe('21:57 GMT-3')
    expect(clockInWords(Date.UTC(2026, 6, 4, 4, 40), now, 'Europe/Berlin')).toBe('4 Jul 06:40 CEST')
    expect(clockInWords(due, now)).toMatch(/\d\d:57 \S+$/)
  })
})
