import type { MeterIdentity } from './identity.js'
import { keyOf } from './secure-session.js'

const alreadyThere = 409
const atOnce = 8

/**
 * Makes meters and their keys known through the API: as new devices, or with a new key where they are there already.
 * @param api address of the API, as `http://127.0.0.1:3001`
 * @throws Error in one sentence where the API refuses, or does not answer
 */
export async function provision(
  meters: readonly MeterIdentity[],
  { api, apiKey, secret }: { readonly api: string; readonly apiKey: string; readonly secret: string },
): Promise<void> {
  const call = (method: string, path: string, body: object): Promise<Response> =>
    fetch(new URL(path, api), {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).catch((error: Error) => {
      const { cause } = error
      throw new Error(`no API answers at ${api}: ${cause instanceof Error ? cause.message : error.message}`)
    })
  const one = async ({ endpoint, manufacturer, modelNumber }: MeterIdentity): Promise<void> => {
    const { identity, key } = keyOf(secret, endpoint)
    const psk = { identity, key: Buffer.from(key).toString('hex') }
    const facts = { endpoint, vendor: manufacturer, model: modelNumber, psk }
    let answer = await call('POST', '/v1/devices', facts)
    if (answer.status === alreadyThere)
      answer = await call('PATCH', `/v1/devices/${encodeURIComponent(endpoint)}`, { psk })
    if (!answer.ok) throw new Error(`the API refused ${endpoint}: ${answer.status} ${await answer.text()}`)
  }
  const left = [...meters]
  const worker = async (): Promise<void> => {
    for (let meter = left.pop(); meter; meter = left.pop()) await one(meter)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}
