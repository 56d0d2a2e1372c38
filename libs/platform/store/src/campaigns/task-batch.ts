import { explainTask, isTaskOver, stepTask, withOperation } from '@fieldline/campaigns'
import type { TaskContext, TaskEffect, TaskEvent, TaskStatus } from '@fieldline/campaigns'
import { chunkIds, limits } from '@fieldline/contracts'
import type { BusEvent, OperationKind, OperationState } from '@fieldline/contracts'
import { registryDefinitions, parsePath } from '@fieldline/object-model'
import { defaultExpiry, step as stepOperation } from '@fieldline/operations'
import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import type { NewOperation, OperationRepository } from '../conversations/operation-repository.js'
import { appendTimeline } from '../devices/timeline-repository.js'
import type { NewTimelineEntry } from '../devices/timeline-repository.js'
import type { Row, StoredCampaign, TaskRow } from './campaign-row.js'
import { markDivergence } from './divergence.js'
import { foundAt } from './read-back.js'
import { storable } from '../storable.js'

interface Entry {
  readonly row: TaskRow
  task: TaskStatus
  operationState: OperationState | null
}

/** Tasks, operations and devices that a batch touched, for whoever is told after the commit. */
export class TaskChanges {
  readonly devices = new Set<string>()
  readonly queued = new Set<string>()
  readonly operations: { id: string; deviceId: string }[] = []

  add(other: TaskChanges): void {
    for (const id of other.devices) this.devices.add(id)
    for (const id of other.queued) this.queued.add(id)
    this.operations.push(...other.operations)
  }

  /** The events to publish, none larger than one notification may be. */
  events({ organisationId, id: campaignId }: Pick<StoredCampaign, 'organisationId' | 'id'>): BusEvent[] {
    const events: BusEvent[] = chunkIds([...this.queued]).map((deviceIds) => ({
      kind: 'operation-queued',
      organisationId,
      deviceIds,
    }))
    // two lists of identifiers share one notification
    const half = Math.floor(limits.idsPerBusEvent / 2)
    for (let start = 0; start < this.operations.length; start += half) {
      const part = this.operations.slice(start, start + half)
      const deviceIds = [...new Set(part.map((operation) => operation.deviceId))]
      events.push({
        kind: 'operation',
        organisationId,
        deviceIds,
        operationIds: part.map((operation) => operation.id),
      })
    }
    for (const deviceIds of chunkIds([...this.devices]))
      events.push({ kind: 'task', organisationId, campaignId, deviceIds })
    return events
  }
}

/** What the steps of a campaign's tasks need of it. */
export function contextOf({ recipe }: Pick<StoredCampaign, 'recipe'>): TaskContext {
  return {
    write: recipe.write,
    typeOf: (text) => {
      const { objectId = -1, resourceId = -1 } = parsePath(text)
      const type = registryDefinitions(objectId)?.resources.get(resourceId)?.type
      return type === undefined || type === 'none' ? 'string' : type
    },
  }
}

/**
 * Steps many tasks of one campaign, all locked by `client`'s transaction, and carries out their effects in it: operations are made and taken
 * back, tasks, timeline and marks written, each with one statement.
 */
export class TaskBatch {
  readonly #entries = new Map<string, Entry>()
  readonly #created = new Map<string, NewOperation>()
  readonly #cancelling = new Map<string, Entry>()
  readonly #timeline: NewTimelineEntry[] = []
  readonly #context: TaskContext

  constructor(
    private readonly client: pg.PoolClient,
    private readonly operations: OperationRepository,
    private readonly campaign: StoredCampaign,
    private readonly now: number,
  ) {
    this.#context = contextOf(campaign)
  }

  /** One event for one task; several for the same task follow each other. */
  step(row: TaskRow, event: TaskEvent): void {
    const entry = this.#entries.get(row.id) ?? {
      row,
      task: row.status,
      operationState: row.operationState,
    }
    this.#entries.set(row.id, entry)
    this.#step(entry, event)
  }

  /** Tells a task what has become of the operation it waits for. */
  stepOperation(row: TaskRow): void {
    const { operation, device, status } = row
    if (operation === null || device === null || status.operationId === undefined) return
    const path = this.#pathOf(status)
    this.step(row, {
      type: 'operation',
      operationId: status.operationId,
      state: operation.state,
      code: operation.code,
      found: path === undefined ? undefined : foundAt(path, operation.result),
      expiresAt: defaultExpiry(device, this.now),
    })
    const entry = this.#entries.get(row.id)
    if (entry !== undefined && entry.task.operationId === status.operationId)
      entry.operationState = operation.state
  }

  #pathOf({ at }: TaskStatus): string | undefined {
    const { write } = this.#context
    return write[at % write.length]?.path
  }

  #step(entry: Entry, event: TaskEvent): void {
    const { task, effects } = stepTask(entry.task, event, this.#context, this.now)
    entry.task = task
    for (const effect of effects) this.#carry(entry, effect)
    if (entry.task.operationId === undefined) entry.operationState = null
  }

  #carry(entry: Entry, effect: TaskEffect): void {
    const { row } = entry
    const { id: campaignId, organisationId, name } = this.campaign
    switch (effect.kind) {
      case 'create-operation': {
        const id = randomUUID()
        this.#created.set(id, {
          id,
          organisationId,
          deviceId: row.deviceId,
          ...effect.operation,
          createdBy: `campaign ${name}`,
          campaignId,
          createdAt: this.now,
          expiresAt: effect.expiresAt,
        })
        entry.task = withOperation(entry.task, id)
        entry.operationState = 'queued'
        return
      }
      case 'cancel-operation':
        this.#cancelling.set(effect.operationId, entry)
        return
      case 'journal': {
        // the device's story tells outcomes and returns, not every move on the way
        const told = (isTaskOver(effect.to) && effect.to !== 'excluded') || effect.to === 'silent'
        const held = effect.from === effect.to
        if (!told && !held && effect.from !== 'silent') return
        this.#timeline.push({
          organisationId,
          deviceId: row.deviceId,
          at: this.now,
          campaignId,
          fact: { kind: 'campaign', name, text: explainTask(entry.task, null, this.now) },
        })
      }
    }
  }

  /** Writes everything; nothing may be stepped afterwards. */
  async flush(): Promise<TaskChanges> {
    const changes = new TaskChanges()
    if (this.#cancelling.size > 0) await this.#cancel(changes)
    await this.operations.create([...this.#created.values()], this.client)
    for (const { id, deviceId } of this.#created.values()) {
      changes.queued.add(deviceId)
      changes.operations.push({ id, deviceId })
    }
    const entries = [...this.#entries.values()]
    await this.#write(entries)
    for (const { row, task } of entries) if (task !== row.status) changes.devices.add(row.deviceId)
    await appendTimeline(this.client, this.#timeline)
    await markDivergence(
      this.client,
      entries
        .filter(({ row, task }) => task.state !== row.status.state)
        .map(({ row, task }) => ({ deviceId: row.deviceId, task })),
      this.#context.write.map(({ path }) => path),
      this.now,
    )
    return changes
  }

  /** Takes back what has not left; each task is told what its operation really is, whichever came first. */
  async #cancel(changes: TaskChanges): Promise<void> {
    const { rows } = await this.client.query<Row>(
      'SELECT * FROM operation WHERE id = ANY($1) ORDER BY id FOR UPDATE',
      [[...this.#cancelling.keys()]],
    )
    const cancelled: Row[] = []
    for (const row of rows) {
      const entry = this.#cancelling.get(row.id as string)
      const { kind, expires_at, attempts } = row as {
        kind: OperationKind
        expires_at: Date
        attempts: number
      }
      const before = row.state as OperationState
      const after =
        before === 'queued'
          ? stepOperation(
              { kind, state: before, expiresAt: expires_at.getTime(), attempts },
              { type: 'cancel' },
              this.now,
            ).operation.state
          : before
      if (after !== before) cancelled.push(row)
      if (entry === undefined || entry.row.device === null) continue
      const path = this.#pathOf(entry.task)
      this.#step(entry, {
        type: 'operation',
        operationId: row.id as string,
        state: after,
        code: (row.code as string | null) ?? undefined,
        found: path === undefined ? undefined : foundAt(path, (row.result as never) ?? undefined),
        expiresAt: defaultExpiry(entry.row.device, this.now),
      })
      if (entry.task.operationId === row.id) entry.operationState = after
    }
    if (cancelled.length === 0) return
    await this.client.query("UPDATE operation SET state = 'cancelled', finished_at = $2 WHERE id = ANY($1)", [
      cancelled.map((row) => row.id),
      new Date(this.now),
    ])
    const { id: campaignId, organisationId } = this.campaign
    for (const row of cancelled) {
      const { id, device_id: deviceId, kind, path, created_by: by } = row as Record<string, string>
      changes.operations.push({ id: id as string, deviceId: deviceId as string })
      this.#timeline.push({
        organisationId,
        deviceId: deviceId as string,
        at: this.now,
        operationId: id,
        campaignId,
        fact: {
          kind: 'operation',
          operation: kind as OperationKind,
          path: path as string,
          state: 'cancelled',
          by,
        },
      })
    }
  }

  async #write(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return
    await this.client.query(
      `UPDATE task SET engine = news.engine, state = news.engine->>'state', code = news.engine->>'code',
         operation_id = (news.engine->>'operationId')::uuid, operation_state = news.operation_state, heard_at = coalesce(news.heard_at, task.heard_at),
         updated_at = CASE WHEN news.changed THEN $6 ELSE task.updated_at END
       FROM unnest($1::uuid[], $2::jsonb[], $3::text[], $4::timestamptz[], $5::boolean[]) AS news (id, engine, operation_state, heard_at, changed)
       WHERE task.id = news.id`,
      [
        entries.map(({ row }) => row.id),
        entries.map(({ task }) => storable(task)),
        entries.map(({ operationState }) => operationState),
        entries.map(({ row }) =>
          row.device?.lastContactAt == null ? null : new Date(row.device.lastContactAt),
        ),
        entries.map(({ row, task }) => task.state !== row.status.state),
        new Date(this.now),
      ],
    )
  }
}
