import type { Problem, ProblemCode } from '@fieldline/contracts'

/**
 * What the API answered instead of a result, or that it did not answer. `status` is the HTTP status, 0 where nothing came back;
 * `field` names the offending member of the request; `requestId` leads to the entry in the API's log.
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError'
  readonly code: ProblemCode
  readonly title: string
  readonly detail: string
  readonly field: string | undefined
  readonly requestId: string | undefined

  constructor(
    readonly status: number,
    problem: Pick<Problem, 'code' | 'title' | 'detail'> & { field?: string; requestId?: string },
    options?: ErrorOptions,
  ) {
    super(problem.detail, options)
    this.code = problem.code
    this.title = problem.title
    this.detail = problem.detail
    this.field = problem.field
    this.requestId = problem.requestId
  }
}

/** What a status means when nobody explained it: a proxy on the way, not our API. */
const fallbacks: Readonly<Record<number, ProblemCode>> = {
  400: 'invalid-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  413: 'payload-too-large',
  429: 'rate-limited',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false
  const { code, detail, title } = body as Partial<Problem>
  return typeof code === 'string' && typeof detail === 'string' && typeof title === 'string'
}

/** The error of a response that is no success. A body that is not a problem of ours is not shown: the status decides the words. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const requestId = response.headers.get('x-request-id') ?? undefined
  let body: unknown
  try {
    body = await response.json()
  } catch (error) {
    // A proxy's page, or a body cut short: the status still says what happened.
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error
  }
  if (isProblem(body)) return new ProblemError(response.status, body)
  return new ProblemError(response.status, {
    code: fallbacks[response.status] ?? 'internal',
    title: 'Fieldline did not answer as expected',
    detail: `The answer was HTTP ${response.status} without an explanation.`,
    requestId,
  })
}

/** The error of a request that got no answer at all. */
export function unreachable(address: string, cause: unknown): ProblemError {
  const detail = `No answer from ${address === '' ? 'Fieldline' : address}. Is the API running and the network up?`
  return new ProblemError(0, { code: 'unavailable', title: 'No answer', detail }, { cause })
}
