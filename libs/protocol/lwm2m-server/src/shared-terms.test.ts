import { describe, expect, it } from 'vitest'
import { registrationOf } from './registrations.test-support.js'
import { SharedTerms } from './shared-terms.js'

describe('terms of registrations', () => {
  it('are kept once, and no longer than a registration has them', () => {
    const terms = new SharedTerms()
    const first = terms.take(registrationOf())
    expect(terms.take(registrationOf({ deviceId: 'another', lifetime: 7 }))).toBe(first)
    const other = terms.take(registrationOf({ binding: 'UQ' }))
    expect([terms.get(first).binding, terms.get(other).binding, terms.size]).toEqual(['U', 'UQ', 2])
    terms.give(first)
    expect(terms.get(first).binding).toBe('U')
    terms.give(first)
    expect(terms.size).toBe(1)
    expect(terms.take(registrationOf({ contentFormat: 112 }))).toBe(first)
  })
})
