import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { DomainError, routes, toProblem } from '@fieldline/contracts'
import type { ProblemCode } from '@fieldline/contracts'
import { PROBLEM_TYPE, sendProblem } from './problem.filter.js'

const isParameter = (part: string): boolean => part.startsWith('{')

/** The first parameter of the route that an address was meant for: what the router could not take. */
function parameterOf(url: string): string | undefined {
  const parts = url.split('?')[0]?.split('/') ?? []
  const matching = Object.values(routes)
    .map(({ path }) => path.split('/'))
    .find(
      (path) =>
        path.length === parts.length &&
        path.some(isParameter) &&
        path.every((part, i) => isParameter(part) || part === parts[i]),
    )
  return matching?.find(isParameter)?.slice(1, -1)
}

/** Answers what the router refuses before it knows a route: an address that does not decode, and a parameter longer than any may be. */
export function answerRouterError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const field = parameterOf(request.url)
  const subject = `${field ?? 'The address'}: `
  const fault =
    error.code === 'FST_ERR_BAD_URL'
      ? new DomainError('invalid-request', `${subject}not percent-encoded UTF-8`, field)
      : error.code === 'FST_ERR_MAX_PARAM_LENGTH'
        ? new DomainError('invalid-request', `${subject}longer than any can be`, field)
        : error
  sendProblem(reply, toProblem(fault, request.id))
}

const brokenness: Readonly<Record<string, readonly [ProblemCode, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'more headers than are read'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'it did not arrive in time'],
}

/** Answers what is not even HTTP, or has more headers than are read, and hangs up. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  // nobody reads an answer any more, or one is under way
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy(error)
    return
  }
  const [code, what] = brokenness[error.code ?? ''] ?? ['invalid-request', 'this is not HTTP']
  const problem = toProblem(new DomainError(code, `The request: ${what}`), randomUUID())
  const body = JSON.stringify(problem)
  socket.write(
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\ncontent-type: ${PROBLEM_TYPE}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // not only our half: a caller that keeps its own open would keep the socket
  socket.destroySoon()
}
