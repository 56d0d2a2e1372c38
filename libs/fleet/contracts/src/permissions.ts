/** What may be done, one name each; who may do it is decided in access. */
export const permissionNames = [
  'devices:read',
  'devices:write',
  'operations:read',
  'operations:write',
  'operations:cancel',
  'campaigns:read',
  'campaigns:write',
  'campaigns:run',
  'health:read',
  'live:read',
] as const
export type PermissionName = (typeof permissionNames)[number]
