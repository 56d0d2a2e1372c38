import { Catch, HttpException } from '@nestjs/common'
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common'
import { DomainError, toProblem } from '@fieldline/contracts'
import type { Problem, ProblemCode } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import type { FastifyReply, FastifyRequest } from 'fastify'

export const PROBLEM_TYPE = 'application/problem+json'

/** What the framework refuses by itself, as problems of ours. */
const byStatus: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid-request',
  404: 'not-found',
  405: 'not-found',
  408: 'request-timeout',
  413: 'payload-too-large',
  415: 'unsupported-media-type',
  429: 'rate-limited',
  431: 'headers-too-large',
}

/** Connections that PostgreSQL refused, dropped or let wait too long. */
const awayCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '08006',
  '08001',
  'P1001',
  'P1017',
])

function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  return (
    (code !== undefined && awayCodes.has(code)) ||
    /Connection terminated|timeout exceeded when trying to connect/.test(message ?? '')
  )
}

/** Answers with a problem. @see RFC 9457 §3 */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  void reply.status(problem.status).header('content-type', PROBLEM_TYPE).send(JSON.stringify(problem))
}

/** Turns every error into problem+json (RFC 9457); what is our fault goes to the log with its request id and gives nothing away. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly log: Logger) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>()
    const reply = host.switchToHttp().getResponse<FastifyReply>()
    const problem = toProblem(this.#known(error), request.id)
    if (problem.status >= 500)
      this.log.error({ err: error, requestId: request.id, path: request.url.split('?')[0] }, 'request failed')
    sendProblem(reply, problem)
  }

  #known(error: unknown): unknown {
    if (error instanceof DomainError) return error
    const status =
      error instanceof HttpException ? error.getStatus() : (error as { statusCode?: number }).statusCode
    const code = status === undefined ? undefined : byStatus[status]
    if (code)
      return new DomainError(code, error instanceof Error ? error.message : 'The request was not understood.')
    if (isAway(error))
      return new DomainError('unavailable', 'The database does not answer at the moment; try again soon.')
    return error
  }
}
