import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceDetail, Operation, Value } from '@fieldline/contracts'
import { startSystem, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

/**
 * Example clients of other implementations, built outside this repository. Their command is given as a template, for instance
 * WAKAAMA_CLIENT='/opt/wakaama/lwm2mclient -4 -n {endpoint} -h {host} -p {port}'.
 */
const clients = [
  {
    name: 'Wakaama',
    command: process.env.WAKAAMA_CLIENT,
    writable: { path: '/3/0/14', value: '+02:00' },
    observed: '/3/0/13',
  },
  {
    name: 'Leshan',
    command: process.env.LESHAN_CLIENT,
    writable: { path: '/3/0/14', value: '+02:00' },
    observed: '/3303/0/5700',
  },
].filter(({ command }) => command)

describe.runIf(clients.length > 0)('example clients of other implementations', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  })
  afterAll(() => system?.stop())

  it.each(clients)(
    '$name registers, is read, written, executed and observed, and leaves',
    async ({ name, command = '', writable, observed }) => {
      const endpoint = `${name.toLowerCase()}-example`
      const path = `/v1/devices/${endpoint}`
      const line = command
        .replaceAll('{endpoint}', endpoint)
        .replaceAll('{host}', '127.0.0.1')
        .replaceAll('{port}', String(system.coapPort))
      const client: ChildProcess = spawn('sh', ['-c', `exec ${line}`], {
        stdio: ['pipe', 'ignore', 'ignore'],
      })
      const operate = async (body: Record<string, unknown>): Promise<Operation> =>
        (await system.call<Operation>('POST', `${path}/operations`, body, { prefer: 'wait=20' })).body
      try {
        const device = await until('the registration', 20_000, async () => {
          const { status, body } = await system.call<DeviceDetail>('GET', path)
          return status === 200 && body.registration === 'registered' && body
        })
        expect(device.current?.links.map(({ path: link }) => link)).toContain('/3/0')
        await until(
          'its maker, read by itself',
          20_000,
          async () => (await system.call<DeviceDetail>('GET', path)).body.vendor,
        )
        expect(await operate({ kind: 'read', path: '/3/0' })).toMatchObject({
          state: 'succeeded',
          code: '2.05',
        })
        expect(await operate({ kind: 'discover', path: '/3' })).toMatchObject({
          state: 'succeeded',
          code: '2.05',
        })
        expect(await operate({ kind: 'write', ...writable })).toMatchObject({
          state: 'succeeded',
          code: '2.04',
        })
        expect((await operate({ kind: 'read', path: writable.path })).result?.values).toMatchObject([
          { value: writable.value },
        ])
        expect(await operate({ kind: 'execute', path: '/3/0/12' })).toMatchObject({
          state: 'succeeded',
          code: '2.04',
        })
        expect(await operate({ kind: 'observe', path: observed })).toMatchObject({ state: 'succeeded' })
        await until('two values of what is observed', 40_000, async () => {
          const { body } = await system.call<{ items: Value[] }>('GET', `${path}/values?path=${observed}`)
          return body.items.length >= 2
        })
      } finally {
        client.kill('SIGTERM')
      }
    },
  )
})
