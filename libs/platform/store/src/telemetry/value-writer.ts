import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { Clock, Timer } from '@fieldline/bytes'
import { inTransaction } from '../database.js'
import { copyColumns, encodeCopy } from './copy-buffer.js'
import { deviceFacts } from './device-facts.js'
import type { ValueRow } from './value-row.js'

export interface ValueWriterOptions {
  /** A batch is sealed when it holds this many rows … */
  readonly maxRows?: number
  /** … or this long after its first row, in milliseconds. */
  readonly maxDelayMs?: number
  /** Batches under way or waiting; beyond that `write` refuses, so that the device retransmits instead of our memory growing. */
  readonly maxBatches?: number
  /** Transactions at once. While all of them run the open batch goes on filling: slow commits make batches larger, not more numerous. */
  readonly maxCommits?: number
  /** Told the devices of each batch once it is committed. */
  readonly onCommitted?: (deviceIds: readonly string[]) => void
}

/** The writer has as many batches under way as it may; nothing was taken. */
export class WriterBusy extends Error {
  override readonly name = 'WriterBusy'
}

/** The rows of one call of `write`: they stand or fall together. */
interface Report {
  readonly rows: readonly ValueRow[]
  readonly settle: (error?: unknown) => void
}

interface Batch {
  readonly reports: Report[]
  rows: number
  /** Parts of it that are not yet settled: one, and more once it was split. */
  parts: number
}

/** Reports of one batch that travel in one transaction. */
interface Part {
  readonly batch: Batch
  readonly reports: readonly Report[]
}

const LATEST_KEY = 'device_id, object_id, instance_id, resource_id, resource_instance_id'

/**
 * Group commit of values: rows of many reports travel in one COPY and one transaction, and each report's promise resolves after that commit.
 * A batch that PostgreSQL refuses is split in two until the report at fault stands alone; only that one fails. The halves wait for a free
 * transaction like every batch, so that one bad report does not turn into hundreds of commits at once.
 */
export class ValueWriter {
  readonly #maxRows: number
  readonly #maxDelayMs: number
  readonly #maxBatches: number
  readonly #maxCommits: number
  readonly #waiting: Part[] = []
  #committing = 0
  /** The open batch has waited long enough and leaves with the next free transaction. */
  #overdue = false
  #open: Batch | undefined
  #timer: Timer | undefined
  #underWay = 0
  #whenIdle: (() => void)[] = []
  #closed = false
  /** Totals since the start. */
  readonly counters = { rows: 0, batches: 0, refused: 0, failed: 0, commitMs: 0 }

  constructor(
    private readonly pool: pg.Pool,
    private readonly clock: Clock,
    private readonly options: ValueWriterOptions = {},
  ) {
    this.#maxRows = options.maxRows ?? 2000
    this.#maxDelayMs = options.maxDelayMs ?? 20
    this.#maxBatches = options.maxBatches ?? 6
    this.#maxCommits = options.maxCommits ?? 3
  }

  /**
   * Resolves when the rows are committed. Throws `WriterBusy` when no batch is free, and what PostgreSQL says when it refuses the rows.
   */
  async write(rows: readonly ValueRow[]): Promise<void> {
    if (rows.length === 0) return
    if (this.#closed || (!this.#open && this.#underWay >= this.#maxBatches)) {
      this.counters.refused++
      throw new WriterBusy('no free batch')
    }
    const batch = this.#open ?? this.#begin()
    const stored = new Promise<void>((resolve, reject) => {
      const settle = (error?: unknown): void => (error === undefined ? resolve() : reject(error))
      batch.reports.push({ rows, settle })
    })
    batch.rows += rows.length
    if (batch.rows >= this.#maxRows) this.#seal()
    return stored
  }

  /** Seals what is open and waits until nothing is under way. */
  async close(): Promise<void> {
    this.#closed = true
    this.#seal()
    if (this.#underWay > 0) await new Promise<void>((resolve) => this.#whenIdle.push(resolve))
  }

  #begin(): Batch {
    this.#open = { reports: [], rows: 0, parts: 1 }
    this.#timer = this.clock.after(this.#maxDelayMs, () => this.#seal())
    this.#underWay++
    return this.#open
  }

  #seal(): void {
    const batch = this.#open
    if (!batch) return
    this.#timer?.cancel()
    const mayFill = batch.rows < this.#maxRows && !this.#closed
    if (mayFill && this.#committing >= this.#maxCommits) {
      this.#overdue = true
      return
    }
    this.#overdue = false
    this.#open = undefined
    this.#waiting.push({ batch, reports: batch.reports })
    this.#commitWaiting()
  }

  #commitWaiting(): void {
    while (this.#committing < this.#maxCommits) {
      const part = this.#waiting.shift()
      if (!part) break
      this.#committing++
      this.#settle(part).finally(() => {
        this.#committing--
        if (part.batch.parts === 0) this.#underWay--
        this.#commitWaiting()
        if (this.#overdue) this.#seal()
        if (this.#underWay === 0) for (const idle of this.#whenIdle.splice(0)) idle()
      })
    }
  }

  async #settle({ batch, reports }: Part): Promise<void> {
    try {
      await this.#commit(reports.flatMap(({ rows }) => rows))
      for (const { settle } of reports) settle()
    } catch (error) {
      if (reports.length > 1 && isRefusal(error)) {
        const middle = reports.length >> 1
        batch.parts += 2
        this.#waiting.unshift(
          { batch, reports: reports.slice(0, middle) },
          { batch, reports: reports.slice(middle) },
        )
      } else {
        for (const { rows, settle } of reports) {
          this.counters.failed += rows.length
          settle(error)
        }
      }
    }
    batch.parts--
  }

  async #commit(rows: readonly ValueRow[]): Promise<void> {
    const startedAt = this.clock.now()
    await inTransaction(this.pool, async (client) => {
      await copyInto(client, 'telemetry.value', rows)
      await upsertLatest(client, rows)
      await deviceFacts.update(client, rows)
    })
    this.counters.rows += rows.length
    this.counters.batches++
    this.counters.commitMs += this.clock.now() - startedAt
    this.options.onCommitted?.([...new Set(rows.map((row) => row.deviceId))])
  }
}

/**
 * Whether the rows themselves were refused, so that fewer of them may be taken: bad data, a constraint, a limit, a deadlock, or a value that
 * cannot even be encoded. A server that is away or full refuses everything, and is not asked again for every report.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function isRefusal(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(08P01|22|23|40|54)/.test(error.code ?? '')
  return error instanceof RangeError || error instanceof TypeError
}

/** COPYs rows into a table of the shape of `telemetry.value`. */
export function copyInto(client: pg.PoolClient, table: string, rows: readonly ValueRow[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = client.query(copyFrom(`COPY ${table} (${copyColumns}) FROM STDIN (FORMAT binary)`))
    stream.on('error', reject)
    stream.on('finish', resolve)
    stream.end(encodeCopy(rows))
  })
}

/** The newest row of each resource wins; an older report that arrives late does not. */
async function upsertLatest(client: pg.PoolClient, rows: readonly ValueRow[]): Promise<void> {
  const newest = new Map<string, ValueRow>()
  for (const row of rows) {
    const key = `${row.deviceId}/${row.objectId}/${row.instanceId}/${row.resourceId}/${row.resourceInstanceId}`
    const known = newest.get(key)
    if (!known || known.time <= row.time) newest.set(key, row)
  }
  // one order for all writers: two batches with the same devices must not wait for each other in a ring
  const sorted = [...newest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row)
  await client.query(
    `INSERT INTO telemetry.latest AS known (${copyColumns})
     SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[], $5::int[], $6::int[], $7::timestamptz[], $8::timestamptz[],
                          $9::smallint[], $10::smallint[], $11::float8[], $12::text[], $13::bytea[])
     ON CONFLICT (${LATEST_KEY}) DO UPDATE SET
       "time" = excluded."time", received_at = excluded.received_at, type = excluded.type, source = excluded.source,
       number = excluded.number, text = excluded.text, bytes = excluded.bytes
     WHERE known."time" <= excluded."time"`,
    [
      sorted.map((row) => row.organisationId),
      sorted.map((row) => row.deviceId),
      sorted.map((row) => row.objectId),
      sorted.map((row) => row.instanceId),
      sorted.map((row) => row.resourceId),
      sorted.map((row) => row.resourceInstanceId),
      sorted.map((row) => new Date(row.time).toISOString()),
      sorted.map((row) => new Date(row.receivedAt).toISOString()),
      sorted.map((row) => row.type),
      sorted.map((row) => row.source),
      sorted.map((row) => row.number),
      sorted.map((row) => row.text),
      sorted.map((row) => (row.bytes === null ? null : Buffer.from(row.bytes))),
    ],
  )
}
