import type { List, Value } from '@fieldline/contracts'

/** The values of a time range, oldest first. */
export interface ValueRange {
  values: Value[]
  /** The moment (ms) from which on all are there, when the range holds more than a chart can bear; the newest are always there. */
  cutAt?: number
}

/** One page of the history: oldest first with `from`, newest first without. */
type ReadPage = (query: { from?: string; limit: number; cursor?: string }) => Promise<List<Value>>

/** What one answer of the API may hold. */
const pageSize = 20_000
const mostPages = 3

/**
 * The values since `from` (ms), at most 60,000 of them. Nearly always one page holds them all; where it does not, they are read from the newest
 * back, so that what is cut off is the past and never the present.
 */
export async function readValueRange(from: number, readPage: ReadPage): Promise<ValueRange> {
  const whole = await readPage({ from: new Date(from).toISOString(), limit: pageSize })
  if (whole.nextCursor === null) return { values: whole.items }
  const newest: Value[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = await readPage({ limit: pageSize, cursor })
    const within = page.items.filter(({ time }) => Date.parse(time) >= from)
    newest.push(...within)
    cursor = page.nextCursor ?? undefined
    if (within.length < page.items.length || cursor === undefined) return { values: newest.reverse() }
  }
  const values = newest.reverse()
  const [next] = (await readPage({ limit: 1, cursor })).items
  const isCut = next !== undefined && Date.parse(next.time) >= from
  return isCut ? { values, cutAt: Date.parse(values[0]?.time ?? '') } : { values }
}
