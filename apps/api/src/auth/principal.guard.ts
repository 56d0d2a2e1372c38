import { Inject, Injectable } from '@nestjs/common'
import type { CanActivate, ExecutionContext } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { authorise } from '@fieldline/access'
import { routes } from '@fieldline/contracts'
import type { Route, RouteName } from '@fieldline/contracts'
import { ROUTE } from '../http/bind.js'
import type { AuthenticatedRequest } from '../http/bind.js'
import { Principals } from './principals.js'

/** Lets a call in if the route's permission is the caller's. */
@Injectable()
export class PrincipalGuard implements CanActivate {
  constructor(
    @Inject(Reflector) private readonly reflector: Reflector,
    @Inject(Principals) private readonly principals: Principals,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const name = this.reflector.get<RouteName | undefined>(ROUTE, context.getHandler())
    if (!name) throw new Error('a handler without a route of the contract')
    const route: Route = routes[name]
    if (route.permission === null) return true
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
    request.principal = authorise(await this.principals.of(request), route.permission)
    return true
  }
}
