import { createRequire } from 'node:module'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Operation, Value } from '@fieldline/contracts'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

/**
 * coap-node, an LwM2M 1.0 client that is none of ours: what it does not understand is our fault.
 */
interface CoapNode {
  register(
    host: string,
    port: number,
    done: (error: Error | null, response: { status: string }) => void,
  ): void
  update(
    attributes: { lifetime: number },
    done: (error: Error | null, response: { status: string }) => void,
  ): void
  deregister(done: (error: Error | null, response: { status: string }) => void): void
}
const load = createRequire(import.meta.url)
const Client = load('coap-node') as new (
  name: string,
  objects: unknown,
  options: { lifetime: number },
) => CoapNode
const SmartObject = load('smartobject') as new () => {
  init(object: string, instance: number, resources: Record<string, unknown>): void
  write(object: string, instance: number, resource: string, value: unknown, done: () => void): void
}

const endpoint = 'coap-node-1'
const path = `/v1/devices/${endpoint}`
let system: System
let client: CoapNode
const objects = new SmartObject()
let switched = false
let executed = 0

const answered = <T extends { status: string }>(
  call: (done: (error: Error | null, response: T) => void) => void,
): Promise<string> =>
  new Promise((resolve, reject) =>
    call((error, response) => (error ? reject(error) : resolve(response.status))),
  )

async function operate(body: Record<string, unknown>): Promise<Operation> {
  const { status, body: operation } = await system.call<Operation>('POST', `${path}/operations`, body, {
    prefer: 'wait=20',
  })
  expect(status, JSON.stringify(operation)).toBe(202)
  return operation
}

beforeAll(async () => {
  system = await startSystem()
  const exec = (done: (error: null, value: string) => void): void => {
    executed++
    done(null, 'ok')
  }
  objects.init('temperature', 0, { 5700: 21.5, 5701: 'Cel', 5605: { exec } })
  const read = (done: (error: null, value: boolean) => void): void => done(null, switched)
  const write = (value: unknown, done: (error: null, value: unknown) => void): void => {
    switched = value === true || value === 1 || value === '1'
    done(null, value)
  }
  objects.init('lightCtrl', 0, { 5850: { read, write } })
  client = new Client(endpoint, objects, { lifetime: 300 })
})
afterAll(async () => {
  await answered((done) => client.deregister(done)).catch(() => {})
  await system.stop()
})

it('registers with 2.01 and is in the device list', async () => {
  await expect(answered((done) => client.register('127.0.0.1', system.coapPort, done))).resolves.toBe('2.01')
  const { body } = await system.call<{ registration: string; lwm2mVersion: string }>('GET', path)
  expect(body).toMatchObject({ registration: 'registered', lwm2mVersion: '1.0' })
})

it('is read as an instance in TLV and as a resource in text', async () => {
  const instance = await operate({ kind: 'read', path: '/3/0' })
  expect(instance).toMatchObject({ state: 'succeeded', code: '2.05' })
  expect(instance.result?.values).toContainEqual(
    expect.objectContaining({ path: '/3/0/0', type: 'string', value: 'sivann' }),
  )
  const resource = await operate({ kind: 'read', path: '/3/0/0' })
  expect(resource.result?.values).toMatchObject([{ path: '/3/0/0', value: 'sivann' }])
})

it('takes a write and an execute of resources that the test defines', async () => {
  const before = await operate({ kind: 'read', path: '/3311/0/5850' })
  expect(before.result?.values).toMatchObject([{ type: 'boolean', value: false }])
  await expect(operate({ kind: 'write', path: '/3311/0/5850', value: true })).resolves.toMatchObject({
    state: 'succeeded',
    code: '2.04',
  })
  expect(switched).toBe(true)
  await expect(operate({ kind: 'execute', path: '/3303/0/5605' })).resolves.toMatchObject({
    state: 'succeeded',
    code: '2.04',
  })
  expect(executed).toBe(1)
})

it('reports at least three notifications that are in the database with increasing times', async () => {
  await expect(operate({ kind: 'observe', path: '/3303/0/5700' })).resolves.toMatchObject({
    state: 'succeeded',
  })
  for (const temperature of [22.5, 23.5, 24.5, 25.5]) {
    await new Promise<void>((resolve) => objects.write('temperature', 0, '5700', temperature, resolve))
    await new Promise((resolve) => setTimeout(resolve, 1_200))
  }
  const notified = await until('three notifications', 20_000, async () => {
    const { body } = await system.call<{ items: Value[] }>(
      'GET',
      `${path}/values?path=/3303/0/5700&from=2020-01-01T00:00:00Z`,
    )
    const items = body.items.filter(({ source }) => source === 'notify')
    return items.length >= 3 && items
  })
  const times = notified.map(({ time }) => Date.parse(time))
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(new Set(times).size).toBe(times.length)
  expect(notified.map(({ value }) => value)).toContain(24.5)
})

it('updates its registration and leaves', async () => {
  await expect(answered((done) => client.update({ lifetime: 600 }, done))).resolves.toBe('2.04')
  const { body } = await system.call<{ lifetime: number }>('GET', path)
  expect(body.lifetime).toBe(600)
  await expect(answered((done) => client.deregister(done))).resolves.toBe('2.02')
  const gone = await system.call<{ registration: string }>('GET', path)
  expect(gone.body.registration).toBe('deregistered')
})
