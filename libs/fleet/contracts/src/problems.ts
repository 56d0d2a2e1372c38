import { z } from 'zod'

/**
 * The problem table: stable code -> HTTP status and title. A partner's program branches on `code`; the words may improve.
 * One row per code; nothing else in the product makes up a status.
 */
export const problems = {
  'invalid-request': { status: 400, title: 'The request is not well formed' },
  unauthenticated: { status: 401, title: 'Sign in, or send an API key' },
  forbidden: { status: 403, title: 'This key or role may not do that' },
  'hazard-refused': { status: 403, title: 'Refused: this would do harm that cannot be undone from here' },
  'not-found': { status: 404, title: 'There is no such thing' },
  conflict: { status: 409, title: 'The state it is in does not allow that' },
  'confirmation-required': { status: 409, title: 'This needs a confirmation' },
  'already-exists': { status: 409, title: 'It exists already' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'payload-too-large': { status: 413, title: 'The request is too large' },
  'unsupported-media-type': { status: 415, title: 'Only application/json is understood here' },
  'read-only': { status: 422, title: 'The resource cannot be written' },
  'not-readable': { status: 422, title: 'The resource cannot be read' },
  'not-executable': { status: 422, title: 'The resource cannot be executed' },
  'wrong-type': { status: 422, title: 'The value has another type than the resource' },
  'out-of-range': { status: 422, title: 'The value lies outside the range of the resource' },
  unsupported: { status: 422, title: 'Fieldline cannot do that yet' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'Fieldline failed' },
  unavailable: { status: 503, title: 'A part of Fieldline is away' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemCode = keyof typeof problems

export const problemCodes = Object.keys(problems) as [ProblemCode, ...ProblemCode[]]

/** An error body. `type` is a stable address made of the code. @see RFC 9457 §3 */
export const Problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.enum(problemCodes),
    detail: z.string(),
    field: z.string().optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'An error. RFC 9457' })
export type Problem = z.infer<typeof Problem>

/**
 * The caller's fault (or a state that does not allow the wish): stable `code`, `detail` that says what was wrong, where and what to do,
 * `field` naming the offending member of the request.
 */
export class DomainError extends Error {
  override readonly name = 'DomainError'
  constructor(
    readonly code: ProblemCode,
    readonly detail: string,
    readonly field?: string,
  ) {
    super(detail)
  }
}

/** The problem body of an error. Anything that is not a DomainError becomes `internal` and gives nothing away. */
export function toProblem(error: unknown, requestId: string): Problem {
  const known = error instanceof DomainError
  const code: ProblemCode = known ? error.code : 'internal'
  const { status, title } = problems[code]
  return {
    type: `urn:fieldline:problem:${code}`,
    title,
    status,
    code,
    detail: known ? error.detail : 'Fieldline failed. The request id leads to the entry in the log.',
    ...(known && error.field !== undefined ? { field: error.field } : {}),
    requestId,
  }
}

/**
 * Parses `input` by `schema` and throws a DomainError that names the first offending field.
 * @throws DomainError invalid-request (400)
 */
export function parseRequest<S extends z.ZodType>(schema: S, input: unknown, prefix = ''): z.output<S> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const unrecognised = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
  const path = [...(issue?.path ?? []), ...unrecognised].map(String)
  const field = [...(prefix === '' ? [] : [prefix]), ...path].join('.')
  const detail = `${field === '' ? 'The request' : field}: ${issue?.message ?? 'not understood'}`
  throw new DomainError('invalid-request', detail, field === '' ? undefined : field)
}
