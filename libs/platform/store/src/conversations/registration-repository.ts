import type { ContactState, Mark } from '@fieldline/devices'
import type pg from 'pg'
import { inTransaction } from '../database.js'
import type { Database } from '../database.js'
import { lockDevices } from '../devices/lock-devices.js'
import { appendTimeline } from '../devices/timeline-repository.js'
import { Unproven } from '../security/unproven.js'
import { storableText } from '../storable.js'
import { CandidateBook } from './candidate-repository.js'
import { at, inOrder, writeContacts } from './contact-rows.js'
import type { KnownContact } from './contact-rows.js'

/** A registration as a row. Times are epoch milliseconds; `lifetime` seconds, 0 for one that never ends. */
export interface StoredRegistration {
  readonly organisationId: string
  readonly deviceId: string
  readonly endpoint: string
  readonly location: string
  readonly lwm2mVersion: string
  readonly lifetime: number
  readonly binding: string
  readonly queueMode: boolean
  readonly address: string
  readonly port: number
  /** Name of the DTLS session it came by, and who that has proved to be; absent without security. */
  readonly session?: string
  readonly identity?: string
  readonly objectLinks: string
  readonly contentFormat: number | null
  readonly registeredAt: number
  readonly updatedAt: number
  readonly expiresAt: number
}

/** A live registration with what was learned of its device. */
export interface LoadedRegistration extends StoredRegistration {
  readonly contact: ContactState | null
  readonly marks: readonly Mark[]
}

/** What is needed of a registration to end it. */
type EndingRegistration = Pick<StoredRegistration, 'organisationId' | 'deviceId' | 'location' | 'expiresAt'>

export type NewRegistration = Omit<StoredRegistration, 'deviceId' | 'organisationId'>

/** What moved since the last flush: no more than the latest per device is kept. */
export interface ContactUpdate extends KnownContact {
  /** Of the registration that was heard: one that was replaced meanwhile is left alone. */
  readonly location: string
  readonly expiresAt: number
  readonly updatedAt: number
  readonly address: string
  readonly port: number
  readonly session?: string
  /** The contact before an absence that ends with this one. */
  readonly absentSince?: number
}

/** `address:port`, an IPv6 address in brackets. */
function addressOf({ address, port }: Pick<NewRegistration, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** Registrations and what their contacts teach. */
export class RegistrationRepository {
  readonly #candidates: CandidateBook

  constructor(
    private readonly database: Database,
    options: { readonly maxCandidates?: number } = {},
  ) {
    this.#candidates = new CandidateBook(options.maxCandidates)
  }

  /** Every live registration, for a process that begins to listen. */
  async loadLive(): Promise<LoadedRegistration[]> {
    const { rows } = await this.database.pool.query(
      `SELECT registration.*, device.endpoint, device.contact, device.marks FROM registration JOIN device ON device.id = registration.device_id
       WHERE device.registration = 'registered'`,
    )
    return rows.map((row) => ({
      organisationId: row.organisation_id,
      deviceId: row.device_id,
      endpoint: row.endpoint,
      location: row.location,
      lwm2mVersion: row.lwm2m_version,
      lifetime: Number(row.lifetime),
      binding: row.binding,
      queueMode: row.queue_mode,
      address: row.address,
      port: row.port,
      session: row.session ?? undefined,
      identity: row.identity ?? undefined,
      objectLinks: row.object_links,
      contentFormat: row.content_format,
      registeredAt: row.registered_at.getTime(),
      updatedAt: row.updated_at.getTime(),
      expiresAt: row.expires_at.getTime(),
      contact: row.contact,
      marks: row.marks,
    }))
  }

  /**
   * Makes a registration durable in place of the device's earlier one; observations of the earlier one end with it. Gives the device's id; or
   * undefined when the endpoint is unknown and `admitUnknown` is false: then it is remembered as a candidate.
   * @throws Unproven
   */
  async register(
    organisationId: string,
    registration: NewRegistration,
    options: { admitUnknown: boolean; before?: { address: string } },
  ): Promise<
    { deviceId: string; contact: ContactState | null; marks: readonly Mark[]; isNew: boolean } | undefined
  > {
    return inTransaction(this.database.pool, async (client) => {
      const device = await this.#admit(client, organisationId, registration, options.admitUnknown)
      if (!device) return undefined
      // asked again now that the device is locked: the statement that locked it saw the credentials as they were before it waited
      const { rowCount } = await client.query(
        `INSERT INTO registration (organisation_id, device_id, location, lwm2m_version, lifetime, binding, queue_mode, address, port, object_links,
           content_format, registered_at, updated_at, expires_at, session, identity)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16
         WHERE (SELECT credential.identity FROM credential WHERE credential.device_id = $2) IS NOT DISTINCT FROM $16
         ON CONFLICT (device_id) DO UPDATE SET location = excluded.location, lwm2m_version = excluded.lwm2m_version, lifetime = excluded.lifetime,
           binding = excluded.binding, queue_mode = excluded.queue_mode, address = excluded.address, port = excluded.port,
           object_links = excluded.object_links, content_format = excluded.content_format, registered_at = excluded.registered_at,
           updated_at = excluded.updated_at, expires_at = excluded.expires_at, session = excluded.session, identity = excluded.identity`,
        [
          organisationId,
          device.id,
          registration.location,
          registration.lwm2mVersion,
          registration.lifetime,
          registration.binding,
          registration.queueMode,
          registration.address,
          registration.port,
          storableText(registration.objectLinks),
          registration.contentFormat,
          at(registration.registeredAt),
          at(registration.updatedAt),
          at(registration.expiresAt),
          registration.session ?? null,
          registration.identity ?? null,
        ],
      )
      if (!rowCount) throw new Unproven(registration.endpoint)
      await client.query('DELETE FROM observation WHERE device_id = $1', [device.id])
      const address = addressOf(registration)
      const objects = registration.objectLinks
        .split(',')
        .filter((link) => /<[^>]*\/\d+\/\d+\/?>/.test(link)).length
      const entry = { organisationId, deviceId: device.id, at: registration.registeredAt }
      await appendTimeline(client, [
        {
          ...entry,
          fact: {
            kind: 'registered',
            address,
            lwm2mVersion: registration.lwm2mVersion,
            lifetimeSeconds: registration.lifetime,
            objects,
          },
        },
        ...(options.before && options.before.address !== address
          ? [
              {
                ...entry,
                fact: { kind: 'registration-replaced', address, before: options.before.address } as const,
              },
            ]
          : []),
      ])
      return { deviceId: device.id, contact: device.contact, marks: device.marks, isNew: device.is_new }
    })
  }

  async #admit(
    client: pg.PoolClient,
    organisationId: string,
    registration: NewRegistration,
    admitUnknown: boolean,
  ): Promise<{ id: string; contact: ContactState | null; marks: Mark[]; is_new: boolean } | undefined> {
    const { endpoint, identity } = registration
    const { rows } = await client.query(
      `UPDATE device SET registration = 'registered' WHERE organisation_id = $1 AND endpoint = $2
         AND (SELECT credential.identity FROM credential WHERE credential.device_id = device.id) IS NOT DISTINCT FROM $3::text
       RETURNING id, contact, marks, false AS is_new`,
      [organisationId, endpoint, identity ?? null],
    )
    if (rows[0]) return rows[0]
    // a name with another proof, a proof without its name: neither makes a device
    const named = [organisationId, endpoint]
    const isKnown = await client.query(
      'SELECT 1 FROM device WHERE organisation_id = $1 AND endpoint = $2',
      named,
    )
    if (isKnown.rowCount || identity !== undefined) throw new Unproven(endpoint)
    if (admitUnknown) {
      const inserted = await client.query(
        `INSERT INTO device (organisation_id, endpoint, registration) VALUES ($1, $2, 'registered')
         ON CONFLICT (organisation_id, endpoint) DO UPDATE SET registration = 'registered' RETURNING id, contact, marks, true AS is_new`,
        named,
      )
      return inserted.rows[0]
    }
    await this.#candidates.remember(client, organisationId, registration)
    return undefined
  }

  /** Writes what an Update changed beside its time; nothing, if the registration was replaced meanwhile. */
  async update(registration: StoredRegistration, changes: readonly string[]): Promise<void> {
    await inTransaction(this.database.pool, async (client) => {
      const { rowCount } = await client.query(
        `UPDATE registration SET lifetime = $2, binding = $3, queue_mode = $4, address = $5, port = $6, object_links = $7, updated_at = $8, expires_at = $9,
           session = $11
         WHERE device_id = $1 AND location = $10`,
        [
          registration.deviceId,
          registration.lifetime,
          registration.binding,
          registration.queueMode,
          registration.address,
          registration.port,
          storableText(registration.objectLinks),
          at(registration.updatedAt),
          at(registration.expiresAt),
          registration.location,
          registration.session ?? null,
        ],
      )
      if (!rowCount) return
      const { organisationId, deviceId, updatedAt } = registration
      const address = addressOf(registration)
      await appendTimeline(client, [
        { organisationId, deviceId, at: updatedAt, fact: { kind: 'updated', changes, address } },
      ])
    })
  }

  /** Remembers the structured format the device answered in. */
  async setContentFormat(deviceId: string, contentFormat: number): Promise<void> {
    await this.database.pool.query('UPDATE registration SET content_format = $2 WHERE device_id = $1', [
      deviceId,
      contentFormat,
    ])
  }

  /**
   * Ends a registration; its observations end with it. A lapsed one keeps its row, so that "valid until" can be shown.
   * @param unless leaves one alone whose row says meanwhile that it is valid after that moment, in epoch milliseconds
   */
  async end(
    registration: EndingRegistration,
    reason: 'deregistered' | 'expired',
    now: number,
    unless?: { readonly validAfter: number },
  ): Promise<void> {
    await inTransaction(this.database.pool, async (client) => {
      const { organisationId, deviceId, location } = registration
      // The location guards against ending a registration that replaced this one meanwhile. It is read in a statement after the lock: one that
      // waits for the lock itself would go on with the registration it saw before.
      await lockDevices(client, [deviceId])
      const { rowCount } = await client.query(
        'SELECT 1 FROM registration WHERE device_id = $1 AND location = $2 AND ($3::timestamptz IS NULL OR expires_at <= $3)',
        [deviceId, location, unless ? at(unless.validAfter) : null],
      )
      if (!rowCount) return
      await client.query('UPDATE device SET registration = $2 WHERE id = $1', [deviceId, reason])
      await client.query('DELETE FROM observation WHERE device_id = $1', [deviceId])
      const fact =
        reason === 'expired'
          ? ({ kind: 'registration-expired', validUntil: at(registration.expiresAt).getTime() } as const)
          : ({ kind: 'deregistered' } as const)
      await appendTimeline(client, [{ organisationId, deviceId, at: now, fact }])
    })
  }

  /**
   * Registrations that lapsed more than `graceMs` ago and were not ended, because the process that should have could not at that moment. None while
   * that process, `listener` among the process statuses, is not there: then nobody could have heard an Update. It gives every registration one
   * cadence after its start, and so does this.
   */
  async lapsed(
    listener: string,
    now: number,
    times: { readonly graceMs: number; readonly freshMs: number },
    limit: number,
  ): Promise<EndingRegistration[]> {
    const { rows } = await this.database.pool.query(
      `SELECT registration.organisation_id, device_id, location, expires_at FROM registration
       JOIN device ON device.id = device_id JOIN process_status AS listener ON listener.name = $1
       WHERE device.registration = 'registered' AND listener.seen_at > $2 AND expires_at < $3
         AND listener.started_at + make_interval(secs => coalesce((device.contact->>'cadenceSeconds')::float8, 0)) < $3
       ORDER BY device_id LIMIT $4`,
      [listener, at(now - times.freshMs), at(now - times.graceMs), limit],
    )
    return rows.map((row) => ({
      organisationId: row.organisation_id,
      deviceId: row.device_id,
      location: row.location,
      expiresAt: row.expires_at.getTime(),
    }))
  }

  /** Writes what is known of the contacts of devices that need not be registered. */
  async rememberContacts(known: readonly KnownContact[]): Promise<void> {
    await inTransaction(this.database.pool, (client) => writeContacts(client, inOrder(known)))
  }

  /** Carries contacts into the rows, many devices in one statement. Gives the ids of devices that were removed. */
  async flushContacts(updates: readonly ContactUpdate[]): Promise<string[]> {
    if (updates.length === 0) return []
    const sorted = inOrder(updates)
    const ids = sorted.map((update) => update.deviceId)
    return inTransaction(this.database.pool, async (client) => {
      const removed = await writeContacts(client, sorted)
      await tellReturns(client, sorted)
      await client.query(
        `UPDATE registration SET updated_at = news.updated_at, expires_at = news.expires_at, address = news.address, port = news.port,
           session = news.session
         FROM unnest($1::uuid[], $2::timestamptz[], $3::timestamptz[], $4::text[], $5::int[], $6::text[], $7::text[])
           AS news (id, updated_at, expires_at, address, port, location, session)
         WHERE registration.device_id = news.id AND registration.location = news.location`,
        [
          ids,
          sorted.map((update) => at(update.updatedAt)),
          sorted.map((update) => at(update.expiresAt)),
          sorted.map((update) => update.address),
          sorted.map((update) => update.port),
          sorted.map((update) => update.location),
          sorted.map((update) => update.session ?? null),
        ],
      )
      return removed
    })
  }

  /** Notes that we are listening now; the time between two notes longer than `gapMs` was our own absence. Gives that absence in ms at a start. */
  async listening(organisationId: string, now: number, first: boolean): Promise<number> {
    if (first) {
      const { rows } = await this.database.pool.query<{ last: Date | null }>(
        'SELECT max(last_seen_at) AS last FROM listening WHERE organisation_id = $1',
        [organisationId],
      )
      await this.database.pool.query(
        'INSERT INTO listening (organisation_id, started_at, last_seen_at) VALUES ($1, $2, $2)',
        [organisationId, at(now)],
      )
      return rows[0]?.last ? Math.max(0, now - rows[0].last.getTime()) : 0
    }
    await this.database.pool.query(
      'UPDATE listening SET last_seen_at = $2 WHERE id = (SELECT max(id) FROM listening WHERE organisation_id = $1)',
      [organisationId, at(now)],
    )
    return 0
  }

  /** Periods in which somebody listened, newest first: campaigns do not count silence outside them. */
  async listeningPeriods(organisationId: string, limit: number): Promise<{ from: number; until: number }[]> {
    const { rows } = await this.database.pool.query<{ started_at: Date; last_seen_at: Date }>(
      'SELECT started_at, last_seen_at FROM listening WHERE organisation_id = $1 ORDER BY id DESC LIMIT $2',
      [organisationId, limit],
    )
    return rows.map((row) => ({ from: row.started_at.getTime(), until: row.last_seen_at.getTime() }))
  }
}

/** Devices that were told late or silent are back: says so once. */
async function tellReturns(client: pg.PoolClient, updates: readonly ContactUpdate[]): Promise<void> {
  const back = updates.filter((update) => update.absentSince !== undefined)
  if (back.length === 0) return
  const { rows } = await client.query<{ id: string; organisation_id: string }>(
    'UPDATE device SET absence_told = NULL WHERE id = ANY($1) AND absence_told IS NOT NULL RETURNING id, organisation_id',
    [back.map((update) => update.deviceId)],
  )
  const byId = new Map(back.map((update) => [update.deviceId, update]))
  await appendTimeline(
    client,
    rows.flatMap((row) => {
      const update = byId.get(row.id)
      const at = update?.contact.lastContactAt ?? 0
      return update
        ? [
            {
              organisationId: row.organisation_id,
              deviceId: row.id,
              at,
              fact: { kind: 'back', absentMs: at - (update.absentSince ?? at) } as const,
            },
          ]
        : []
    }),
  )
}
