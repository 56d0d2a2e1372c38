import type pg from 'pg'
import { DomainError } from '@fieldline/contracts'
import type { Database } from '../database.js'
import { lockDevices } from '../devices/lock-devices.js'
import type { Sealer } from './sealer.js'

const UNIQUE_VIOLATION = '23505'

/** A pre-shared key and the name of its identity, as `nameOfIdentity` of protocol/dtls writes it. */
export interface NewCredential {
  readonly identity: string
  readonly key: Uint8Array
}

/** A credential that a handshake is judged by. */
export interface StoredCredential {
  readonly deviceId: string
  readonly organisationId: string
  /** The pre-shared key; the caller's own copy. */
  readonly key: Uint8Array
  /** When the device got it, in epoch milliseconds: another key has another moment. */
  readonly since: number
}

/** Which credential was in use: whose, under which name, and since when. */
export type HeldCredential = Pick<StoredCredential, 'deviceId' | 'since'> & Pick<NewCredential, 'identity'>

/** What happened on a device's sessions since the last note: numbers to add, and what its session is like if that is known anew. */
export interface SecurityNews {
  readonly deviceId: string
  readonly handshakes: number
  /** Those among them that resumed a session. */
  readonly resumptions: number
  /** Changes of address that a session survived. */
  readonly migrations: number
  /** `suite` is the IANA name, `at` the moment of its handshake in epoch milliseconds where that is new. */
  readonly latest?: { readonly at?: number; readonly suite: string; readonly cid: Uint8Array }
  /** Why the last handshake in its name failed: a `HandshakeFailure` of protocol/dtls, at a moment in epoch milliseconds. */
  readonly failed?: { readonly failure: string; readonly at: number }
}

/** What the device page shows of a device's security. Times are epoch milliseconds. */
export interface SecurityFacts {
  /** As `nameOfIdentity` of protocol/dtls writes it. */
  readonly identity: string
  readonly suite: string | null
  readonly cid: Uint8Array | null
  readonly handshakes: number
  readonly resumptions: number
  readonly migrations: number
  readonly handshakeAt: number | null
  readonly failure: string | null
  readonly failureAt: number | null
}

const aboutKey = (deviceId: string): string => `key of device ${deviceId}`

/** Credentials of devices. A key enters and is never shown again. */
export class CredentialRepository {
  constructor(
    private readonly database: Database,
    private readonly sealer: Sealer,
  ) {}

  /**
   * Gives a device its key in place of an earlier one, within the caller's transaction; null takes it away. What was begun under the earlier
   * proof, or without one, ends with it: sessions, the registration, its observations. True if there was a registration to end.
   * @throws DomainError already-exists where another device has this identity
   */
  async put(
    client: pg.PoolClient,
    device: { readonly organisationId: string; readonly deviceId: string },
    credential: NewCredential | null,
    now: number,
  ): Promise<boolean> {
    const { organisationId, deviceId } = device
    // a Register that is under way waits here, and finds the new credential; one before it is what ends
    await lockDevices(client, [deviceId])
    await client.query('DELETE FROM dtls_session WHERE device_id = $1', [deviceId])
    await client.query('DELETE FROM observation WHERE device_id = $1', [deviceId])
    const { rowCount } = await client.query(
      `UPDATE device SET registration = 'deregistered' WHERE id = $1 AND registration = 'registered'`,
      [deviceId],
    )
    const wasRegistered = rowCount === 1
    if (credential === null) {
      await client.query('DELETE FROM credential WHERE device_id = $1', [deviceId])
      return wasRegistered
    }
    const sealed = this.sealer.seal(credential.key, aboutKey(deviceId))
    await client
      .query(
        `INSERT INTO credential (device_id, organisation_id, identity, sealed, created_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (device_id) DO UPDATE SET identity = excluded.identity, sealed = excluded.sealed, created_at = excluded.created_at,
           failure = NULL, failure_at = NULL`,
        [deviceId, organisationId, credential.identity, sealed, new Date(now)],
      )
      .catch((error: { code?: string }) => {
        if (error.code !== UNIQUE_VIOLATION) throw error
        throw new DomainError('already-exists', 'Another device has this PSK identity.', 'psk.identity')
      })
    return wasRegistered
  }

  /**
   * The key behind an identity; undefined if there is none.
   * @throws SealBroken where it was stored under another STORE_KEY
   */
  async byIdentity(organisationId: string, identity: string): Promise<StoredCredential | undefined> {
    const { rows } = await this.database.pool.query<{ device_id: string; sealed: Buffer; created_at: Date }>(
      'SELECT device_id, sealed, created_at FROM credential WHERE organisation_id = $1 AND identity = $2',
      [organisationId, identity],
    )
    const row = rows[0]
    if (!row) return undefined
    const key = new Uint8Array(this.sealer.open(row.sealed, aboutKey(row.device_id)))
    return { deviceId: row.device_id, organisationId, key, since: row.created_at.getTime() }
  }

  /** The devices among these whose credential is not the same any more. */
  async withdrawn(held: readonly HeldCredential[]): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ device_id: string }>(
      `SELECT DISTINCT held.device_id FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS held (device_id, identity, since)
       LEFT JOIN credential ON credential.device_id = held.device_id AND credential.identity = held.identity AND created_at = held.since
       WHERE credential.device_id IS NULL`,
      [
        held.map((one) => one.deviceId),
        held.map((one) => one.identity),
        held.map((one) => new Date(one.since)),
      ],
    )
    return rows.map((row) => row.device_id)
  }

  /**
   * Adds up what happened, many devices in one statement; each device at most once. What failed before the device got the credential that it has
   * now says nothing about that one, and is left out.
   */
  async note(news: readonly SecurityNews[]): Promise<void> {
    if (news.length === 0) return
    await this.database.pool.query(
      `UPDATE credential SET handshakes = credential.handshakes + news.handshakes, resumptions = credential.resumptions + news.resumptions,
         migrations = credential.migrations + news.migrations, suite = coalesce(news.suite, credential.suite),
         cid = coalesce(news.cid, credential.cid), handshake_at = coalesce(news.at, credential.handshake_at),
         failure = CASE WHEN news.failure_at >= credential.created_at THEN news.failure ELSE credential.failure END,
         failure_at = CASE WHEN news.failure_at >= credential.created_at THEN news.failure_at ELSE credential.failure_at END
       FROM unnest($1::uuid[], $2::int[], $3::int[], $4::int[], $5::text[], $6::bytea[], $7::timestamptz[], $8::text[], $9::timestamptz[])
         AS news (device_id, handshakes, resumptions, migrations, suite, cid, at, failure, failure_at)
       WHERE credential.device_id = news.device_id`,
      [
        news.map((one) => one.deviceId),
        news.map((one) => one.handshakes),
        news.map((one) => one.resumptions),
        news.map((one) => one.migrations),
        news.map((one) => one.latest?.suite ?? null),
        news.map((one) => (one.latest ? Buffer.from(one.latest.cid) : null)),
        news.map((one) => (one.latest?.at === undefined ? null : new Date(one.latest.at))),
        news.map((one) => one.failed?.failure ?? null),
        news.map((one) => (one.failed ? new Date(one.failed.at) : null)),
      ],
    )
  }
}
