import { createHash } from 'node:crypto'
import type { Database } from '../database.js'

/** A program that may call us. */
export interface StoredApiKey {
  readonly id: string
  readonly organisationId: string
  readonly name: string
  readonly role: string
}

const hashOf = (key: string): Buffer => createHash('sha256').update(key).digest()

/** API keys: only their hash is kept. They are long and random, so one round of SHA-256 is enough. */
export class ApiKeyRepository {
  constructor(private readonly database: Database) {}

  /** The key's owner, if it is known and not revoked. */
  async find(key: string): Promise<StoredApiKey | undefined> {
    const hash = hashOf(key)
    const { rows } = await this.database.pool.query(
      `SELECT id, organisation_id, name, role, coalesce(last_used_at < now() - interval '1 minute', true) AS stale
       FROM api_key WHERE hash = $1 AND revoked_at IS NULL`,
      [hash],
    )
    // a busy key is read thousands of times a minute and written once
    if (rows[0]?.stale)
      await this.database.pool.query(
        `UPDATE api_key SET last_used_at = now() WHERE hash = $1 AND coalesce(last_used_at < now() - interval '1 minute', true)`,
        [hash],
      )
    const row = rows[0]
    return row && { id: row.id, organisationId: row.organisation_id, name: row.name, role: row.role }
  }

  /** Makes a key known unless it is already. */
  async ensure(organisationId: string, key: string, name: string, role: string): Promise<void> {
    await this.database.pool.query(
      `INSERT INTO api_key (organisation_id, name, prefix, hash, role) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (hash) DO NOTHING`,
      [organisationId, name, key.slice(0, 8), hashOf(key), role],
    )
  }
}
