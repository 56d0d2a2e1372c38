import {
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
  applyDecorators,
  createParamDecorator,
} from '@nestjs/common'
import type { ExecutionContext } from '@nestjs/common'
import { parseRequest, routes } from '@fieldline/contracts'
import type { Route, RouteInput, RouteName } from '@fieldline/contracts'
import type { Principal } from '@fieldline/access'
import type { FastifyRequest } from 'fastify'

export const ROUTE = 'fieldline:route'

const methods = {
  get: RequestMethod.GET,
  post: RequestMethod.POST,
  patch: RequestMethod.PATCH,
  delete: RequestMethod.DELETE,
} as const
const bound = new Set<RouteName>()

/** Serves a route of the contract with this method: path, verb, success status and permission all come from its row. */
export function Bind(name: RouteName): MethodDecorator {
  if (bound.has(name)) throw new Error(`the route ${name} is bound twice`)
  bound.add(name)
  const route: Route = routes[name]
  return applyDecorators(
    RequestMapping({ path: route.path.replace(/\{(\w+)\}/g, ':$1'), method: methods[route.method] }),
    HttpCode(route.status),
    SetMetadata(ROUTE, name),
  )
}

/** Fails unless every route of the contract is bound: a process with a hole in its interface does not start. */
export function assertEveryRouteIsBound(): void {
  const missing = (Object.keys(routes) as RouteName[]).filter((name) => !bound.has(name))
  if (missing.length > 0) throw new Error(`no controller binds ${missing.join(', ')}`)
}

type Part<N extends RouteName, K extends 'params' | 'query' | 'headers' | 'body'> = [
  RouteInput<N, K>,
] extends [never]
  ? undefined
  : RouteInput<N, K>

/** What a handler receives: checked, defaulted and coerced by the schemas of its route. */
export interface RouteRequest<N extends RouteName> {
  readonly params: Part<N, 'params'>
  readonly query: Part<N, 'query'>
  readonly headers: Part<N, 'headers'>
  readonly body: Part<N, 'body'>
}

export type AuthenticatedRequest = FastifyRequest & { principal?: Principal }

/** The checked request of the route. Fails with 400 and the name of the field. */
export const Input = createParamDecorator(
  (_data: unknown, context: ExecutionContext): RouteRequest<RouteName> => {
    const name = Reflect.getMetadata(ROUTE, context.getHandler()) as RouteName
    const route: Route = routes[name]
    const request = context.switchToHttp().getRequest<FastifyRequest>()
    return {
      params: route.params && parseRequest(route.params, request.params),
      query: route.query && parseRequest(route.query, request.query),
      headers: route.headers && parseRequest(route.headers, request.headers),
      body: route.body && parseRequest(route.body, request.body ?? undefined),
    } as RouteRequest<RouteName>
  },
)

/** Who calls, by which door, under which request id. */
export interface Caller {
  readonly principal: Principal
  readonly via: 'console' | 'api'
  readonly requestId: string
  readonly address: string
}

/** Who calls. Only for routes with a permission. */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Caller => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>()
  const principal = request.principal
  if (!principal) throw new Error('an open route has no caller')
  return {
    principal,
    via: principal.kind === 'person' ? 'console' : 'api',
    requestId: request.id,
    address: request.ip,
  }
})
