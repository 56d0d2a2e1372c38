import { describe, expect, it } from 'vitest'
import { contentSecurityPolicy } from './content-security-policy'
import { apiAddress, forward, requestHeaders, responseHeaders } from './forward'

describe('forwarding', () => {
  it('keeps cookies, origin and prefer, and drops what belongs to the connection', () => {
    const forwarded = requestHeaders(
      new Headers({
        host: 'console.test',
        cookie: 'session=1',
        origin: 'http://console.test',
        prefer: 'wait=20',
        connection: 'keep-alive, x-private',
        'x-private': '1',
        'accept-encoding': 'gzip, br',
        'content-length': '12',
      }),
    )
    expect(Object.fromEntries(forwarded)).toEqual({
      'accept-encoding': 'identity',
      cookie: 'session=1',
      origin: 'http://console.test',
      prefer: 'wait=20',
      'x-forwarded-host': 'console.test',
    })
  })

  it('returns every Set-Cookie on its own', () => {
    const headers = new Headers({ 'content-length': '3' })
    headers.append('set-cookie', 'a=1; Path=/')
    headers.append('set-cookie', 'b=2; Path=/')
    expect(responseHeaders(headers).getSetCookie()).toEqual(['a=1; Path=/', 'b=2; Path=/'])
  })

  it('keeps an event stream from being compressed', () => {
    const headers = responseHeaders(new Headers({ 'content-type': 'text/event-stream; charset=utf-8' }))
    expect(headers.get('cache-control')).toBe('no-cache, no-transform')
  })

  it('leaves an encoded slash and percent in an endpoint name as they are', () => {
    expect(apiAddress('http://api:1/', 'http://c.test:3000/v1/devices/a%2Fb%25c%3A%C3%BC?limit=1')).toBe(
      'http://api:1/v1/devices/a%2Fb%25c%3A%C3%BC?limit=1',
    )
  })

  it('answers a problem when the API is away', async () => {
    const answer = await forward(new Request('http://c.test/v1/health'), () =>
      Promise.reject(new TypeError('fetch failed')),
    )
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ code: 'unavailable' })
  })

  it('passes method, body and status through', async () => {
    let seen: { address: string; init: RequestInit } | undefined
    const request = new Request('http://c.test/v1/devices', { method: 'POST', body: '{}' })
    const answer = await forward(request, async (address, init = {}) => {
      seen = { address: String(address), init }
      return new Response('{"a":1}', { status: 201, headers: { 'content-type': 'application/json' } })
    })
    expect(seen?.init.method).toBe('POST')
    expect(seen?.init.body).toBe(request.body)
    expect([answer.status, await answer.text()]).toEqual([201, '{"a":1}'])
  })
})

describe('content security policy', () => {
  it('names no foreign origin and allows eval only in development', () => {
    const policy = contentSecurityPolicy('abc', false)
    expect(policy).not.toMatch(/https?:|unsafe-eval|\*/)
    expect(policy).toContain("'nonce-abc'")
    expect(contentSecurityPolicy('abc', true)).toContain('unsafe-eval')
  })
})
