import type { RouteArgument, RouteName, RouteResponse, routes } from '@fieldline/contracts'
import { addresses, pathOf } from './addresses.js'
import { problemOf, unreachable } from './problem-error.js'

type Streamed = { [N in RouteName]: (typeof routes)[N] extends { stream: true } ? N : never }[RouteName]

/** Routes that answer once. `live` is a stream: see `openLive`. */
export type CallName = Exclude<RouteName, Streamed>

type Part<N extends RouteName, K extends 'params' | 'query' | 'body'> = [RouteArgument<N, K>] extends [never]
  ? { [P in K]?: never }
  : undefined extends RouteArgument<N, K>
    ? { [P in K]?: RouteArgument<N, K> }
    : Record<never, never> extends RouteArgument<N, K>
      ? { [P in K]?: RouteArgument<N, K> }
      : { [P in K]: RouteArgument<N, K> }

/** What a call takes: the parts its route has, `wait` seconds for the outcome of an operation, a signal to give up. */
export type CallArgument<N extends CallName> = Part<N, 'params'> &
  Part<N, 'query'> &
  Part<N, 'body'> & { wait?: number; signal?: AbortSignal }

type Optional<N extends CallName> = Record<never, never> extends CallArgument<N> ? true : false

export interface Client {
  /**
   * Calls a route by its name in the table of contracts.
   * @throws ProblemError for every answer that is no success, and for none (status 0)
   */
  call<N extends CallName>(
    name: N,
    ...argument: Optional<N> extends true ? [CallArgument<N>?] : [CallArgument<N>]
  ): Promise<RouteResponse<N>>
}

export interface ClientOptions {
  /** Origin of the API, such as `http://127.0.0.1:3001`; empty in a browser that talks to its own origin. */
  baseUrl: string
  /** For programs; a browser has its session cookie. */
  apiKey?: string
  fetch?: typeof fetch
}

interface AnyArgument {
  params?: Record<string, string>
  query?: Record<string, unknown>
  body?: unknown
  wait?: number
  signal?: AbortSignal
}

/** A query string with its `?`, or nothing. Undefined members are left out, arrays are repeated. */
export function queryText(query: Readonly<Record<string, unknown>> | undefined): string {
  const text = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    const all = Array.isArray(value) ? value : [value]
    for (const one of all) if (one !== undefined && one !== null) text.append(key, String(one))
  }
  const written = text.toString()
  return written === '' ? '' : `?${written}`
}

function requestOf(name: CallName, argument: AnyArgument, apiKey: string | undefined): RequestInit {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (apiKey !== undefined) headers.authorization = `Bearer ${apiKey}`
  if (argument.wait !== undefined) headers.prefer = `wait=${argument.wait}`
  const init: RequestInit = { method: addresses[name].method.toUpperCase(), headers }
  if (argument.body !== undefined) {
    headers['content-type'] = 'application/json'
    init.body = JSON.stringify(argument.body)
  }
  if (argument.signal !== undefined) init.signal = argument.signal
  return init
}

/** A client of /v1: one method, typed by the table of routes. */
export function createClient({ baseUrl, apiKey, fetch: given }: ClientOptions): Client {
  const origin = baseUrl.replace(/\/+$/, '')
  const call = async (name: CallName, argument: AnyArgument = {}): Promise<unknown> => {
    const address = `${origin}${pathOf(name, argument.params)}${queryText(argument.query)}`
    const send = given ?? globalThis.fetch
    let response: Response
    try {
      response = await send(address, requestOf(name, argument, apiKey))
    } catch (error) {
      if (argument.signal?.aborted === true) throw error
      throw unreachable(origin, error)
    }
    if (!response.ok) throw await problemOf(response)
    return response.status === 204 ? undefined : response.json()
  }
  return { call: call as Client['call'] }
}
