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
  /** The usual distance of two reports (ms), silence left out; 0 for fewer than two points. */
  rhythm: number
}

/** A distance of more than this many of those around it is silence: one report is missing, and a wake may still vary by a quarter. */
const gapFactor = 1.6
/** Distances looked at on each side. */
const reach = 4
/** Points within this share of a distance are one report to it. */
const burstShare = 1 / 4
/** More values than this at the end of the data are not taken for one report. */
const longestReport = 8

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

/**
 * The distances between reports next to one distance, the nearest first, going through `distances` by `step` from `start`. A report may hold
 * several values: what comes within `burst` ms is one, so that a pause between such reports is measured by other pauses.
 */
function reportsFrom(distances: readonly number[], start: number, step: 1 | -1, burst: number): number[] {
  const found: number[] = []
  let held = 0
  let run: number[] = []
  for (let i = start; i >= 0 && i < distances.length && found.length < reach; i += step) {
    const distance = distances[i] ?? 0
    held += distance
    run.push(distance)
    if (held <= burst) continue
    found.push(held)
    held = 0
    run = []
  }
  // Where the data ends in so many values they are not one report: they have a rhythm of their own.
  return run.length < longestReport ? found : [...found, ...run].slice(0, reach)
}

/** The lower median: of four, what three of them reach. 0 for none. */
function median(distances: readonly number[]): number {
  return distances.toSorted((a, b) => a - b)[Math.floor((distances.length - 1) / 2)] ?? 0
}

/**
 * Whether a distance is silence: longer than the rhythm before it, the one after it, and the one around it. At a change of cadence one of
 * them fits; a single neighbour is no rhythm.
 */
function isSilence(distances: readonly number[], index: number): boolean {
  const distance = distances[index] ?? 0
  const burst = distance * burstShare
  const before = reportsFrom(distances, index - 1, -1, burst)
  const after = reportsFrom(distances, index + 1, 1, burst)
  const around = [...before.slice(0, reach / 2), ...after.slice(0, reach / 2)]
  const rhythms = [around, ...[before, after].filter(({ length }) => length > 1)].map(median)
  const usual = Math.max(...rhythms)
  return usual > 0 && distance > usual * gapFactor
}

/** The distance in which half of the time passed: values of one report take none of it. */
function rhythmOf(distances: readonly number[]): number {
  const sorted = distances.toSorted((a, b) => a - b)
  let left = sorted.reduce((sum, distance) => sum + distance, 0) / 2
  return sorted.find((distance) => (left -= distance) <= 0) ?? 0
}

/** The points with a break wherever a report is missing, judged by the rhythm around that place: a gap stays a gap. */
export function withGaps(points: readonly Point[]): Series {
  const distances = points.slice(1).map(({ at }, index) => at - (points[index]?.at ?? at))
  const silent = distances.map((_distance, index) => isSilence(distances, index))
  const series: Series = {
    times: [],
    values: [],
    gaps: 0,
    rhythm: rhythmOf(distances.filter((_distance, index) => !silent[index])),
  }
  points.forEach((point, index) => {
    const before = points[index - 1]
    if (before !== undefined && silent[index - 1]) {
      series.times.push((before.at + point.at) / 2_000)
      series.values.push(null)
      series.gaps += 1
    }
    series.times.push(point.at / 1_000)
    series.values.push(point.value)
  })
  return series
}

/** Indices of points with a break on both sides: no line shows them, so they are drawn as points however dense the rest is. */
export function lonePoints({ values }: Series): number[] {
  const isBreak = (index: number) => (values[index] ?? null) === null
  return values.flatMap((_value, i) => (!isBreak(i) && isBreak(i - 1) && isBreak(i + 1) ? [i] : []))
}
