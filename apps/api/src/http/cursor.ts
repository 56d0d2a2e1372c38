import { DomainError, isStorable } from '@fieldline/contracts'

/** Where a list goes on: opaque to callers, a small array of texts and numbers to us. */
function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

const MAX_NAME = 255
/** The last instant that a date holds, so that PostgreSQL's range is not left either. */
const MAX_TIME_MS = Date.UTC(9999, 0, 1)
const MAX_SKIP = 1_000_000_000

/** What a part of a position may be: names of endpoints, ids, numbers of rows, moments in epoch milliseconds, numbers of rows to skip. */
const parts = {
  name: (value: unknown) => typeof value === 'string' && value.length <= MAX_NAME && isStorable(value),
  uuid: (value: unknown) =>
    typeof value === 'string' && /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i.test(value),
  row: (value: unknown) => typeof value === 'string' && /^\d{1,18}$/.test(value),
  time: (value: unknown) => Number.isInteger(value) && Math.abs(value as number) <= MAX_TIME_MS,
  skip: (value: unknown) =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SKIP,
} as const
type Part = keyof typeof parts
type Position<P extends readonly Part[]> = { [K in keyof P]: P[K] extends 'time' | 'skip' ? number : string }

/**
 * The position of a cursor that `encodeCursor` made with such parts; empty without a cursor.
 * @throws DomainError invalid-request, for whatever we did not make: nothing of it reaches a query
 */
export function decodeCursor<const P extends readonly Part[]>(
  cursor: string | undefined,
  ...kinds: P
): Position<P> | [] {
  if (cursor === undefined) return []
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(position) &&
      position.length === kinds.length &&
      kinds.every((kind, i) => parts[kind](position[i]))
    )
      return position as unknown as Position<P>
  } catch {
    // told below
  }
  throw new DomainError(
    'invalid-request',
    'cursor: take it from nextCursor of the page before, unchanged.',
    'cursor',
  )
}

/** One page out of `limit + 1` rows: the extra one says that there is a next page. */
export function page<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  position: (last: Row) => readonly (string | number)[],
): { items: Item[]; nextCursor: string | null } {
  const kept = rows.slice(0, limit)
  const last = kept.at(-1)
  return {
    items: kept.map(toItem),
    nextCursor: rows.length > limit && last !== undefined ? encodeCursor(position(last)) : null,
  }
}
