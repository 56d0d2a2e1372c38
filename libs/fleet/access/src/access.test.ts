import { permissionNames, routes } from '@fieldline/contracts'
import { describe, expect, it } from 'vitest'
import { auditRecord, authorise, decide, permissions, roles, type Principal } from './index.js'

const ada: Principal = { kind: 'person', id: 'u1', name: 'Ada', organisationId: 'o1', role: 'viewer' }

describe('a decision', () => {
  it('refuses whoever has not signed in, for every permission', () => {
    for (const permission of permissionNames)
      expect(decide(undefined, permission)).toMatchObject({ allowed: false, code: 'unauthenticated' })
  })
  it('lets an admin do everything and a viewer change nothing', () => {
    for (const permission of permissionNames) {
      expect(decide({ ...ada, role: 'admin' }, permission).allowed).toBe(true)
      expect(decide(ada, permission).allowed).toBe(permission.endsWith(':read'))
    }
  })
  it('says what is missing and who has it', () => {
    expect(decide(ada, 'campaigns:run')).toEqual({
      allowed: false,
      code: 'forbidden',
      detail:
        'To start, pause, resume and abort campaigns needs campaigns:run, which the role viewer does not have; a role of admin or operator has it.',
    })
    expect(() => authorise(ada, 'devices:write')).toThrow(/devices:write/)
    expect(authorise(ada, 'devices:read')).toBe(ada)
  })
  it('gives a key no more than its scopes and no more than its role', () => {
    const key: Principal = { ...ada, kind: 'key', role: 'operator', scopes: ['devices:read'] }
    expect(decide(key, 'devices:read').allowed).toBe(true)
    expect(decide(key, 'operations:write').allowed).toBe(false)
    expect(decide({ ...key, role: 'viewer', scopes: ['campaigns:run'] }, 'campaigns:run').allowed).toBe(false)
    expect(decide({ ...key, scopes: [] }, 'devices:read').allowed).toBe(false)
  })
  it('exists for every permission a route asks for', () => {
    for (const route of Object.values(routes))
      if (route.permission !== null) expect(permissions[route.permission].roles).toContain('admin')
    expect(roles).toHaveLength(4)
  })
})

describe('an audit record', () => {
  const input = {
    actor: ada,
    action: 'device.change',
    subject: { kind: 'device', id: 'd1' },
    where: { via: 'console' as const },
  }
  it('holds only what changed', () => {
    const record = auditRecord(
      {
        ...input,
        before: { label: 'a', group: ['x'], site: { name: 'n' } },
        after: { label: 'b', group: ['x'], site: { name: 'n' }, iccid: '1' },
      },
      0,
    )
    expect(record).toMatchObject({
      at: '1970-01-01T00:00:00.000Z',
      before: { label: 'a' },
      after: { label: 'b', iccid: '1' },
    })
    expect(Object.keys(record.before)).toEqual(['label'])
  })
  it('never holds key material', () => {
    const record = auditRecord(
      {
        ...input,
        before: { apiKey: 'k1', credential: { psk: '00' } },
        after: { apiKey: 'k2', credential: { psk: '01' } },
      },
      0,
    )
    expect(record.before).toEqual({ apiKey: '(hidden)', credential: { psk: '(hidden)' } })
    expect(record.after).toEqual(record.before)
  })
  it('hides secrets however deep they lie, in lists too', () => {
    const { before, after } = auditRecord(
      {
        ...input,
        before: { servers: [{ uri: 'coaps://a', psk: '00' }] },
        after: { servers: [{ uri: 'coaps://b', security: { psk: '11', privateKey: null } }] },
      },
      0,
    )
    expect(before).toEqual({ servers: [{ uri: 'coaps://a', psk: '(hidden)' }] })
    expect(after).toEqual({
      servers: [{ uri: 'coaps://b', security: { psk: '(hidden)', privateKey: null } }],
    })
  })
})
