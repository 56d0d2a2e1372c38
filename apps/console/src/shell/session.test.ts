import { describe, expect, it } from 'vitest'
import { safeNext } from './session'

describe('the address after signing in', () => {
  it('is a path of our own', () => {
    expect(safeNext('/devices?q=status%3Alate')).toBe('/devices?q=status%3Alate')
  })

  it('is the overview for everything else', () => {
    for (const next of [
      null,
      '',
      'https://evil.test',
      '//evil.test',
      '/\\evil.test',
      '/\t/evil.test',
      'javascript:1',
    ])
      expect(safeNext(next)).toBe('/')
  })
})
