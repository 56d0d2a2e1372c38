import type { Value } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { medianInterval, pointsOf, withGaps } from './gaps'

const hour = 3_600_000
const hourly = (...hours: number[]) => hours.map((at) => ({ at: at * hour, value: at }))

describe('gaps', () => {
  it('break the line where more than three usual intervals passed', () => {
    const series = withGaps(hourly(0, 1, 2, 3, 8, 9))
    expect(series.values).toEqual([0, 1, 2, 3, null, 8, 9])
    expect(series.gaps).toBe(1)
  })

  it('do not break it for three intervals exactly', () => {
    expect(withGaps(hourly(0, 1, 2, 5)).gaps).toBe(0)
  })

  it('do not appear among too few points', () => {
    expect(withGaps([]).values).toEqual([])
    expect(withGaps(hourly(5)).values).toEqual([5])
    expect(withGaps(hourly(0, 100)).gaps).toBe(0)
  })

  it('are judged by the median, so one long silence does not hide another', () => {
    expect(medianInterval(hourly(0, 1, 2, 3, 50, 51, 90, 91))).toBe(hour)
    expect(withGaps(hourly(0, 1, 2, 3, 50, 51, 90, 91)).gaps).toBe(2)
  })
})

describe('points', () => {
  const value = (time: string, held: Value['value']): Value => ({
    path: '/1/0/1',
    type: 'integer',
    value: held,
    time,
    receivedAt: time,
    source: 'send',
  })

  it('are ordered by the time of the device, big integers included, and text left out', () => {
    expect(
      pointsOf([
        value('2026-11-22T10:00:00Z', '9007199254740993'),
        value('2026-11-22T09:00:00Z', 1),
        value('2026-11-22T09:30:00Z', 'NaN'),
        value('2026-11-22T09:00:00Z', 2),
      ]).map((point) => point.value),
    ).toEqual([2, 9007199254740992])
  })
})
