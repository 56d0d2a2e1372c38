/** Headers that belong to one connection, not to the message. @see RFC 9110 §7.6.1 */
const hopByHop = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Not passed on: `host` and lengths are the next connection's own; compression is ended here so that a stream stays one. */
const notForwarded = new Set(['host', 'content-length', 'accept-encoding', 'expect'])
const notReturned = new Set(['content-length', 'content-encoding'])

function named(headers: Headers): Set<string> {
  return new Set((headers.get('connection') ?? '').split(',').map((name) => name.trim().toLowerCase()))
}

function without(headers: Headers, dropped: ReadonlySet<string>): Headers {
  const kept = new Headers()
  const perConnection = named(headers)
  for (const [name, value] of headers) {
    if (hopByHop.has(name) || dropped.has(name) || perConnection.has(name)) continue
    // `append` keeps several Set-Cookie apart.
    kept.append(name, value)
  }
  return kept
}

/** Headers for the API: all of the browser's, cookies and Origin among them, and who was asked. */
export function requestHeaders(headers: Headers): Headers {
  const forwarded = without(headers, notForwarded)
  const host = headers.get('host')
  if (host !== null && !forwarded.has('x-forwarded-host')) forwarded.set('x-forwarded-host', host)
  forwarded.set('accept-encoding', 'identity')
  return forwarded
}

/** Headers for the browser: all of the API's. An event stream is marked so that nothing on the way compresses (and so delays) it. */
export function responseHeaders(headers: Headers): Headers {
  const returned = without(headers, notReturned)
  if ((returned.get('content-type') ?? '').startsWith('text/event-stream')) {
    returned.set('cache-control', 'no-cache, no-transform')
    returned.set('x-accel-buffering', 'no')
  }
  return returned
}

/**
 * The address at the API for a request to the console: path and query exactly as they were sent, because an encoded slash inside an endpoint
 * name must stay encoded.
 */
export function apiAddress(apiUrl: string, requestUrl: string): string {
  const found = /^[a-z]+:\/\/[^/]+(\/[^#]*)?/i.exec(requestUrl)
  return `${apiUrl.replace(/\/+$/, '')}${found?.[1] ?? '/'}`
}

function unavailable(apiUrl: string, requestId: string): Response {
  const body = {
    type: 'urn:fieldline:problem:unavailable',
    title: 'A part of Fieldline is away',
    status: 503,
    code: 'unavailable',
    detail: `The console got no answer from the API at ${apiUrl}. It may be starting; try again in a moment.`,
    requestId,
  }
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' }
  return new Response(JSON.stringify(body), { status: 503, headers })
}

/** Where the API is, read at run time: a build knows no address. */
export function apiUrl(): string {
  return process.env.API_URL ?? 'http://127.0.0.1:3001'
}

/** Passes a request to the API and its answer back, both as streams. */
export async function forward(request: Request, send: typeof fetch = fetch): Promise<Response> {
  const api = apiUrl()
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && request.body !== null
  const init: RequestInit & { duplex?: 'half' } = {
    method: request.method,
    headers: requestHeaders(request.headers),
    redirect: 'manual',
    cache: 'no-store',
    signal: request.signal,
  }
  if (hasBody) {
    init.body = request.body
    init.duplex = 'half'
  }
  try {
    const answer = await send(apiAddress(api, request.url), init)
    return new Response(answer.body, { status: answer.status, headers: responseHeaders(answer.headers) })
  } catch (error) {
    if (request.signal.aborted) return new Response(null, { status: 499 })
    if (!(error instanceof TypeError)) throw error
    return unavailable(api, crypto.randomUUID())
  }
}
