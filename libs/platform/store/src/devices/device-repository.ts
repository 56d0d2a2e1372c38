import type { Audience, ContactState, Mark } from '@fieldline/devices'
import type { RegistrationState } from '@fieldline/contracts'
import type { Database } from '../database.js'
import { Parameters, audienceSql, healthSql, presenceSql } from './audience-sql.js'
import type { SecurityFacts } from '../security/credential-repository.js'
import { storable } from '../storable.js'

/** A device with all that the list shows. Times are epoch milliseconds. */
export interface DeviceRecord {
  readonly id: string
  readonly organisationId: string
  readonly endpoint: string
  readonly label: string | null
  readonly vendor: string | null
  readonly model: string | null
  readonly firmware: string | null
  readonly groups: readonly string[]
  readonly cell: string | null
  readonly batteryPercent: number | null
  readonly batteryAt: number | null
  readonly signalDbm: number | null
  readonly registration: RegistrationState
  readonly contact: ContactState | null
  readonly lastContactAt: number | null
  readonly expectedAt: number | null
  readonly lateAt: number | null
  readonly silentAt: number | null
  readonly awakeUntil: number | null
  readonly marks: readonly Mark[]
  readonly createdAt: number
  readonly pendingOperations: number
  readonly record: RegistrationRecord | null
  readonly site: { readonly name: string; readonly timeZone: string } | null
  readonly meteringPoint: string | null
  readonly meterSerial: string | null
  readonly iccid: string | null
  /** Null for a device without a credential. */
  readonly security: SecurityFacts | null
}

/** What the device said at its last Register, while that registration is known. */
export interface RegistrationRecord {
  readonly location: string
  readonly lwm2mVersion: string
  readonly lifetime: number
  readonly binding: string
  readonly queueMode: boolean
  readonly address: string
  readonly port: number
  readonly objectLinks: string
  readonly registeredAt: number
  readonly updatedAt: number
  readonly expiresAt: number
}

const selectDevice = `
  SELECT device.*, registration.location, registration.lwm2m_version, registration.lifetime, registration.binding, registration.queue_mode,
    registration.address, registration.port, registration.object_links, registration.registered_at, registration.updated_at AS registration_updated_at,
    registration.expires_at, place.site_name, place.time_zone, place.code AS metering_point, place.serial, card.iccid,
    credential.identity AS proof, credential.suite, credential.cid, credential.handshakes, credential.resumptions, credential.migrations,
    credential.handshake_at, credential.failure, credential.failure_at,
    (SELECT count(*)::int FROM operation WHERE operation.device_id = device.id AND operation.state IN ('queued', 'sent')) AS pending
  FROM device
  LEFT JOIN registration ON registration.device_id = device.id
  LEFT JOIN credential ON credential.device_id = device.id
  LEFT JOIN LATERAL (
    SELECT site.name AS site_name, site.time_zone, metering_point.code, meter.serial
    FROM device_installation
    JOIN meter ON meter.id = device_installation.meter_id
    LEFT JOIN meter_installation ON meter_installation.meter_id = meter.id AND meter_installation.until IS NULL
    LEFT JOIN metering_point ON metering_point.id = meter_installation.metering_point_id
    LEFT JOIN site ON site.id = metering_point.site_id
    WHERE device_installation.device_id = device.id AND device_installation.until IS NULL
    ORDER BY device_installation.from DESC LIMIT 1
  ) AS place ON true
  LEFT JOIN LATERAL (
    SELECT sim.iccid FROM sim_installation JOIN sim ON sim.id = sim_installation.sim_id
    WHERE sim_installation.device_id = device.id AND sim_installation.until IS NULL
    ORDER BY sim_installation.from DESC LIMIT 1
  ) AS card ON true`

type Row = Record<string, never> & { [column: string]: unknown }
const moment = (value: unknown): number | null => (value instanceof Date ? value.getTime() : null)
const text = (value: unknown): string | null => (value as string | null) ?? null

function toRecord(row: Row): DeviceRecord {
  const registered = row.location !== null && row.location !== undefined
  return {
    id: row.id as string,
    organisationId: row.organisation_id as string,
    endpoint: row.endpoint as string,
    label: text(row.label),
    vendor: text(row.vendor),
    model: text(row.model),
    firmware: text(row.firmware),
    groups: row.groups as string[],
    cell: text(row.cell),
    batteryPercent: row.battery_percent as number | null,
    batteryAt: moment(row.battery_at),
    signalDbm: row.signal_dbm as number | null,
    registration: row.registration as RegistrationState,
    contact: row.contact as ContactState | null,
    lastContactAt: moment(row.last_contact_at),
    expectedAt: moment(row.expected_at),
    lateAt: moment(row.late_at),
    silentAt: moment(row.silent_at),
    awakeUntil: moment(row.awake_until),
    marks: row.marks as Mark[],
    createdAt: moment(row.created_at) ?? 0,
    pendingOperations: row.pending as number,
    record: registered
      ? {
          location: row.location as string,
          lwm2mVersion: row.lwm2m_version as string,
          lifetime: Number(row.lifetime),
          binding: row.binding as string,
          queueMode: row.queue_mode as boolean,
          address: row.address as string,
          port: row.port as number,
          objectLinks: row.object_links as string,
          registeredAt: moment(row.registered_at) ?? 0,
          updatedAt: moment(row.registration_updated_at) ?? 0,
          expiresAt: moment(row.expires_at) ?? 0,
        }
      : null,
    site:
      row.site_name && row.site_name !== 'No site'
        ? { name: row.site_name as string, timeZone: row.time_zone as string }
        : null,
    meteringPoint: text(row.metering_point),
    meterSerial: text(row.serial),
    iccid: text(row.iccid),
    security:
      typeof row.proof === 'string'
        ? {
            identity: row.proof,
            suite: text(row.suite),
            cid: (row.cid as Uint8Array | null) ?? null,
            handshakes: row.handshakes as number,
            resumptions: row.resumptions as number,
            migrations: row.migrations as number,
            handshakeAt: moment(row.handshake_at),
            failure: text(row.failure),
            failureAt: moment(row.failure_at),
          }
        : null,
  }
}

/** How many devices of an audience share a value. */
export interface Breakdown {
  readonly total: number
  readonly by: Readonly<
    Record<
      'vendor' | 'model' | 'firmware' | 'presence' | 'health' | 'registration',
      readonly { key: string; count: number }[]
    >
  >
}

/** Devices as lists, single records and counts. `now` is epoch milliseconds throughout. */
export class DeviceRepository {
  constructor(private readonly database: Database) {}

  /** Devices of an audience in the order of their endpoint names, after `after`. */
  async list(query: {
    organisationId: string
    audience: Audience
    after?: string
    limit: number
    now: number
  }): Promise<DeviceRecord[]> {
    const parameters = new Parameters()
    const organisation = parameters.add(query.organisationId)
    const now = `${parameters.add(new Date(query.now))}::timestamptz`
    const after =
      query.after === undefined ? 'true' : `device.endpoint COLLATE "C" > ${parameters.add(query.after)}`
    const { rows } = await this.database.pool.query<Row>(
      `${selectDevice} WHERE device.organisation_id = ${organisation} AND ${now} IS NOT NULL AND ${after} AND ${audienceSql(query.audience, parameters, now)}
       ORDER BY device.endpoint COLLATE "C" LIMIT ${parameters.add(query.limit)}`,
      parameters.values,
    )
    return rows.map(toRecord)
  }

  /** Only the ids of an audience, in the order of the endpoint names. */
  async idsOf(organisationId: string, audience: Audience, now: number, limit: number): Promise<string[]> {
    const parameters = new Parameters()
    const organisation = parameters.add(organisationId)
    const moment = `${parameters.add(new Date(now))}::timestamptz`
    const { rows } = await this.database.pool.query<{ id: string }>(
      `SELECT device.id FROM device LEFT JOIN registration ON registration.device_id = device.id
       WHERE device.organisation_id = ${organisation} AND ${moment} IS NOT NULL AND ${audienceSql(audience, parameters, moment)}
       ORDER BY device.endpoint COLLATE "C" LIMIT ${parameters.add(limit)}`,
      parameters.values,
    )
    return rows.map((row) => row.id)
  }

  async byEndpoint(organisationId: string, endpoint: string): Promise<DeviceRecord | undefined> {
    const { rows } = await this.database.pool.query<Row>(
      `${selectDevice} WHERE device.organisation_id = $1 AND device.endpoint = $2`,
      [organisationId, endpoint],
    )
    return rows[0] && toRecord(rows[0])
  }

  async byIds(ids: readonly string[]): Promise<DeviceRecord[]> {
    const { rows } = await this.database.pool.query<Row>(`${selectDevice} WHERE device.id = ANY($1)`, [ids])
    return rows.map(toRecord)
  }

  /** Counts of an audience, the largest first. */
  async breakdown(organisationId: string, audience: Audience, now: number): Promise<Breakdown> {
    const parameters = new Parameters()
    const organisation = parameters.add(organisationId)
    const moment = `${parameters.add(new Date(now))}::timestamptz`
    const { rows } = await this.database.pool.query<{ kind: string; key: string | null; count: number }>(
      `WITH member AS (
         SELECT device.vendor, device.model, device.firmware, device.registration, ${presenceSql(moment)} AS presence, ${healthSql(moment)} AS health
         FROM device LEFT JOIN registration ON registration.device_id = device.id
         WHERE device.organisation_id = ${organisation} AND ${audienceSql(audience, parameters, moment)})
       SELECT kind, key, count(*)::int AS count FROM member
       CROSS JOIN LATERAL (VALUES ('total', ''), ('vendor', vendor), ('model', model), ('firmware', firmware), ('presence', presence),
         ('health', health), ('registration', registration)) AS fact (kind, key)
       GROUP BY kind, key ORDER BY count DESC, key`,
      parameters.values,
    )
    const of = (kind: string) =>
      rows
        .filter((row) => row.kind === kind && row.key !== null)
        .map((row) => ({ key: row.key as string, count: row.count }))
    return {
      total: of('total')[0]?.count ?? 0,
      by: {
        vendor: of('vendor'),
        model: of('model'),
        firmware: of('firmware'),
        presence: of('presence'),
        health: of('health'),
        registration: of('registration'),
      },
    }
  }

  /** Adds a mark to a device, in place of one with the same code. */
  async setMark(deviceId: string, mark: Mark): Promise<void> {
    await this.database.pool.query(
      `UPDATE device SET marks = (SELECT coalesce(jsonb_agg(known), '[]') FROM jsonb_array_elements(marks) AS known WHERE known->>'code' <> $2) || $3::jsonb
       WHERE id = $1`,
      [deviceId, mark.code, storable([mark])],
    )
  }

  async clearMark(deviceId: string, code: Mark['code']): Promise<void> {
    await this.database.pool.query(
      `UPDATE device SET marks = (SELECT coalesce(jsonb_agg(known), '[]') FROM jsonb_array_elements(marks) AS known WHERE known->>'code' <> $2)
       WHERE id = $1 AND jsonb_array_length(marks) > 0`,
      [deviceId, code],
    )
  }
}
