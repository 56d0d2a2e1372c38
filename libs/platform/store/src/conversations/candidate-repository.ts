import type { Database } from '../database.js'

/** An endpoint that was not let in. Times are epoch milliseconds. */
export interface StoredCandidate {
  readonly endpoint: string
  readonly address: string
  readonly attempts: number
  readonly lwm2mVersion: string | null
  readonly binding: string | null
  readonly lifetime: number | null
  readonly objectLinks: string
  readonly firstSeenAt: number
  readonly lastSeenAt: number
}

/** Candidates by endpoint name, after `after`. */
export async function listCandidates(
  database: Database,
  organisationId: string,
  query: { after?: string; limit: number },
): Promise<StoredCandidate[]> {
  const rows = await database.prisma.candidate.findMany({
    where: { organisationId, ...(query.after === undefined ? {} : { endpoint: { gt: query.after } }) },
    orderBy: { endpoint: 'asc' },
    take: query.limit,
  })
  return rows.map(({ lifetime, firstSeenAt, lastSeenAt, ...row }) => ({
    ...row,
    lifetime: lifetime === null ? null : Number(lifetime),
    firstSeenAt: firstSeenAt.getTime(),
    lastSeenAt: lastSeenAt.getTime(),
  }))
}
