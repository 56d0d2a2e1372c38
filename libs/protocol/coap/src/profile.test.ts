import { describe, expect, it } from 'vitest'
import { isNewer } from './observe.js'
import {
  exchangeLifetime,
  initialTimeout,
  maxRtt,
  maxTransmitSpan,
  maxTransmitWait,
  nonLifetime,
  profiles,
} from './profile.js'

describe('transmission profiles', () => {
  it('derive the times of RFC 7252 §4.8.2 for a wired network', () => {
    const { wired } = profiles
    expect(maxTransmitSpan(wired)).toBe(45_000)
    expect(maxTransmitWait(wired)).toBe(93_000)
    expect(maxRtt(wired)).toBe(202_000)
    expect(exchangeLifetime(wired)).toBe(247_000)
    expect(nonLifetime(wired)).toBe(145_000)
  })

  it('wait for a narrowband network', () => {
    expect(maxTransmitWait(profiles['nb-iot'])).toBe(697_500)
    expect(exchangeLifetime(profiles['nb-iot'])).toBe(552_500)
    expect(initialTimeout(profiles['nb-iot'].ackTimeoutMs, profiles['nb-iot'], 0)).toBeGreaterThan(12_000)
  })

  it('spread the first timeout between ACK_TIMEOUT and its random factor', () => {
    expect(initialTimeout(2_000, profiles.wired, 0)).toBe(2_000)
    expect(initialTimeout(2_000, profiles.wired, 0.5)).toBe(2_500)
  })
})

describe('isNewer', () => {
  const cases: [string, number, number, number, number, boolean][] = [
    ['the next value', 1, 0, 2, 1, true],
    ['the same value', 2, 0, 2, 1, false],
    ['an older value', 2, 0, 1, 1, false],
    ['a value after the counter has wrapped', 0xffffff, 0, 0, 1, true],
    ['a value from before the counter has wrapped', 0, 0, 0xffffff, 1, false],
    ['an older value after 128 s', 2, 0, 1, 128_001, true],
    ['an older value at 128 s', 2, 0, 1, 128_000, false],
  ]
  for (const [name, a, timeA, b, timeB, expected] of cases) {
    it(`${expected ? 'takes' : 'refuses'} ${name}`, () => {
      expect(isNewer(a, timeA, b, timeB)).toBe(expected)
    })
  }
})
