import { toHex } from '@fieldline/bytes'
import type { Database } from '../database.js'

/** An observation: the token is what makes a notification ours, also after a restart. */
export interface StoredObservation {
  readonly token: Uint8Array
  readonly organisationId: string
  readonly deviceId: string
  readonly path: string
  readonly origin: 'plan' | 'operator'
  readonly pmin: number | null
  readonly pmax: number | null
}

export class ObservationRepository {
  constructor(private readonly database: Database) {}

  async loadAll(): Promise<StoredObservation[]> {
    const { rows } = await this.database.pool.query(
      'SELECT token, organisation_id, device_id, path, origin, pmin, pmax FROM observation',
    )
    return rows.map((row) => ({
      token: new Uint8Array(row.token),
      organisationId: row.organisation_id,
      deviceId: row.device_id,
      path: row.path,
      origin: row.origin,
      pmin: row.pmin,
      pmax: row.pmax,
    }))
  }

  /** Adds observations, each in place of one of the same device and path. */
  async add(observations: readonly StoredObservation[]): Promise<void> {
    if (observations.length === 0) return
    // the last of the same path wins; one statement cannot touch a row twice
    const last = [...new Map(observations.map((one) => [`${one.deviceId} ${one.path}`, one])).values()]
    await this.database.pool.query(
      `INSERT INTO observation (token, organisation_id, device_id, path, origin, pmin, pmax)
       SELECT news.* FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::int[], $7::int[])
         AS news (token, organisation_id, device_id, path, origin, pmin, pmax)
       JOIN device ON device.id = news.device_id -- one that was retired meanwhile must not fail the others
       ON CONFLICT (device_id, path) DO UPDATE SET token = excluded.token, origin = excluded.origin, pmin = excluded.pmin, pmax = excluded.pmax,
         created_at = now()`,
      [
        last.map((observation) => `\\x${toHex(observation.token)}`),
        last.map((observation) => observation.organisationId),
        last.map((observation) => observation.deviceId),
        last.map((observation) => observation.path),
        last.map((observation) => observation.origin),
        last.map((observation) => observation.pmin),
        last.map((observation) => observation.pmax),
      ],
    )
  }

  async remove(tokens: readonly Uint8Array[]): Promise<void> {
    if (tokens.length === 0) return
    await this.database.pool.query('DELETE FROM observation WHERE token = ANY($1::bytea[])', [
      tokens.map((token) => `\\x${toHex(token)}`),
    ])
  }

  /** Paths observed on a device. */
  async pathsOf(deviceId: string): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ path: string }>(
      'SELECT path FROM observation WHERE device_id = $1 ORDER BY path',
      [deviceId],
    )
    return rows.map((row) => row.path)
  }
}
