import { randomUUID } from 'node:crypto'
import { Controller, Inject } from '@nestjs/common'
import { auditRecord } from '@fieldline/access'
import type { Bus } from '@fieldline/bus'
import { DomainError, preferredWait } from '@fieldline/contracts'
import type { RouteResponse } from '@fieldline/contracts'
import { defaultExpiry, isTerminal, parseExpiry, validateOperation } from '@fieldline/operations'
import { DeviceRepository, OperationRepository, appendAudit, inTransaction } from '@fieldline/store'
import type { Database, DeviceRecord, StoredOperation } from '@fieldline/store'
import { contactOf, objectsOf } from '../devices/device-view.js'
import { Bind, Caller, Input } from '../http/bind.js'
import type { RouteRequest } from '../http/bind.js'
import { decodeCursor, page } from '../http/cursor.js'
import { BUS, DATABASE } from '../tokens.js'
import { toOperation } from './operation-view.js'
import { OperationWaiter } from './operation-waiter.js'

/** Durable requests to one device. */
@Controller()
export class OperationsController {
  readonly #devices: DeviceRepository
  readonly #operations: OperationRepository

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(BUS) private readonly bus: Bus,
    @Inject(OperationWaiter) private readonly waiter: OperationWaiter,
  ) {
    this.#devices = new DeviceRepository(database)
    this.#operations = new OperationRepository(database)
  }

  @Bind('listOperations')
  async list(
    @Input() { params, query }: RouteRequest<'listOperations'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'listOperations'>> {
    const device = await this.#device(principal.organisationId, params.endpoint)
    const [beforeId] = decodeCursor(query.cursor, 'uuid')
    const rows = await this.#operations.list(device.id, {
      state: query.state,
      beforeId,
      limit: query.limit + 1,
    })
    const now = Date.now()
    return page(
      rows,
      query.limit,
      (row) => toOperation(row, device, now),
      (last) => [last.id],
    )
  }

  @Bind('createOperation')
  async create(
    @Input() { params, headers, body }: RouteRequest<'createOperation'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'createOperation'>> {
    const now = Date.now()
    const { organisationId, name } = caller.principal
    const device = await this.#device(organisationId, params.endpoint)
    const draft = validateOperation(body, {
      definition: objectsOf(device).definitions,
      endpoint: device.endpoint,
    })
    const operation = {
      id: randomUUID(),
      organisationId,
      deviceId: device.id,
      kind: draft.kind,
      path: draft.path,
      value: body.value,
      createdBy: name,
      createdAt: now,
      expiresAt:
        body.expiresAt === undefined
          ? defaultExpiry(contactOf(device), now)
          : parseExpiry(body.expiresAt, now),
    }
    await inTransaction(this.database.pool, async (client) => {
      await this.#operations.create([operation], client)
      await appendAudit(client, [
        auditRecord(
          {
            actor: caller.principal,
            action: 'operation.create',
            subject: subjectOf(operation, device.endpoint),
            where: caller,
            after: { kind: draft.kind, path: draft.path, value: body.value },
          },
          now,
        ),
      ])
    })
    this.bus.publish({ kind: 'operation-queued', organisationId, deviceIds: [device.id] })
    this.bus.publish({
      kind: 'operation',
      organisationId,
      deviceIds: [device.id],
      operationIds: [operation.id],
    })
    return this.#awaited(organisationId, operation.id, now + preferredWait(headers.prefer) * 1_000)
  }

  @Bind('getOperation')
  async get(
    @Input() { params }: RouteRequest<'getOperation'>,
    @Caller() { principal }: Caller,
  ): Promise<RouteResponse<'getOperation'>> {
    return this.#view(await this.#operation(principal.organisationId, params.id))
  }

  @Bind('cancelOperation')
  async cancel(
    @Input() { params, body }: RouteRequest<'cancelOperation'>,
    @Caller() caller: Caller,
  ): Promise<RouteResponse<'cancelOperation'>> {
    const now = Date.now()
    const before = await this.#operation(caller.principal.organisationId, params.id)
    const operation = await inTransaction(this.database.pool, async (client) => {
      const { operation: after } = await this.#operations.apply(
        before.id,
        { type: 'cancel' },
        now,
        undefined,
        client,
      )
      const record = auditRecord(
        {
          actor: caller.principal,
          action: 'operation.cancel',
          subject: subjectOf(after, after.endpoint),
          where: caller,
          reason: body?.reason,
          before: { state: before.state },
          after: { state: after.state },
        },
        now,
      )
      await appendAudit(client, [record])
      return after
    })
    const { organisationId, deviceId } = operation
    this.bus.publish({
      kind: 'operation',
      organisationId,
      deviceIds: [deviceId],
      operationIds: [operation.id],
    })
    return this.#view(operation)
  }

  /** The operation once it has ended, or as it is when the time is up. */
  async #awaited(
    organisationId: string,
    id: string,
    until: number,
  ): Promise<RouteResponse<'createOperation'>> {
    for (;;) {
      const left = until - Date.now()
      // listening begins before the row is read: a change in between is not missed
      const change = left > 0 ? this.waiter.changed(id, left) : undefined
      const operation = await this.#operation(organisationId, id)
      if (isTerminal(operation.state) || !change) return this.#view(operation)
      await change
    }
  }

  async #view(operation: StoredOperation): Promise<RouteResponse<'getOperation'>> {
    const [device] = operation.state === 'queued' ? await this.#devices.byIds([operation.deviceId]) : []
    return toOperation(operation, device, Date.now())
  }

  async #operation(organisationId: string, id: string): Promise<StoredOperation> {
    const operation = await this.#operations.byId(organisationId, id)
    if (!operation) throw new DomainError('not-found', `There is no operation ${id}.`)
    return operation
  }

  async #device(organisationId: string, endpoint: string): Promise<DeviceRecord> {
    const device = await this.#devices.byEndpoint(organisationId, endpoint)
    if (!device) throw new DomainError('not-found', `There is no device ${endpoint}.`)
    return device
  }
}

/** How an audit row names an operation. */
function subjectOf(
  { id, kind, path }: Pick<StoredOperation, 'id' | 'kind' | 'path'>,
  endpoint: string,
): { kind: 'operation'; id: string; name: string } {
  return { kind: 'operation', id, name: `${kind} ${path} of ${endpoint}` }
}
