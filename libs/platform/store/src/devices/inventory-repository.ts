import { DomainError } from '@fieldline/contracts'
import type { CreateDevice, UpdateDevice } from '@fieldline/contracts'
import type { AuditRecord } from '@fieldline/access'
import { appendAudit } from '../access/audit-repository.js'
import { inTransaction } from '../database.js'
import type { Database } from '../database.js'
import type { CredentialRepository, NewCredential } from '../security/credential-repository.js'
import { appendTimeline } from './timeline-repository.js'
import type pg from 'pg'

const UNIQUE_VIOLATION = '23505'

/** What people know of a device: facts and dated assignments. An assignment that changes ends now and a new one begins. */
export class InventoryRepository {
  constructor(
    private readonly database: Database,
    private readonly credentials: CredentialRepository,
  ) {}

  /**
   * Makes a device known; a candidate of that name is admitted by it.
   * @param credential what it will prove its identity with; without one it speaks without security
   * @throws DomainError already-exists
   */
  async create(
    organisationId: string,
    device: CreateDevice,
    audit: AuditRecord,
    now: number,
    credential?: NewCredential,
  ): Promise<string> {
    return inTransaction(this.database.pool, async (client) => {
      const { rows } = await client
        .query<{ id: string }>(
          `INSERT INTO device (organisation_id, endpoint, label, vendor, model, groups) VALUES ($1, $2, $3, $4, $5, $6) RETURNING id`,
          [
            organisationId,
            device.endpoint,
            device.label ?? null,
            device.vendor ?? null,
            device.model ?? null,
            device.group ?? [],
          ],
        )
        .catch((error: { code?: string }) => {
          if (error.code !== UNIQUE_VIOLATION) throw error
          throw new DomainError(
            'already-exists',
            `There is a device ${device.endpoint} already; change it with PATCH.`,
            'endpoint',
          )
        })
      const id = rows[0]?.id as string
      await client.query('DELETE FROM candidate WHERE organisation_id = $1 AND endpoint = $2', [
        organisationId,
        device.endpoint,
      ])
      await assign(client, organisationId, id, device, now)
      if (credential) await this.credentials.put(client, { organisationId, deviceId: id }, credential, now)
      await appendAudit(client, [audit])
      return id
    })
  }

  /** Changes facts and the credential; null takes one away. */
  async update(
    organisationId: string,
    deviceId: string,
    change: UpdateDevice,
    audit: AuditRecord,
    by: string,
    now: number,
    credential?: NewCredential | null,
  ): Promise<void> {
    await inTransaction(this.database.pool, async (client) => {
      await client.query(
        `UPDATE device SET label = CASE WHEN $2 THEN $3 ELSE label END, groups = coalesce($4, groups) WHERE id = $1`,
        [deviceId, change.label !== undefined, change.label ?? null, change.group ?? null],
      )
      await assign(client, organisationId, deviceId, change, now)
      const endsRegistration =
        credential !== undefined &&
        (await this.credentials.put(client, { organisationId, deviceId }, credential, now))
      const fields = Object.keys(change) as (keyof UpdateDevice)[]
      const fact = { kind: 'device-changed', by, fields, endsRegistration } as const
      await appendTimeline(client, [{ organisationId, deviceId, at: now, fact }])
      await appendAudit(client, [audit])
    })
  }

  /**
   * Retires a device: its registration, operations and assignments go, the values it reported stay under its id.
   * @throws DomainError conflict while a campaign that has not ended holds it
   */
  async remove(deviceId: string, audit: AuditRecord): Promise<void> {
    await inTransaction(this.database.pool, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `SELECT campaign.name FROM task JOIN campaign ON campaign.id = task.campaign_id
         WHERE task.device_id = $1 AND campaign.state NOT IN ('draft', 'finished', 'aborted') AND task.state <> 'excluded' LIMIT 1`,
        [deviceId],
      )
      if (rows[0])
        throw new DomainError(
          'conflict',
          `The campaign "${rows[0].name}" holds this device; wait for its end or abort it.`,
        )
      await client.query('DELETE FROM device WHERE id = $1', [deviceId])
      await appendAudit(client, [audit])
    })
  }
}

type Assignments = Pick<UpdateDevice, 'site' | 'meteringPoint' | 'meterSerial' | 'iccid'>

/** Brings the dated assignments to what is asked; what is not named stays. */
async function assign(
  client: pg.PoolClient,
  organisationId: string,
  deviceId: string,
  wanted: Assignments,
  now: number,
): Promise<void> {
  const moment = new Date(now)
  if (wanted.iccid !== undefined) {
    await client.query('UPDATE sim_installation SET until = $2 WHERE device_id = $1 AND until IS NULL', [
      deviceId,
      moment,
    ])
    if (wanted.iccid !== null) {
      await client.query(
        `WITH card AS (INSERT INTO sim (organisation_id, iccid) VALUES ($1, $2) ON CONFLICT (organisation_id, iccid) DO UPDATE SET iccid = excluded.iccid RETURNING id)
         INSERT INTO sim_installation (organisation_id, sim_id, device_id, "from") SELECT $1, id, $3, $4 FROM card`,
        [organisationId, wanted.iccid, deviceId, moment],
      )
    }
  }
  if (wanted.meterSerial === undefined && wanted.meteringPoint === undefined && wanted.site === undefined)
    return
  const meterId = await meterOf(client, organisationId, deviceId, wanted.meterSerial, moment)
  await placeMeter(client, organisationId, meterId, wanted, moment)
}

async function one(
  client: pg.PoolClient,
  sql: string,
  values: readonly unknown[],
): Promise<string | undefined> {
  return (await client.query<{ id: string }>(sql, [...values])).rows[0]?.id
}

/** The meter the device serves from now on: the one named, else the present one, else one whose serial nobody knows yet. */
async function meterOf(
  client: pg.PoolClient,
  organisationId: string,
  deviceId: string,
  serial: string | null | undefined,
  moment: Date,
): Promise<string> {
  const present = await one(
    client,
    'SELECT meter_id AS id FROM device_installation WHERE device_id = $1 AND until IS NULL',
    [deviceId],
  )
  if (present !== undefined && serial === undefined) return present
  const meterId = await one(
    client,
    `INSERT INTO meter (organisation_id, serial) VALUES ($1, $2) ON CONFLICT (organisation_id, serial) DO UPDATE SET serial = excluded.serial RETURNING id`,
    [organisationId, serial ?? null],
  )
  if (meterId === present) return meterId as string
  await client.query('UPDATE device_installation SET until = $2 WHERE device_id = $1 AND until IS NULL', [
    deviceId,
    moment,
  ])
  await client.query(
    `INSERT INTO device_installation (organisation_id, device_id, meter_id, "from") VALUES ($1, $2, $3, $4)`,
    [organisationId, deviceId, meterId, moment],
  )
  // the place stays when the meter is exchanged: same site, new serial
  await client.query(
    `INSERT INTO meter_installation (organisation_id, meter_id, metering_point_id, "from")
     SELECT organisation_id, $2, metering_point_id, $3 FROM meter_installation WHERE meter_id = $1 AND until IS NULL`,
    [present ?? null, meterId, moment],
  )
  await client.query('UPDATE meter_installation SET until = $2 WHERE meter_id = $1 AND until IS NULL', [
    present ?? null,
    moment,
  ])
  return meterId as string
}

/** Brings the meter to the metering point and site that are named; what is not named stays. */
async function placeMeter(
  client: pg.PoolClient,
  organisationId: string,
  meterId: string,
  wanted: Assignments,
  moment: Date,
): Promise<void> {
  if (wanted.meteringPoint === undefined && wanted.site === undefined) return
  const { rows } = await client.query<{ point: string; site: string }>(
    `SELECT metering_point.id AS point, metering_point.site_id AS site FROM meter_installation
     JOIN metering_point ON metering_point.id = meter_installation.metering_point_id WHERE meter_installation.meter_id = $1 AND meter_installation.until IS NULL`,
    [meterId],
  )
  const present = rows[0]
  const named =
    wanted.site ?? (wanted.site === null || !present ? { name: 'No site', timeZone: 'UTC' } : undefined)
  const siteId = named
    ? await one(
        client,
        `INSERT INTO site (organisation_id, name, time_zone) VALUES ($1, $2, $3)
         ON CONFLICT (organisation_id, name) DO UPDATE SET time_zone = excluded.time_zone RETURNING id`,
        [organisationId, named.name, named.timeZone],
      )
    : present?.site
  if (present && wanted.meteringPoint === undefined) {
    await client.query('UPDATE metering_point SET site_id = $2 WHERE id = $1', [present.point, siteId])
    return
  }
  const pointId = await one(
    client,
    `INSERT INTO metering_point (organisation_id, code, site_id) VALUES ($1, $2, $3)
     ON CONFLICT (organisation_id, code) DO UPDATE SET site_id = excluded.site_id RETURNING id`,
    [organisationId, wanted.meteringPoint ?? null, siteId],
  )
  if (pointId === present?.point) return
  await client.query('UPDATE meter_installation SET until = $2 WHERE meter_id = $1 AND until IS NULL', [
    meterId,
    moment,
  ])
  await client.query(
    `INSERT INTO meter_installation (organisation_id, meter_id, metering_point_id, "from") VALUES ($1, $2, $3, $4)`,
    [organisationId, meterId, pointId, moment],
  )
}
