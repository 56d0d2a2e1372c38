import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { demoFleet } from './fleet.js'
import { provision } from './provision.js'
import { keyOf } from './secure-session.js'

const fleet = demoFleet({ seed: 1, meters: 12 })
const [known] = fleet
const access = { apiKey: 'flk_test', secret: 'secret' }

/** An API that knows the first meter; it gives what it was asked, and refuses who has no key. */
async function startApi() {
  const asked: { what: string; body: { psk: unknown } }[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const body = JSON.parse(text)
    asked.push({ what: `${request.method} ${decodeURIComponent(request.url ?? '')}`, body })
    const isThere = request.method === 'POST' && body.endpoint === known.endpoint
    const isRefused = request.headers.authorization !== `Bearer ${access.apiKey}`
    response.writeHead(isRefused ? 401 : isThere ? 409 : 200).end('{"title":"no"}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { asked, api: `http://127.0.0.1:${port}`, stop: () => void server.close().closeAllConnections() }
}

it('makes meters known with the keys that they have, and gives a key to those that are known', async () => {
  const { asked, api, stop } = await startApi()
  await provision(fleet, { api, ...access })
  stop()
  const keys = (endpoint: string) => {
    const { identity, key } = keyOf(access.secret, endpoint)
    return { identity, key: Buffer.from(key).toString('hex') }
  }
  expect(asked.filter(({ what }) => what === 'POST /v1/devices').map(({ body }) => body)).toEqual(
    expect.arrayContaining(
      fleet.map(({ endpoint }) => expect.objectContaining({ endpoint, psk: keys(endpoint) })),
    ),
  )
  expect(asked.filter(({ what }) => what !== 'POST /v1/devices')).toEqual([
    { what: `PATCH /v1/devices/${known.endpoint}`, body: { psk: keys(known.endpoint) } },
  ])
})

it('says in a sentence who was refused and why, and where nobody answers', async () => {
  const { api, stop } = await startApi()
  await expect(provision([known], { api, ...access, apiKey: 'another' })).rejects.toThrow(
    `the API refused ${known.endpoint}: 401`,
  )
  stop()
  await expect(provision([known], { api, ...access })).rejects.toThrow(`no API answers at ${api}: `)
})
