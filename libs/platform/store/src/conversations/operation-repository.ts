import type { OperationKind, OperationResult, OperationState, WriteValue } from '@fieldline/contracts'
import { DomainError } from '@fieldline/contracts'
import { step } from '@fieldline/operations'
import type { OperationEvent, OperationStatus } from '@fieldline/operations'
import type pg from 'pg'
import { inTransaction } from '../database.js'
import type { Database } from '../database.js'
import { appendTimeline } from '../devices/timeline-repository.js'
import { storable } from '../storable.js'

/** An operation as a row. Times are epoch milliseconds. */
export interface StoredOperation extends OperationStatus {
  readonly id: string
  readonly organisationId: string
  readonly deviceId: string
  readonly endpoint: string
  readonly path: string
  readonly value?: WriteValue
  readonly result?: OperationResult
  readonly createdBy: string
  readonly campaignId?: string
  readonly createdAt: number
}

export type NewOperation = Pick<
  StoredOperation,
  | 'id'
  | 'organisationId'
  | 'deviceId'
  | 'kind'
  | 'path'
  | 'value'
  | 'createdBy'
  | 'campaignId'
  | 'createdAt'
  | 'expiresAt'
>

type Row = Record<string, unknown>
const moment = (value: unknown): number | undefined => (value instanceof Date ? value.getTime() : undefined)

function toOperation(row: Row): StoredOperation {
  return {
    id: row.id as string,
    organisationId: row.organisation_id as string,
    deviceId: row.device_id as string,
    endpoint: row.endpoint as string,
    kind: row.kind as OperationKind,
    path: row.path as string,
    value: (row.value as WriteValue | null) ?? undefined,
    state: row.state as OperationState,
    code: (row.code as string | null) ?? undefined,
    result: (row.result as OperationResult | null) ?? undefined,
    createdBy: row.created_by as string,
    campaignId: (row.campaign_id as string | null) ?? undefined,
    attempts: row.attempts as number,
    createdAt: moment(row.created_at) ?? 0,
    expiresAt: moment(row.expires_at) ?? 0,
    sentAt: moment(row.sent_at),
    answerBy: moment(row.answer_by),
    finishedAt: moment(row.finished_at),
  }
}

const selectOperation =
  'SELECT operation.*, device.endpoint FROM operation JOIN device ON device.id = operation.device_id'

/** Durable requests. Every change of state goes through `step` under a row lock, so that two processes never both decide. */
export class OperationRepository {
  constructor(private readonly database: Database) {}

  async create(
    operations: readonly NewOperation[],
    client: pg.Pool | pg.PoolClient = this.database.pool,
  ): Promise<void> {
    if (operations.length === 0) return
    await client.query(
      `INSERT INTO operation (id, organisation_id, device_id, kind, path, value, created_by, campaign_id, created_at, expires_at)
       SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::uuid[], $9::timestamptz[], $10::timestamptz[])
       ON CONFLICT (id) DO NOTHING`,
      [
        operations.map((operation) => operation.id),
        operations.map((operation) => operation.organisationId),
        operations.map((operation) => operation.deviceId),
        operations.map((operation) => operation.kind),
        operations.map((operation) => operation.path),
        operations.map((operation) =>
          operation.value === undefined ? null : JSON.stringify(operation.value),
        ),
        operations.map((operation) => operation.createdBy),
        operations.map((operation) => operation.campaignId ?? null),
        operations.map((operation) => new Date(operation.createdAt)),
        operations.map((operation) => new Date(operation.expiresAt)),
      ],
    )
  }

  async byId(organisationId: string, id: string): Promise<StoredOperation | undefined> {
    const { rows } = await this.database.pool.query<Row>(
      `${selectOperation} WHERE operation.id = $1 AND operation.organisation_id = $2`,
      [id, organisationId],
    )
    return rows[0] && toOperation(rows[0])
  }

  async byIds(ids: readonly string[]): Promise<StoredOperation[]> {
    const { rows } = await this.database.pool.query<Row>(`${selectOperation} WHERE operation.id = ANY($1)`, [
      ids,
    ])
    return rows.map(toOperation)
  }

  /** Operations of a device, newest first, older than `before`. */
  async list(
    deviceId: string,
    query: { state?: OperationState; beforeId?: string; limit: number },
  ): Promise<StoredOperation[]> {
    const { rows } = await this.database.pool.query<Row>(
      `${selectOperation} WHERE operation.device_id = $1 AND ($2::text IS NULL OR operation.state = $2)
       AND ($3::uuid IS NULL OR (operation.created_at, operation.id) < (SELECT created_at, id FROM operation WHERE id = $3))
       ORDER BY operation.created_at DESC, operation.id DESC LIMIT $4`,
      [deviceId, query.state ?? null, query.beforeId ?? null, query.limit],
    )
    return rows.map(toOperation)
  }

  /** Ids of devices for which something is waiting. */
  async devicesWaiting(): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ device_id: string }>(
      "SELECT DISTINCT device_id FROM operation WHERE state = 'queued'",
    )
    return rows.map((row) => row.device_id)
  }

  /** The oldest operation waiting for a device. */
  async nextWaiting(deviceId: string): Promise<StoredOperation | undefined> {
    const { rows } = await this.database.pool.query<Row>(
      `${selectOperation} WHERE operation.device_id = $1 AND operation.state = 'queued' ORDER BY operation.created_at, operation.id LIMIT 1`,
      [deviceId],
    )
    return rows[0] && toOperation(rows[0])
  }

  /**
   * One step of the machine, stored. Gives the operation after it and whether the datagram may leave now.
   * In the transaction of `client` where one is given, else in one of its own.
   * @throws DomainError not-found, or conflict where the state forbids a cancel
   */
  async apply(
    id: string,
    event: OperationEvent,
    now: number,
    result?: OperationResult,
    client?: pg.PoolClient,
  ): Promise<{ operation: StoredOperation; send: boolean; changed: boolean }> {
    if (!client) return inTransaction(this.database.pool, (own) => this.apply(id, event, now, result, own))
    const { rows } = await client.query<Row>(
      `${selectOperation} WHERE operation.id = $1 FOR UPDATE OF operation`,
      [id],
    )
    if (!rows[0]) throw new DomainError('not-found', `There is no operation ${id}.`)
    const before = toOperation(rows[0])
    const { operation: status, effects } = step(before, event, now)
    const operation: StoredOperation = {
      ...before,
      ...status,
      sentAt: status.sentAt,
      answerBy: status.answerBy,
      result: result ?? before.result,
    }
    const changed = effects.some((effect) => effect.kind === 'changed')
    if (changed) await this.#store(client, operation, now)
    return { operation, changed, send: effects.some((effect) => effect.kind === 'send') }
  }

  async #store(client: pg.PoolClient, operation: StoredOperation, now: number): Promise<void> {
    const instant = (value: number | undefined) => (value === undefined ? null : new Date(value))
    await client.query(
      `UPDATE operation SET state = $2, code = $3, result = $4, attempts = $5, sent_at = $6, answer_by = $7, finished_at = $8 WHERE id = $1`,
      [
        operation.id,
        operation.state,
        operation.code ?? null,
        storable(operation.result),
        operation.attempts,
        instant(operation.sentAt),
        instant(operation.answerBy),
        instant(operation.finishedAt),
      ],
    )
    if (operation.finishedAt === undefined) return
    const { organisationId, deviceId, kind, path, state, code, createdBy } = operation
    await appendTimeline(client, [
      {
        organisationId,
        deviceId,
        at: now,
        operationId: operation.id,
        campaignId: operation.campaignId,
        fact: { kind: 'operation', operation: kind, path, state, code, by: createdBy },
      },
    ])
  }

  /** Ids of operations whose time is up: waiting past their end, or sent and without an answer past theirs. */
  async overdue(now: number, limit: number): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ id: string }>(
      `SELECT id FROM operation WHERE (state = 'queued' AND expires_at <= $1) OR (state = 'sent' AND coalesce(answer_by, expires_at) <= $1)
       ORDER BY expires_at LIMIT $2`,
      [new Date(now), limit],
    )
    return rows.map((row) => row.id)
  }

  /** The process that sent these still waits for their answers: nobody else gives them up before `answerBy`, in epoch milliseconds. */
  async stillWaited(ids: readonly string[], answerBy: number): Promise<void> {
    await this.database.pool.query(
      "UPDATE operation SET answer_by = $2 WHERE id = ANY($1) AND state = 'sent' AND answer_by < $2",
      [ids, new Date(answerBy)],
    )
  }

  /** Ids of operations that a process which is gone had sent. */
  async sent(): Promise<string[]> {
    const { rows } = await this.database.pool.query<{ id: string }>(
      "SELECT id FROM operation WHERE state = 'sent'",
    )
    return rows.map((row) => row.id)
  }
}
