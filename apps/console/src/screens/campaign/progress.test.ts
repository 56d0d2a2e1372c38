import { describe, expect, it } from 'vitest'
import { errorShare, partsOf, percentText, progressInWords, successShare } from './progress'

const counts = { verified: 12, failed: 3, silent: 1, offered: 2, waiting_wake: 5, queued: 3, excluded: 9 }

describe('progress of a campaign', () => {
  it('leaves those out who are out', () => {
    expect(partsOf(counts).map(({ count }) => count)).toEqual([12, 3, 1, 2, 8])
    expect(successShare(counts)).toBeCloseTo((12 / 26) * 100)
  })

  it('counts failed and silent among decided for the error gate, from its sample on', () => {
    const error = { threshold: 5, minSample: 10, action: 'pause' as const }
    expect(errorShare(counts, error)).toEqual({ percent: 25, judged: true, decided: 16, bad: 4 })
    expect(errorShare({ failed: 1 }, error).judged).toBe(false)
    expect(errorShare({}, error).percent).toBe(0)
  })

  it('is told in words', () => {
    expect(progressInWords(counts)).toBe('12 confirmed, 3 not updated, 1 silent, 2 under way, 8 waiting')
    expect(progressInWords({})).toBe('nobody yet')
    expect([percentText(5), percentText(1.93), percentText(33.3)]).toEqual(['5 %', '1.9 %', '33 %'])
  })
})
