export { auditRecord } from './audit.js'
export type { AuditInput, AuditRecord, AuditValue, AuditWhere } from './audit.js'
export { authorise, decide, permissions, roles } from './permissions.js'
export type { Decision, Principal, Role } from './permissions.js'
