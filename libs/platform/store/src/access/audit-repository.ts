import type pg from 'pg'

/** One line of the audit: who did what to what, when, and why. `before` and `after` never hold secrets. */
export interface NewAuditRecord {
  readonly organisationId: string
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly reason?: string
  readonly before?: unknown
  readonly after?: unknown
  readonly requestId?: string
}

/** Appends records, in the transaction of what they record. */
export async function appendAudit(
  client: pg.Pool | pg.PoolClient,
  records: readonly NewAuditRecord[],
): Promise<void> {
  for (const record of records) {
    await client.query(
      `INSERT INTO audit_record (organisation_id, actor, action, target, reason, before, after, request_id) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        record.organisationId,
        record.actor,
        record.action,
        record.target,
        record.reason ?? null,
        record.before === undefined ? null : JSON.stringify(record.before),
        record.after === undefined ? null : JSON.stringify(record.after),
        record.requestId ?? null,
      ],
    )
  }
}
