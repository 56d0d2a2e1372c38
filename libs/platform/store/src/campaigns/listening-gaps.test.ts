import { describe, expect, it } from 'vitest'
import { downtimeBetween } from './listening-gaps.js'

describe('the time in which nobody of ours listened', () => {
  it('is what lies between the periods, before the first and after the last', () => {
    const periods = [
      { from: 60, until: 80 },
      { from: 10, until: 40 },
    ]
    expect(downtimeBetween(periods, 20, 70)).toBe(20)
    expect(downtimeBetween(periods, 0, 100)).toBe(50)
    expect(downtimeBetween(periods, 15, 35)).toBe(0)
    expect(downtimeBetween(periods, 45, 55)).toBe(10)
  })
  it('counts two processes that listened at once only once', () => {
    const periods = [
      { from: 0, until: 50 },
      { from: 20, until: 30 },
      { from: 40, until: 70 },
    ]
    expect(downtimeBetween(periods, 0, 100)).toBe(30)
  })
  it('is all the time when nobody ever listened', () => {
    expect(downtimeBetween([], 5, 25)).toBe(20)
  })
})
