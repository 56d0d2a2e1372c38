import { OpenAPIRegistry, OpenApiGeneratorV31, type RouteConfig } from '@asteasolutions/zod-to-openapi'
import { liveEvents } from './live.js'
import { Problem, problems, type ProblemCode } from './problems.js'
import { routes, type Route } from './routes.js'

type Responses = RouteConfig['responses']

/** Every route answers these beside its own. */
const always: readonly ProblemCode[] = ['invalid-request', 'internal']
const guarded: readonly ProblemCode[] = ['unauthenticated', 'forbidden', 'rate-limited']

function successOf(route: Route): Responses {
  const { status, summary, response, stream } = route
  if (stream === true) {
    const events = Object.keys(liveEvents).join(', ')
    return {
      [status]: {
        description: `Events: ${events}`,
        content: { 'text/event-stream': { schema: { type: 'string' } } },
      },
    }
  }
  if (response === undefined) return { [status]: { description: summary } }
  return { [status]: { description: summary, content: { 'application/json': { schema: response } } } }
}

function problemsOf(route: Route): Responses {
  const codes = [...always, ...(route.permission === null ? [] : guarded), ...route.problems]
  const byStatus = new Map<number, ProblemCode[]>()
  for (const code of codes) {
    const { status } = problems[code]
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  const answers: Responses = {}
  for (const [status, found] of byStatus) {
    const description = found.map((code) => `${code}: ${problems[code].title}`).join('. ')
    answers[status] = { description, content: { 'application/problem+json': { schema: Problem } } }
  }
  return answers
}

/** The whole interface as an OpenAPI 3.1 document, drawn from the table of routes. */
export function openApiDocument(version = '0.1.0') {
  const registry = new OpenAPIRegistry()
  registry.registerComponent('securitySchemes', 'apiKey', { type: 'http', scheme: 'bearer' })
  registry.registerComponent('securitySchemes', 'session', {
    type: 'apiKey',
    in: 'cookie',
    name: 'fieldline.session_token',
  })
  for (const [operationId, route] of Object.entries<Route>(routes)) {
    registry.registerPath({
      operationId,
      method: route.method,
      path: route.path,
      summary: route.summary,
      tags: [route.path.split('/')[2] ?? 'v1'],
      ...(route.permission === null
        ? { security: [] }
        : {
            description: `Needs the permission ${route.permission}.`,
            security: [{ apiKey: [] }, { session: [] }],
          }),
      request: {
        ...(route.params ? { params: route.params } : {}),
        ...(route.query ? { query: route.query } : {}),
        ...(route.headers ? { headers: route.headers } : {}),
        ...(route.body
          ? {
              body: {
                required: !route.body.safeParse(undefined).success,
                content: { 'application/json': { schema: route.body } },
              },
            }
          : {}),
      },
      responses: { ...successOf(route), ...problemsOf(route) },
    })
  }
  return new OpenApiGeneratorV31(registry.definitions).generateDocument({
    openapi: '3.1.0',
    info: { title: 'Fieldline', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/' }],
  })
}
