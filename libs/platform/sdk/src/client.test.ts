import { describe, expect, it } from 'vitest'
import { createClient } from './client.js'
import { ProblemError } from './problem-error.js'

function serverThat(answer: () => Response) {
  const requests: { address: string; init: RequestInit }[] = []
  const client = createClient({
    baseUrl: 'http://api.test/',
    apiKey: 'key',
    fetch: async (address, init = {}) => {
      requests.push({ address: String(address), init })
      return answer()
    },
  })
  return { client, requests }
}

const json =
  (body: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(body), { status, headers: { 'x-request-id': 'r-1' } })

describe('client', () => {
  it('encodes an endpoint name with colon, slash, percent and umlaut into one path segment', async () => {
    const { client, requests } = serverThat(json({}))
    await client.call('getDevice', { params: { endpoint: 'urn:a/b%c:ü' } })
    expect(requests[0]?.address).toBe('http://api.test/v1/devices/urn%3Aa%2Fb%25c%3A%C3%BC')
  })

  it('leaves undefined query members out and sends the key', async () => {
    const { client, requests } = serverThat(json({ items: [], nextCursor: null }))
    await client.call('listDevices', { query: { q: 'status:late fw:<2', cursor: undefined, limit: 5 } })
    expect(requests[0]?.address).toBe('http://api.test/v1/devices?q=status%3Alate+fw%3A%3C2&limit=5')
    expect(new Headers(requests[0]?.init.headers).get('authorization')).toBe('Bearer key')
  })

  it('sends a body as JSON and asks to wait', async () => {
    const { client, requests } = serverThat(json({}, 202))
    await client.call('createOperation', {
      params: { endpoint: 'a' },
      body: { kind: 'read', path: '/3/0/9' },
      wait: 20,
    })
    const headers = new Headers(requests[0]?.init.headers)
    expect(headers.get('prefer')).toBe('wait=20')
    expect(headers.get('content-type')).toBe('application/json')
    expect(requests[0]?.init.body).toBe('{"kind":"read","path":"/3/0/9"}')
  })

  it('throws the problem the API answered', async () => {
    const { client } = serverThat(
      json({ code: 'out-of-range', title: 't', detail: 'too high', field: 'value', requestId: 'r-9' }, 422),
    )
    const error = await client.call('listCampaigns').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ProblemError)
    expect(error).toMatchObject({ status: 422, code: 'out-of-range', field: 'value', requestId: 'r-9' })
  })

  it("does not repeat a foreign proxy's page", async () => {
    const { client } = serverThat(() => new Response('<html>', { status: 502 }))
    await expect(client.call('health')).rejects.toMatchObject({ code: 'unavailable', status: 502 })
  })

  it('says when nothing answers', async () => {
    const client = createClient({
      baseUrl: 'http://api.test',
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    })
    await expect(client.call('health')).rejects.toMatchObject({ code: 'unavailable', status: 0 })
  })

  it('answers nothing for 204', async () => {
    const { client } = serverThat(() => new Response(null, { status: 204 }))
    await expect(client.call('deleteDevice', { params: { endpoint: 'a' } })).resolves.toBeUndefined()
  })
})
