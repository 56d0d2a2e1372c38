import type { Principal } from './permissions.js'

/** A value in an audit record: what JSON can hold. */
export type AuditValue = string | number | boolean | null | AuditValue[] | { [key: string]: AuditValue }

/** Through which door: `console` a signed-in person, `api` a key, `worker` Fieldline itself. */
export interface AuditWhere {
  via: 'console' | 'api' | 'worker' | 'device'
  address?: string
  requestId?: string
}

/** Who did what, when, through which door, and what it changed. Appended, never altered. */
export interface AuditRecord {
  organisationId: string
  at: string
  actor: { kind: Principal['kind']; id: string; name: string }
  /** `noun.verb`, such as `campaign.pause`. */
  action: string
  subject: { kind: string; id: string; name?: string }
  where: AuditWhere
  reason?: string
  /** Only what differs; a field that is new is absent in `before`. */
  before: Record<string, AuditValue>
  after: Record<string, AuditValue>
}

export interface AuditInput {
  actor: Principal
  action: string
  subject: AuditRecord['subject']
  where: AuditWhere
  reason?: string
  before?: Readonly<Record<string, AuditValue | undefined>>
  after?: Readonly<Record<string, AuditValue | undefined>>
}

const secret = /password|secret|apikey|api_key|psk|private|token/i

function same(a: AuditValue | undefined, b: AuditValue | undefined): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const left = a as Record<string, AuditValue>
  const right = b as Record<string, AuditValue>
  const keys = Object.keys(left)
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && same(left[key], right[key]))
  )
}

/** Key material never enters the audit trail: that it changed is enough. */
function redacted(key: string, value: AuditValue): AuditValue {
  if (secret.test(key)) return value === null ? null : '(hidden)'
  if (Array.isArray(value)) return value.map((one) => redacted('', one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, redacted(name, inner)]))
}

/** The record of a deed at `now` (ms): only the fields that changed, secrets hidden. */
export function auditRecord(input: AuditInput, now: number): AuditRecord {
  const { actor, action, subject, where, reason, before = {}, after = {} } = input
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !same(before[key], after[key]),
  )
  const only = (side: Readonly<Record<string, AuditValue | undefined>>) =>
    Object.fromEntries(
      changed.flatMap((key) => {
        const value = side[key]
        return value === undefined ? [] : [[key, redacted(key, value)] as const]
      }),
    )
  return {
    organisationId: actor.organisationId,
    at: new Date(now).toISOString(),
    actor: { kind: actor.kind, id: actor.id, name: actor.name },
    action,
    subject,
    where,
    ...(reason === undefined ? {} : { reason }),
    before: only(before),
    after: only(after),
  }
}
