import { Controller, Inject } from '@nestjs/common'
import { auditRecord } from '@fieldline/access'
import type { Bus } from '@fieldline/bus'
import { DomainError } from '@fieldline/contracts'
import type { Candidate, RouteResponse } from '@fieldline/contracts'
import { parseAudience, timelineWords } from '@fieldline/devices'
import type { TimelineFact } from '@fieldline/devices'
import { parseObjectLinks } from '@fieldline/lwm2m'
import type { LwM2mVersion } from '@fieldline/lwm2m'
import { formatPath, parsePath } from '@fieldline/object-model'
import {
  CredentialRepository,
  DeviceRepository,
  InventoryRepository,
  ObservationRepository,
  createSealer,
  latestValues,
  listCandidates,
  readTimeline,
  valueHistory,
} from '@fieldline/store'
import type { Database, DeviceRecord, StoredCandidate } from '@fieldline/store'
import { Bind, Caller, Input } from '../http/bind.js'
import type { RouteRequest } from '../http/bind.js'
import { decodeCursor, page } from '../http/cursor.js'
import type { Configuration } from '../configuration.js'
import { BUS, CONFIGURATION, DATABASE } from '../tokens.js'
import { toCredential, toSecurity, withoutKey } from './device-security.js'
import { objectsOf, toDevice, toDeviceDetail, toValue } from './device-view.js'
import { lastReads } from './last-reads.js'
import { buildObjectTree } from './object-tree.js'

/** Devices: the list, one of them, its objects, values and story. */
@Controller()
export class DevicesController {
  readonly #devices: DeviceRepository
  readonly #inventory: InventoryRepository

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(CONFIGURATION) { storeKey }: Configuration,
  ) {
    this.#devices = new DeviceRepository(database)
    const credentials = new CredentialRepository(database, createSealer(storeKey))
    this.#inventory = new InventoryRepository(database, credentials)
  }

  @Bind('listDevices')
  async list(
    @Input() { query }: RouteRequest<'listDevices'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listDevices'>> {
    const now = Date.now()
    const [after] = decodeCursor(query.cursor, 'name')
    const audience = parseAudience(query.q ?? '')
    const rows = await this.#devices.list({
      organisationId: principal.organisationId,
      audience,
      after,
      limit: query.limit + 1,
      now,
    })
    return page(
      rows,
      query.limit,
      (row) => toDevice(row, now),
      (last) => [last.endpoint],
    )
  }

  @Bind('createDevice')
  async create(
    @Input() { body }: RouteRequest<'createDevice'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'createDevice'>> {
    const now = Date.now()
    const { organisationId } = caller.principal
    const audit = auditRecord(
      {
        actor: caller.principal,
        action: 'device.create',
        subject: { kind: 'device', id: body.endpoint },
        where: caller,
        after: withoutKey(body),
      },
      now,
    )
    const id = await this.#inventory.create(
      organisationId,
      body,
      audit,
      now,
      body.psk && toCredential(body.psk),
    )
    this.bus.publish({ kind: 'device', organisationId, deviceIds: [id] })
    this.bus.publish({ kind: 'candidate', organisationId })
    return toDeviceDetail(await this.#find(organisationId, body.endpoint), now)
  }

  @Bind('getDevice')
  async get(
    @Input() { params }: RouteRequest<'getDevice'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'getDevice'>> {
    return toDeviceDetail(await this.#find(principal.organisationId, params.endpoint), Date.now())
  }

  @Bind('updateDevice')
  async update(
    @Input() { params, body }: RouteRequest<'updateDevice'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'updateDevice'>> {
    const now = Date.now()
    const { organisationId, name } = caller.principal
    const record = await this.#find(organisationId, params.endpoint)
    const before = {
      label: record.label,
      group: [...record.groups],
      site: record.site,
      meteringPoint: record.meteringPoint,
      meterSerial: record.meterSerial,
      iccid: record.iccid,
      identity: record.security && toSecurity(record.security).identity,
    }
    const after = withoutKey(body)
    const changed = Object.fromEntries(Object.entries(before).filter(([key]) => key in after))
    const audit = auditRecord(
      {
        actor: caller.principal,
        action: 'device.change',
        subject: { kind: 'device', id: record.id, name: record.endpoint },
        where: caller,
        before: changed,
        after,
      },
      now,
    )
    const credential = body.psk && toCredential(body.psk)
    await this.#inventory.update(organisationId, record.id, body, audit, name, now, credential)
    if (credential !== undefined)
      this.bus.publish({ kind: 'credentials', organisationId, deviceIds: [record.id] })
    this.bus.publish({ kind: 'device', organisationId, deviceIds: [record.id] })
    return toDeviceDetail(await this.#find(organisationId, params.endpoint), now)
  }

  @Bind('deleteDevice')
  async remove(@Input() { params }: RouteRequest<'deleteDevice'>, @Caller() caller: Caller): Promise<void> {
    const record = await this.#find(caller.principal.organisationId, params.endpoint)
    const subject = { kind: 'device', id: record.id, name: record.endpoint }
    const before = {
      endpoint: record.endpoint,
      label: record.label,
      vendor: record.vendor,
      model: record.model,
      meterSerial: record.meterSerial,
      iccid: record.iccid,
    }
    await this.#inventory.remove(
      record.id,
      auditRecord(
        { actor: caller.principal, action: 'device.retire', subject, where: caller, before },
        Date.now(),
      ),
    )
    this.bus.publish({
      kind: 'device-removed',
      organisationId: record.organisationId,
      deviceIds: [record.id],
    })
  }

  @Bind('getObjects')
  async objects(
    @Input() { params }: RouteRequest<'getObjects'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'getObjects'>> {
    const record = await this.#find(principal.organisationId, params.endpoint)
    const [values, observedPaths, reads] = await Promise.all([
      latestValues(this.database.pool, [record.id]),
      new ObservationRepository(this.database).pathsOf(record.id),
      lastReads(this.database, record.id),
    ])
    const version = (record.record?.lwm2mVersion ?? '1.0') as LwM2mVersion
    return buildObjectTree({
      endpoint: record.endpoint,
      version,
      ...objectsOf(record),
      values,
      observedPaths,
      reads,
      now: Date.now(),
      timeZone: record.site?.timeZone,
    })
  }

  @Bind('listValues')
  async values(
    @Input() { params, query }: RouteRequest<'listValues'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listValues'>> {
    const record = await this.#find(principal.organisationId, params.endpoint)
    const { definitions } = objectsOf(record)
    const newestFirst = query.from === undefined
    const bound = (text: string | undefined): number | undefined =>
      text === undefined ? undefined : Date.parse(text)
    const [time, skip] = decodeCursor(query.cursor, 'time', 'skip')
    const rows = await valueHistory(this.database.pool, record.id, {
      path: query.path === undefined ? undefined : parsePath(query.path),
      from: newestFirst ? undefined : (time ?? bound(query.from)),
      to: newestFirst && time !== undefined ? time + 1 : bound(query.to),
      skip,
      limit: query.limit + 1,
      newestFirst,
    })
    return page(
      rows,
      query.limit,
      (row) => toValue(row, definitions),
      (last) => [
        last.time,
        rows.slice(0, query.limit).filter((row) => row.time === last.time).length +
          (time === last.time ? (skip ?? 0) : 0),
      ],
    )
  }

  @Bind('listTimeline')
  async timeline(
    @Input() { params, query }: RouteRequest<'listTimeline'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listTimeline'>> {
    const record = await this.#find(principal.organisationId, params.endpoint)
    const now = Date.now()
    const [beforeId] = decodeCursor(query.cursor, 'row')
    const rows = await readTimeline(this.database.pool, record.id, {
      kind: query.kind,
      beforeId,
      limit: query.limit + 1,
    })
    return page(
      rows,
      query.limit,
      ({ id, at, fact, operationId, campaignId }) => ({
        id,
        at: new Date(at).toISOString(),
        ...timelineWords(fact, now, record.site?.timeZone),
        ...(operationId ? { operationId } : {}),
        ...(campaignId ? { campaignId } : {}),
        ...timelineFacts(fact),
      }),
      (last) => [last.id],
    )
  }

  @Bind('listCandidates')
  async candidates(
    @Input() { query }: RouteRequest<'listCandidates'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listCandidates'>> {
    const [after] = decodeCursor(query.cursor, 'name')
    const rows = await listCandidates(this.database, principal.organisationId, {
      after,
      limit: query.limit + 1,
    })
    return page(rows, query.limit, toCandidate, (last) => [last.endpoint])
  }

  async #find(organisationId: string, endpoint: string): Promise<DeviceRecord> {
    const record = await this.#devices.byEndpoint(organisationId, endpoint)
    if (!record) throw new DomainError('not-found', `There is no device ${endpoint}.`)
    return record
  }
}

/** The facts of an entry that the interface names. */
function timelineFacts(fact: TimelineFact): {
  path?: string
  addresses?: string[]
  data: Record<string, unknown>
} {
  const { kind: _kind, ...data } = fact
  return {
    data,
    ...('path' in fact ? { path: fact.path } : {}),
    ...(fact.kind === 'name-conflict' ? { addresses: [...fact.addresses] } : {}),
    ...(fact.kind === 'registration-replaced' ? { addresses: [fact.before, fact.address] } : {}),
  }
}

function toCandidate(row: StoredCandidate): Candidate {
  return {
    endpoint: row.endpoint,
    address: row.address,
    attempts: row.attempts,
    lwm2mVersion: row.lwm2mVersion,
    binding: row.binding,
    lifetime: row.lifetime,
    firstSeenAt: new Date(row.firstSeenAt).toISOString(),
    lastSeenAt: new Date(row.lastSeenAt).toISOString(),
    objects: parseObjectLinks(new TextEncoder().encode(row.objectLinks)).instances.map(
      ({ objectId, instanceId }) => formatPath({ objectId, instanceId }),
    ),
  }
}
