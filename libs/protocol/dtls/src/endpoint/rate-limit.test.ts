import { expect, it } from 'vitest'
import { RateLimit } from './rate-limit.js'

it('a rate limit remembers so many sources and no more: the one longest unheard of begins anew', () => {
  const limit = new RateLimit(1, 1)
  expect(limit.admit('first', 0)).toBe(true)
  expect(limit.admit('second', 0)).toBe(true)
  for (let i = 0; i < 4_095; i++) limit.admit(`other ${i}`, 0)
  expect(limit.admit('second', 0)).toBe(false)
  expect(limit.admit('first', 0)).toBe(true)
})
