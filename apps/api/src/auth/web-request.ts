import type { FastifyInstance, FastifyRequest } from 'fastify'
import { DomainError, isStorable } from '@fieldline/contracts'
import type { Configuration } from '../configuration.js'
import type { Authentication } from './authentication.js'
import { SignInLimit } from './sign-in-limit.js'

/** Where the sign-in library finds the caller's address, to slow down guessing per address. */
export const ADDRESS_HEADER = 'x-fieldline-address'

/** Fastify's headers as the web platform has them. */
export function webHeaders(request: FastifyRequest): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== 'content-length')
      headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  headers.set(ADDRESS_HEADER, request.ip) // ours, whatever the caller wrote there
  return headers
}

/** Levels of a member's value; nothing that the sign-in library takes comes near it. */
const MAX_DEPTH = 32
const UNSTORABLE = 'A text without NUL and half surrogate pairs is needed'
const TOO_DEEP = `Nested deeper than ${MAX_DEPTH} levels`

/**
 * Refuses text that cannot be looked up in the database, and nesting without end: anybody may send it, before any limit.
 * @throws DomainError invalid-request (400) that names the member
 */
function checkMembers({ body, query }: FastifyRequest): void {
  const members = [body, query].filter((part) => typeof part === 'object' && part !== null)
  for (const [name, value] of members.flatMap((part) => Object.entries(part as object))) {
    const fault = isStorable(name) ? faultOf(value) : UNSTORABLE
    if (fault !== undefined) throw new DomainError('invalid-request', fault, name)
  }
}

function faultOf(value: unknown, depth = 1): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : UNSTORABLE
  if (typeof value !== 'object' || value === null) return undefined
  if (depth > MAX_DEPTH) return TOO_DEEP
  for (const part of Object.values(value)) {
    const fault = faultOf(part, depth + 1)
    if (fault !== undefined) return fault
  }
  return undefined
}

/** Hands everything below `/api/auth` to the sign-in library, which speaks web requests. */
export function mountAuthentication(
  fastify: FastifyInstance,
  authentication: Authentication,
  { consoleUrl }: Configuration,
): void {
  const signInLimit = new SignInLimit()
  fastify.route({
    method: ['GET', 'POST'],
    url: '/api/auth/*',
    async handler(request, reply) {
      checkMembers(request)
      if (!isStorable(decodeURIComponent(request.url.split('?')[0] ?? '')))
        throw new DomainError('invalid-request', UNSTORABLE)
      // by whatever path: what names an e-mail address tries to sign in, or asks about it
      const waitSeconds = signInLimit.take((request.body as { email?: unknown } | null)?.email, Date.now())
      if (waitSeconds !== undefined)
        return reply
          .status(429)
          .header('retry-after', waitSeconds)
          .send({ message: 'Too many requests. Please try again later.' })
      const response = await authentication.handler(
        new Request(new URL(request.url, consoleUrl), {
          method: request.method,
          headers: webHeaders(request),
          body:
            request.method === 'GET' || request.body === undefined || request.body === null
              ? undefined
              : JSON.stringify(request.body),
        }),
      )
      reply.status(response.status)
      for (const [name, value] of response.headers) if (name !== 'set-cookie') reply.header(name, value)
      const cookies = response.headers.getSetCookie()
      if (cookies.length > 0) reply.header('set-cookie', cookies)
      return reply.send(await response.text())
    },
  })
}
