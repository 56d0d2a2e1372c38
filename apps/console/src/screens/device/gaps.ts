import type { Value } from '@fieldline/contracts'

interface Point {
  /** Unix ms. */
  at: number
  value: number
}

/** Columns as a chart takes them: Unix seconds, and null where the line must break. */
export interface Series {
  times: number[]
  values: (number | null)[]
  gaps: number
}

/** A distance of more than this many median intervals is silence, not a slow report. */
const gapFactor = 3

/** Points of one path that are numbers, in order of time, one per moment (the last one told wins). */
export function pointsOf(values: readonly Value[]): Point[] {
  const byTime = new Map<number, number>()
  for (const { time, value } of values) {
    if (typeof value === 'boolean' || value === '') continue
    const number = Number(value)
    if (Number.isFinite(number)) byTime.set(Date.parse(time), number)
  }
  return [...byTime].map(([at, value]) => ({ at, value })).sort((a, b) => a.at - b.at)
}

/** The middle of the distances between points (ms); 0 for fewer than two points. */
export function medianInterval(points: readonly Point[]): number {
  const distances = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at))
  distances.sort((a, b) => a - b)
  return distances[Math.floor(distances.length / 2)] ?? 0
}

/** The points with a break wherever nothing was heard for more than three median intervals: a gap stays a gap. */
export function withGaps(points: readonly Point[]): Series {
  const limit = medianInterval(points) * gapFactor
  const series: Series = { times: [], values: [], gaps: 0 }
  let before: Point | undefined
  for (const point of points) {
    if (before !== undefined && limit > 0 && point.at - before.at > limit) {
      series.times.push((before.at + point.at) / 2_000)
      series.values.push(null)
      series.gaps += 1
    }
    series.times.push(point.at / 1_000)
    series.values.push(point.value)
    before = point
  }
  return series
}
