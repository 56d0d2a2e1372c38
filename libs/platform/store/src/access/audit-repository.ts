import type { AuditRecord } from '@fieldline/access'
import type pg from 'pg'

/** Appends to the audit, in the transaction of what is recorded. */
export async function appendAudit(
  client: pg.Pool | pg.PoolClient,
  records: readonly AuditRecord[],
): Promise<void> {
  for (const record of records) {
    await client.query(
      `INSERT INTO audit_record (organisation_id, at, actor, action, subject_kind, subject_id, subject_name, "where", reason, before, after)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
      [
        record.organisationId,
        record.at,
        JSON.stringify(record.actor),
        record.action,
        record.subject.kind,
        record.subject.id,
        record.subject.name ?? null,
        JSON.stringify(record.where),
        record.reason ?? null,
        JSON.stringify(record.before),
        JSON.stringify(record.after),
      ],
    )
  }
}
