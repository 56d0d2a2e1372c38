import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Problem } from '@fieldline/contracts'
import { Problem as ProblemShape } from '@fieldline/contracts'
import { useApi } from '../api.test-support.js'

const api = useApi()
const psk = (identity: string) => ({ identity, key: '00'.repeat(16) })
const campaign = (change: object) => ({
  name: 'Report hourly',
  kind: 'config',
  audience: 'model:E3',
  write: [{ path: '/3/0/15', value: 'Europe/Prague' }],
  ...change,
})
beforeAll(async () => {
  expect((await api.call('POST', '/v1/devices', { endpoint: 'known' })).status).toBe(201)
})

describe('text that the database cannot keep', () => {
  const cursor = Buffer.from('["a\\ud800"]').toString('base64url')
  const refused: [field: string, method: 'GET' | 'POST' | 'PATCH', url: string, body?: unknown][] = [
    ['q', 'GET', '/v1/devices?q=%00'],
    ['q', 'GET', '/v1/devices?q=endpoint:a%00'],
    ['q', 'GET', '/v1/devices?q=-vendor:%00'],
    ['cursor', 'GET', `/v1/devices?cursor=${cursor}`],
    ['cursor', 'GET', `/v1/candidates?cursor=${Buffer.from('["\\u0000"]').toString('base64url')}`],
    ['endpoint', 'GET', '/v1/devices/a%00'],
    ['endpoint', 'GET', '/v1/live?endpoint=a%00'],
    ['path', 'GET', '/v1/devices/known/values?path=/3/0%00'],
    ['audience', 'POST', '/v1/audiences/preview', { audience: 'vendor:\0' }],
    ['audience', 'POST', '/v1/audiences/preview', { audience: 'vendor:\ud800' }],
    ['audience', 'POST', '/v1/campaigns', campaign({ audience: 'vendor:a\0' })],
    ['audience', 'POST', '/v1/campaigns', campaign({ audience: 'vendor:\ud800' })],
    ['name', 'POST', '/v1/campaigns', campaign({ name: 'a\ud800' })],
    ['write.0.value', 'POST', '/v1/campaigns', campaign({ write: [{ path: '/3/0/15', value: 'a\0' }] })],
    ['write.0.value', 'POST', '/v1/campaigns', campaign({ write: [{ path: '/3/0/15', value: '\udc00' }] })],
    ['value', 'POST', '/v1/devices/known/operations', { kind: 'write', path: '/3/0/15', value: 'a\0' }],
    ['value', 'POST', '/v1/devices/known/operations', { kind: 'write', path: '/3/0/15', value: '\ud800' }],
    ['endpoint', 'POST', '/v1/devices', { endpoint: 'a\0' }],
    ['label', 'POST', '/v1/devices', { endpoint: 'b', label: 'a\0' }],
    ['psk.identity', 'POST', '/v1/devices', { endpoint: 'c', psk: psk('a\0') }],
    ['psk.identity', 'POST', '/v1/devices', { endpoint: 'c', psk: psk('a\ud800') }],
    ['psk.identity', 'PATCH', '/v1/devices/known', { psk: psk('a\0') }],
    ['group.0', 'PATCH', '/v1/devices/known', { group: ['\ud800'] }],
    ['reason', 'POST', `/v1/operations/${api.organisationId}/cancel`, { reason: 'a\0' }],
    ['reason', 'POST', `/v1/campaigns/${api.organisationId}/resume`, { reason: '\ud800' }],
    ['email', 'POST', '/api/auth/sign-in/email', { email: 'a\0@example.test', password: 'x' }],
    ['token', 'POST', '/api/auth/reset-password', { newPassword: 'long enough to be one', token: 'a\0' }],
    ['token', 'POST', '/api/auth/reset-password?token=%00', { newPassword: 'long enough to be one' }],
  ]
  for (const [field, method, url, body] of refused)
    it(`is the caller's fault: ${method} ${url} ${body === undefined ? '' : JSON.stringify(body)}`, async () => {
      const answer = await api.call(method, url, body)
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid-request', field } })
    })
})

describe('a body that is nested without end', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth))
  it("is the caller's fault before anybody signs in with it", async () => {
    const raw = `{"email":${'['.repeat(200_000)}${']'.repeat(200_000)}}`
    const answer = await api
      .app()
      .getHttpAdapter()
      .getInstance()
      .inject({
        method: 'POST',
        url: '/api/auth/sign-in/email',
        headers: { 'content-type': 'application/json' },
        payload: raw,
      })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ code: 'invalid-request', field: 'email' })
  })
  it('is nested too deep from the 33rd level on', async () => {
    const send = (depth: number) => api.call('POST', '/api/auth/sign-in/email', { extra: nested(depth) })
    expect((await send(33)).body).toMatchObject({
      code: 'invalid-request',
      field: 'extra',
      detail: expect.stringMatching(/32 levels/) as string,
    })
    expect((await send(32)).body.field).toBeUndefined()
  })
})

describe('what no route answers', () => {
  const problem = (status: number, code: string, field?: string): Partial<Problem> => ({
    status,
    code: code as Problem['code'],
    type: `urn:fieldline:problem:${code}`,
    ...(field === undefined ? {} : { field }),
  })
  async function send(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    type?: string,
    payload?: string,
  ) {
    const headers = type === undefined ? {} : { 'content-type': type }
    const answer = await api.app().getHttpAdapter().getInstance().inject({ method, url, headers, payload })
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/)
    expect(answer.statusCode).toBe(answer.json<Problem>().status)
    return ProblemShape.parse(answer.json())
  }

  it('is a problem that names the parameter where the address does not decode', async () => {
    for (const url of ['/v1/devices/%FF', '/v1/devices/%', '/v1/devices/%ED%A0%80/operations?limit=1'])
      expect(await send('GET', url), url).toMatchObject(problem(400, 'invalid-request', 'endpoint'))
    expect(await send('GET', '/v1/campaigns/%FF')).toMatchObject(problem(400, 'invalid-request', 'id'))
    expect((await send('GET', '/%FF')).detail).toMatch(/^The address: not percent-encoded/)
  })
  it('is a problem where a name is longer than any can be', async () => {
    for (const url of [`/v1/devices/${'x'.repeat(800)}`, `/v1/devices/${'x'.repeat(8_000)}/timeline`])
      expect(await send('GET', url)).toMatchObject(problem(400, 'invalid-request', 'endpoint'))
    const escaped = `/v1/devices/${'%C3%A9'.repeat(127)}`
    expect(await api.call('GET', escaped)).toMatchObject({ status: 404, body: { code: 'not-found' } })
  })
  it('is a problem for an unknown address or method', async () => {
    expect(await send('GET', '/v1/nothing')).toMatchObject(problem(404, 'not-found'))
    expect(await send('PUT', '/v1/devices', 'application/json', '{}')).toMatchObject(
      problem(404, 'not-found'),
    )
    expect(await send('DELETE', '/v1/health')).toMatchObject(problem(404, 'not-found'))
  })
  it('is a problem for a body that is not JSON, or too much of it', async () => {
    for (const body of ['{"a":', '{"__proto__":{}}'])
      expect(await send('POST', '/v1/devices', 'application/json', body)).toMatchObject(
        problem(400, 'invalid-request'),
      )
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded'])
      expect(await send('POST', '/v1/devices', type, 'endpoint=a'), type).toMatchObject(
        problem(415, 'unsupported-media-type'),
      )
    // what curl -d '' sends: no body, and a header all the same
    const form = 'application/x-www-form-urlencoded'
    expect(await send('POST', `/v1/campaigns/${api.organisationId}/start`, form, '')).toMatchObject(
      problem(401, 'unauthenticated'),
    )
    const large = JSON.stringify('x'.repeat(1_100_000))
    expect(await send('POST', '/v1/devices', 'application/json', large)).toMatchObject(
      problem(413, 'payload-too-large'),
    )
  })
  it('is a problem even for what is no HTTP and for too many headers', async () => {
    await api.app().listen(0, '127.0.0.1')
    const { port } = new URL(await api.app().getUrl())
    const exchange = async (request: string): Promise<string> => {
      const socket = connect(Number(port), '127.0.0.1')
      socket.write(request)
      return text(socket)
    }
    const [head, body] = (await exchange('once upon a time\r\n\r\n')).split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 400 Bad Request\r\ncontent-type: application\/problem\+json/)
    expect(ProblemShape.parse(JSON.parse(body ?? ''))).toMatchObject(problem(400, 'invalid-request'))
    const headers = `GET /v1/health HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(70_000)}\r\n\r\n`
    const [overflow, why] = (await exchange(headers)).split('\r\n\r\n')
    expect(overflow).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
    expect(ProblemShape.parse(JSON.parse(why ?? ''))).toMatchObject(problem(431, 'headers-too-large'))
  })
})
