import type { Database } from '../database.js'
import { SealBroken } from './sealer.js'
import type { Sealer } from './sealer.js'

/** A snapshot of a DTLS session. It holds keys: it is sealed before it is stored. */
export interface SessionRow {
  /** What the session is filed under; the part of its peer's id after `dtls:`. */
  readonly name: string
  readonly organisationId: string
  readonly deviceId: string
  /** Since when the device has the credential that the session was opened with, in epoch milliseconds. */
  readonly since: number
  /** Counts up; a snapshot never takes the place of a later one. */
  readonly generation: number
  readonly snapshot: Uint8Array
}

/** A snapshot opens for the credential that it came with alone: one that was stored while its key was replaced is worth nothing. */
const aboutSession = ({ name, deviceId, since }: Pick<SessionRow, 'name' | 'deviceId' | 'since'>): string =>
  `DTLS session ${name} of device ${deviceId} since ${since}`
const PAGE = 2_000

/** DTLS sessions that outlive the process. */
export class SessionRepository {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Stores snapshots, many in one statement, and forgets earlier sessions of their devices. Resolves to the names of those that are stored now and
   * survive: one whose credential was withdrawn is not among them, nor one that a later snapshot of its session has overtaken.
   */
  async store(rows: readonly SessionRow[], now: number): Promise<string[]> {
    if (rows.length === 0) return []
    // in one order everywhere: two writers never wait for each other
    const sorted = [...rows].sort((a, b) => (a.name < b.name ? -1 : 1))
    const stored = await this.database.pool.query<{ name: string }>(
      `WITH news AS (
         SELECT news.* FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::bigint[], $5::bytea[], $7::timestamptz[])
           AS news (name, organisation_id, device_id, generation, sealed, since)
         JOIN credential ON credential.device_id = news.device_id AND credential.created_at = news.since
       ), earlier AS (
         DELETE FROM dtls_session USING news
         WHERE dtls_session.device_id = news.device_id AND dtls_session.name NOT IN (SELECT name FROM news)
       )
       INSERT INTO dtls_session (name, organisation_id, device_id, generation, sealed, stored_at)
       SELECT name, organisation_id, device_id, generation, sealed, $6 FROM news
       ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, sealed = excluded.sealed, stored_at = excluded.stored_at
       WHERE dtls_session.generation < excluded.generation
       RETURNING name`,
      [
        sorted.map((row) => row.name),
        sorted.map((row) => row.organisationId),
        sorted.map((row) => row.deviceId),
        sorted.map((row) => row.generation),
        sorted.map((row) => this.sealer.seal(row.snapshot, aboutSession(row))),
        new Date(now),
        sorted.map((row) => new Date(row.since)),
      ],
    )
    return stored.rows.map((row) => row.name)
  }

  /** Forgets sessions that ended. */
  async remove(names: readonly string[]): Promise<void> {
    if (names.length === 0) return
    await this.database.pool.query('DELETE FROM dtls_session WHERE name = ANY($1)', [names])
  }

  /**
   * The session that was stored last of each device which still has the credential it came with, a page at a time; what does not open is left out
   * and told.
   */
  async *all(onBroken: (error: SealBroken) => void): AsyncGenerator<SessionRow & { identity: string }> {
    for (let after = ''; ;) {
      const { rows } = await this.database.pool.query(
        `SELECT name, dtls_session.organisation_id, dtls_session.device_id, generation, dtls_session.sealed, credential.identity, credential.created_at
         FROM dtls_session JOIN credential ON credential.device_id = dtls_session.device_id
         WHERE name > $1 AND NOT EXISTS (SELECT 1 FROM dtls_session AS later WHERE later.device_id = dtls_session.device_id
           AND (later.stored_at, later.name) > (dtls_session.stored_at, dtls_session.name))
         ORDER BY name LIMIT ${PAGE}`,
        [after],
      )
      for (const row of rows) {
        try {
          const known = { name: row.name, deviceId: row.device_id, since: row.created_at.getTime() }
          const snapshot = new Uint8Array(this.sealer.open(row.sealed, aboutSession(known)))
          yield {
            ...known,
            organisationId: row.organisation_id,
            identity: row.identity,
            generation: Number(row.generation),
            snapshot,
          }
        } catch (error) {
          if (!(error instanceof SealBroken)) throw error
          onBroken(error)
        }
      }
      if (rows.length < PAGE) return
      after = rows.at(-1)?.name
    }
  }
}
