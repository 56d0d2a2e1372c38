import { DomainError } from '@fieldline/contracts'

/** Where a list goes on: opaque to callers, a small array of texts and numbers to us. */
function encodeCursor(position: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * The position of a cursor that `encodeCursor` made with as many parts.
 * @throws DomainError invalid-request
 */
export function decodeCursor(
  cursor: string | undefined,
  parts: readonly ('string' | 'number')[],
): (string | number)[] | undefined {
  if (cursor === undefined) return undefined
  try {
    const position: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (
      Array.isArray(position) &&
      position.length === parts.length &&
      parts.every((type, i) => typeof position[i] === type)
    )
      return position as (string | number)[]
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
