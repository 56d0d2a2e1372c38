import type pg from 'pg'
import type { Database } from '../database.js'
import { storableText } from '../storable.js'
import type { NewRegistration } from './registration-repository.js'

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

/** Enough for everything that was ordered and not yet entered; anybody may send a Register with a name of their own. */
const MAX_CANDIDATES = 10_000
const MAX_OBJECT_LINKS = 2_000

/** Object links that fit, whole ones only. */
function cut(objectLinks: string): string {
  const links = storableText(objectLinks)
  if (links.length <= MAX_OBJECT_LINKS) return links
  return links.slice(0, Math.max(0, links.slice(0, MAX_OBJECT_LINKS + 1).lastIndexOf(',<')))
}

/** Remembers endpoints that were not let in: a bounded number per organisation, the latest seen ones. */
export class CandidateBook {
  /** New ones since the oldest were last forgotten; Infinity, so that a new process begins with that. */
  #added = Number.POSITIVE_INFINITY

  constructor(private readonly max = MAX_CANDIDATES) {}

  async remember(
    client: pg.PoolClient,
    organisationId: string,
    registration: NewRegistration,
  ): Promise<void> {
    const { rows } = await client.query<{ added: boolean }>(
      `INSERT INTO candidate (organisation_id, endpoint, address, lwm2m_version, binding, lifetime, object_links) VALUES ($1, $2, $3, $4, $5, $6, $7)
       ON CONFLICT (organisation_id, endpoint) DO UPDATE SET address = excluded.address, attempts = candidate.attempts + 1, last_seen_at = now(),
         lwm2m_version = excluded.lwm2m_version, binding = excluded.binding, lifetime = excluded.lifetime, object_links = excluded.object_links
       RETURNING xmax = 0 AS added`,
      [
        organisationId,
        registration.endpoint,
        `${registration.address}:${registration.port}`,
        registration.lwm2mVersion,
        registration.binding,
        registration.lifetime,
        cut(registration.objectLinks),
      ],
    )
    if (!rows[0]?.added) return
    this.#added++
    // looking for the oldest reads them all: once for each hundredth of what is kept
    if (this.#added < this.max / 100) return
    this.#added = 0
    await client.query(
      `DELETE FROM candidate WHERE (organisation_id, endpoint) IN (
         SELECT organisation_id, endpoint FROM candidate WHERE organisation_id = $1 AND endpoint IN (
           SELECT endpoint FROM candidate WHERE organisation_id = $1 ORDER BY last_seen_at DESC, endpoint OFFSET $2)
         FOR UPDATE SKIP LOCKED)`,
      [organisationId, this.max],
    )
  }
}
