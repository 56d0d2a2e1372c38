import { DomainError, type PermissionName } from '@fieldline/contracts'

/** `admin` runs the installation, `operator` the fleet, `engineer` proves devices without changing the fleet, `viewer` looks. */
export const roles = ['admin', 'operator', 'engineer', 'viewer'] as const
export type Role = (typeof roles)[number]

const everybody = roles
const hands = ['admin', 'operator', 'engineer'] as const satisfies readonly Role[]
const fleet = ['admin', 'operator'] as const satisfies readonly Role[]

/** One row per permission: what it lets one do, and who may. */
export const permissions: Readonly<Record<PermissionName, { title: string; roles: readonly Role[] }>> = {
  'devices:read': { title: 'see devices, their values and their history', roles: everybody },
  'devices:write': { title: 'add, change and retire devices', roles: fleet },
  'operations:read': { title: 'see operations', roles: everybody },
  'operations:write': { title: 'request operations of a device', roles: hands },
  'operations:cancel': { title: 'take back operations', roles: hands },
  'campaigns:read': { title: 'see campaigns', roles: everybody },
  'campaigns:write': { title: 'write down campaigns', roles: hands },
  'campaigns:run': { title: 'start, pause, resume and abort campaigns', roles: fleet },
  'health:read': { title: "see Fieldline's own health", roles: everybody },
  'live:read': { title: 'follow changes live', roles: everybody },
}

/** Who acts. A key may hold fewer permissions than its role: `scopes`, absent for all of them. */
export interface Principal {
  kind: 'person' | 'key' | 'system'
  id: string
  name: string
  organisationId: string
  role: Role
  scopes?: readonly PermissionName[]
}

export type Decision =
  { allowed: true } | { allowed: false; code: 'unauthenticated' | 'forbidden'; detail: string }

/** Whether `principal` (undefined: nobody signed in) may do what `permission` stands for. What is not granted is refused. */
export function decide(principal: Principal | undefined, permission: PermissionName): Decision {
  if (principal === undefined)
    return {
      allowed: false,
      code: 'unauthenticated',
      detail: 'Sign in, or send "Authorization: Bearer <API key>".',
    }
  const { title, roles: granted } = permissions[permission]
  const byRole = granted.includes(principal.role)
  if (byRole && (principal.scopes === undefined || principal.scopes.includes(permission)))
    return { allowed: true }
  const why = byRole ? 'this key is not given' : `the role ${principal.role} does not have`
  const who = granted.join(' or ')
  return {
    allowed: false,
    code: 'forbidden',
    detail: `To ${title} needs ${permission}, which ${why}; a role of ${who} has it.`,
  }
}

/**
 * As `decide`, for where a refusal ends the request.
 * @throws DomainError unauthenticated (401), forbidden (403)
 */
export function authorise(principal: Principal | undefined, permission: PermissionName): Principal {
  const decision = decide(principal, permission)
  if (!decision.allowed) throw new DomainError(decision.code, decision.detail)
  return principal as Principal
}
