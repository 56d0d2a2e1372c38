import { describe, expect, it } from 'vitest'
import { ConfigurationError, readEnvironment } from './index.js'

describe('readEnvironment', () => {
  const environment = readEnvironment({ API_PORT: '3001', EMPTY: '', MODE: 'open', WRONG: '70000' })

  it('reads numbers and choices and falls back where nothing is given', () => {
    expect(environment.port('API_PORT', 1)).toBe(3001)
    expect(environment.port('EMPTY', 5)).toBe(5)
    expect(environment.oneOf('MODE', ['open', 'known'], 'known')).toBe('open')
    expect(environment.optional('EMPTY')).toBeUndefined()
  })

  it('says in one sentence which setting is wrong', () => {
    expect(() => environment.port('WRONG', 1)).toThrow(
      new ConfigurationError('WRONG is a whole number from 0 to 65535, not "70000".'),
    )
    expect(() => environment.text('ABSENT')).toThrow(/ABSENT is not set/)
    expect(() => environment.oneOf('API_PORT', ['a', 'b'], 'a')).toThrow(/a or b/)
  })
})
