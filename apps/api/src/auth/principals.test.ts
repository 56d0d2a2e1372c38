import { SetMetadata } from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import type { FastifyRequest } from 'fastify'
import { describe, expect, it } from 'vitest'
import { decide, roles } from '@fieldline/access'
import type { Principal } from '@fieldline/access'
import { routes } from '@fieldline/contracts'
import type { Route, RouteName } from '@fieldline/contracts'
import type { Database } from '@fieldline/store'
import type { Configuration } from '../configuration.js'
import { ROUTE } from '../http/bind.js'
import type { Authentication } from './authentication.js'
import { PrincipalGuard } from './principal.guard.js'
import { Principals } from './principals.js'

const organisationId = '00000000-0000-4000-8000-000000000001'
const callers = [
  undefined,
  ...roles.map((role): Principal => ({ kind: 'key', id: role, name: role, organisationId, role })),
]

/** Whether the guard lets a caller in on a route. */
function admits(name: RouteName, caller: Principal | undefined): Promise<boolean> {
  const handler = (): void => {}
  SetMetadata(ROUTE, name)(handler)
  const context = {
    getHandler: () => handler,
    switchToHttp: () => ({ getRequest: () => ({ headers: {} }) }),
  } as unknown as ExecutionContext
  const principals = { of: async () => caller } as unknown as Principals
  return new PrincipalGuard(new Reflector(), principals).canActivate(context).catch(() => false)
}

it('every route lets in whose role has its permission, and nobody else', async () => {
  for (const [name, { permission }] of Object.entries(routes) as [RouteName, Route][])
    for (const caller of callers)
      expect(await admits(name, caller), `${name} for ${caller?.role ?? 'nobody'}`).toBe(
        permission === null || decide(caller, permission).allowed,
      )
})

describe('a call with a session', () => {
  const console = 'https://fleet.example'
  const call = (method: string, origin?: string, role = 'operator') =>
    new Principals(
      {} as Database,
      {
        api: {
          getSession: async () => ({ user: { id: 'ada', name: '', email: 'ada@fleet.example', role } }),
        },
      } as unknown as Authentication,
      { consoleUrl: console } as Configuration,
    ).of({
      method,
      ip: '192.0.2.1',
      headers: { cookie: 'session=1', ...(origin === undefined ? {} : { origin }) },
    } as unknown as FastifyRequest)
  const ada = { kind: 'person', id: 'ada', name: 'ada@fleet.example', organisationId, role: 'operator' }

  it('changes nothing from the pages of another origin', async () => {
    for (const method of ['POST', 'PATCH', 'DELETE']) {
      await expect(call(method, 'https://elsewhere.example')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(call(method, 'null')).rejects.toMatchObject({ code: 'forbidden' })
      await expect(call(method, console)).resolves.toEqual(ada)
      await expect(call(method)).resolves.toEqual(ada)
    }
    await expect(call('GET', 'https://elsewhere.example')).resolves.toEqual(ada)
  })

  it('may only look where its role is none we know', async () => {
    await expect(call('GET', undefined, 'owner')).resolves.toMatchObject({ role: 'viewer' })
  })
})
