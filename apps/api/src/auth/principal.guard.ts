import { Inject, Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { authorise, roles } from '@fieldline/access'
import type { Principal, Role } from '@fieldline/access'
import { DomainError, routes } from '@fieldline/contracts'
import type { Route, RouteName } from '@fieldline/contracts'
import { ApiKeyRepository, defaultOrganisationId } from '@fieldline/store'
import type { Database } from '@fieldline/store'
import { ROUTE } from '../http/bind.js'
import type { AuthenticatedRequest } from '../http/bind.js'
import { CONFIGURATION, DATABASE } from '../tokens.js'
import type { Configuration } from '../configuration.js'
import { AUTHENTICATION } from './tokens.js'
import type { Authentication } from './authentication.js'
import { webHeaders } from './web-request.js'

const roleOf = (name: string | null | undefined): Role => roles.find((role) => role === name) ?? 'viewer'

/** Finds out who calls, by API key or session, and whether the route's permission is theirs. */
@Injectable()
export class PrincipalGuard implements CanActivate {
  readonly #keys: ApiKeyRepository

  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(DATABASE) database: Database,
    @Inject(AUTHENTICATION) private readonly authentication: Authentication,
    @Inject(CONFIGURATION) private readonly configuration: Configuration,
  ) {
    this.#keys = new ApiKeyRepository(database)
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const name = this.reflector.get<RouteName | undefined>(ROUTE, context.getHandler())
    if (!name) throw new Error('a handler without a route of the contract')
    const route: Route = routes[name]
    if (route.permission === null) return true
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    request.principal = authorise(await this.#principal(request), route.permission)
    return true
  }

  async #principal(request: AuthenticatedRequest): Promise<Principal | undefined> {
    const bearer = /^Bearer (\S{16,200})$/.exec(request.headers.authorization ?? '')
    if (bearer) {
      const key = await this.#keys.find(bearer[1] as string)
      return (
        key && {
          kind: 'key',
          id: key.id,
          name: key.name,
          organisationId: key.organisationId,
          role: roleOf(key.role),
        }
      )
    }
    if (request.headers.authorization !== undefined || request.headers.cookie === undefined) return undefined
    const session = await this.authentication.api.getSession({ headers: webHeaders(request) })
    if (!session) return undefined
    // a cookie travels by itself: what changes something must come from the console's own pages
    const { origin } = request.headers
    if (request.method !== 'GET' && origin !== undefined && origin !== this.configuration.consoleUrl) {
      throw new DomainError(
        'forbidden',
        `Changes with a session are accepted from ${this.configuration.consoleUrl} only; programs send an API key.`,
      )
    }
    const { id, name, email, role, organisationId } = session.user
    return {
      kind: 'person',
      id,
      name: name || email,
      organisationId: organisationId ?? defaultOrganisationId,
      role: roleOf(role),
    }
  }
}
