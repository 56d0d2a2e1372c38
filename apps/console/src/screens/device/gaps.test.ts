import type { Value } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { lonePoints, pointsOf, withGaps } from './gaps'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Points by the distances (ms) between them, each with its number as value. */
function spaced(...distances: number[]) {
  let at = 0
  return [{ at, value: 0 }, ...distances.map((distance, i) => ({ at: (at += distance), value: i + 1 }))]
}
const times = (count: number, distance: number) => Array.from({ length: count }, () => distance)
/** The numbers of the points before a break. */
function breaks(points: ReturnType<typeof spaced>): (number | null | undefined)[] {
  const { values } = withGaps(points)
  return values.flatMap((value, i) => (value === null ? [values[i - 1]] : []))
}

describe('gaps', () => {
  it('break the line in the middle of the silence', () => {
    const series = withGaps(spaced(hour, hour, hour, 5 * hour, hour))
    expect(series.values).toEqual([0, 1, 2, 3, null, 4, 5])
    expect(series.times[4]).toBe((3 * 3_600 + 8 * 3_600) / 2)
    expect(series.gaps).toBe(1)
  })

  it('do not appear among too few points', () => {
    expect(withGaps([])).toEqual({ times: [], values: [], gaps: 0, rhythm: 0 })
    expect(withGaps(spaced())).toEqual({ times: [0], values: [0], gaps: 0, rhythm: 0 })
    expect(withGaps(spaced(100 * hour)).gaps).toBe(0)
  })

  it('show each single report that did not come', () => {
    expect(breaks(spaced(day, day, 2 * day, day, day, day, 2 * day, day))).toEqual([2, 6])
    expect(breaks(spaced(2 * day, day, day))).toEqual([0])
    expect(breaks(spaced(day, day, day, 2 * day))).toEqual([3])
    expect(breaks(spaced(day, day, 2 * day, day, 2 * day, day, 3 * day, day, day))).toEqual([2, 4, 6])
    expect(breaks(spaced(...times(20, 15 * minute), 30 * minute, ...times(20, 15 * minute)))).toEqual([20])
  })

  it('are judged by the rhythm around them, so a cadence may change to a quicker one and back', () => {
    const quicker = spaced(...times(34, day), 17 * hour, ...times(120, 5 * minute))
    expect(breaks(quicker)).toEqual([])
    expect(breaks(spaced(...times(288, 5 * minute), ...times(5, day)))).toEqual([])
    expect(
      breaks(spaced(...times(10, day), ...times(10, hour), ...times(40, 5 * minute), ...times(9, day))),
    ).toEqual([])
  })

  it('are found on both sides of a change of cadence', () => {
    const changed = [...times(5, day), 2 * day, ...times(5, day), ...times(40, 5 * minute)]
    expect(breaks(spaced(...changed, 2 * hour, ...times(40, 5 * minute)))).toEqual([5, 51])
    expect(breaks(spaced(...times(9, day), 3 * day, ...times(40, 5 * minute)))).toEqual([9])
  })

  it('do not hide each other, however long and near they are', () => {
    const near = [...times(20, 5 * minute), 3 * hour, ...times(3, 5 * minute), 3 * hour]
    expect(breaks(spaced(...near, ...times(20, 5 * minute)))).toEqual([20, 24])
    expect(breaks(spaced(...near, ...times(3, 5 * minute)))).toEqual([20, 24])
    expect(breaks(spaced(...times(20, 5 * minute), 3 * hour, day))).toEqual([20, 21])
    expect(breaks(spaced(...times(6, day), 5 * day, day, 5 * day, ...times(6, day)))).toEqual([6, 8])
  })

  it('are found beside a short time of many values', () => {
    const live = times(20, 5 * minute)
    expect(breaks(spaced(...live, 25 * day, ...live))).toEqual([20])
    expect(breaks(spaced(...live, day, ...live, day))).toEqual([20, 41])
  })

  it('do not come from wakes that vary', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      let state = seed
      const unit = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
      const points = Array.from({ length: 200 }, (_none, i) => ({ at: (i + 0.2 * unit()) * hour, value: i }))
      expect(breaks(points), `seed ${seed}`).toEqual([])
      const lost = points.filter((_point, i) => i !== 70 && i !== 140)
      expect(breaks(lost), `seed ${seed}`).toEqual([69, 139])
    }
  })

  it('do not come from several values of one report', () => {
    const report = [1_000, 1_000, day - 2_000]
    expect(breaks(spaced(...times(30, 0).flatMap(() => report)))).toEqual([])
    const pairs = [90_000, day - 90_000]
    expect(breaks(spaced(...times(30, 0).flatMap(() => pairs)))).toEqual([])
    const morning = [hour, hour, hour, 21 * hour]
    expect(breaks(spaced(...times(30, 0).flatMap(() => morning)))).toEqual([])
    const missed = [...report, ...report, 1_000, 1_000, 2 * day - 2_000, ...report, ...report, ...report]
    expect(breaks(spaced(...missed))).toEqual([8])
    // somebody reads it three times between two reports
    const read = [...times(5, day), hour, 5_000, 5_000, 23 * hour - 10_000, ...times(5, day)]
    expect(breaks(spaced(...read))).toEqual([])
  })

  it('are found among as many points as a chart bears', () => {
    const distances = Array.from({ length: 60_000 }, (_none, i) =>
      i % 1_000 === 999 ? 2 * hour : i % 5 === 4 ? 50_000 : 500,
    )
    expect(withGaps(spaced(...distances)).gaps).toBe(60)
  })
})

describe('lone points', () => {
  it('are those that no line reaches', () => {
    expect(lonePoints(withGaps(spaced()))).toEqual([0])
    expect(lonePoints(withGaps(spaced(hour)))).toEqual([])
    const series = withGaps(spaced(...times(9, hour), 9 * hour, 9 * hour, ...times(9, hour)))
    expect(lonePoints(series).map((index) => series.values[index])).toEqual([10])
  })
})

describe('the usual rhythm', () => {
  const rhythm = (...distances: number[]) => withGaps(spaced(...distances)).rhythm

  it('is not that of silence, and not that of values of one report', () => {
    expect(rhythm(...times(20, 5 * minute), 25 * day, ...times(20, 5 * minute))).toBe(5 * minute)
    expect(rhythm(...times(30, 0).flatMap(() => [1_000, 1_000, hour]))).toBe(hour)
  })

  it('of a cadence that changed is the one that held longer', () => {
    expect(rhythm(...times(34, day), ...times(120, 5 * minute))).toBe(day)
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
