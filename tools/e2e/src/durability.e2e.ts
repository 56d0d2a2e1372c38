import { spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { isAlive, startSystem, treeOf, until } from './system.test-support.js'
import type { System } from './system.test-support.js'

const simulator = fileURLToPath(new URL('../../simulator/dist/main.js', import.meta.url))

let system: System
beforeAll(async () => {
  system = await startSystem()
})
afterAll(() => system.stop())

/** A device played datagram by datagram. */
function device(): { send(hex: string): void; heard: string[]; close(): void } {
  const socket = createSocket('udp4')
  const heard: string[] = []
  socket.on('message', (message) => heard.push(message.toString('hex')))
  return {
    send: (hex) => socket.send(Buffer.from(hex, 'hex'), system.coapPort, '127.0.0.1'),
    heard,
    close: () => socket.close(),
  }
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const hex = (text: string): string => Buffer.from(text).toString('hex')
const registerDatagram = `41020001aab2${hex('rd')}1128${'3a'}${hex('ep=durable')}${'06'}${hex('lt=600')}${'09'}${hex('lwm2m=1.1')}${'03'}${hex('b=U')}ff${hex('</3/0>')}`
/** A confirmable Send of one battery level in SenML JSON. */
const sendDatagram = (messageId: string, level: number): string =>
  `4102${messageId}bbb2${hex('dp')}116eff${hex(`[{"n":"/3/0/9","v":${level}}]`)}`
const rowsOf = async (level: number): Promise<number> => {
  const { rows } = await system.database.query(
    'SELECT count(*)::int AS n FROM telemetry.value WHERE object_id = 3 AND resource_id = 9 AND number = $1',
    [level],
  )
  return rows[0].n
}

it('acknowledges no report while PostgreSQL stands still, and stores it once when it goes on', async () => {
  const meter = device()
  meter.send(registerDatagram)
  await until('the answer to the Register', 10_000, () =>
    meter.heard.some((answer) => answer.startsWith('61410001')),
  )
  // the server reads what it wants to know; this device does not answer, which is its right
  const postgres = treeOf(system.pids().postgres ?? 0)
  expect(postgres.length).toBeGreaterThan(1)
  for (const pid of postgres) process.kill(pid, 'SIGSTOP')
  try {
    const acknowledged = (): boolean =>
      meter.heard.some((answer) => answer.slice(0, 2) === '61' && answer.slice(4, 8) === '7001')
    for (let attempt = 0; attempt < 3; attempt++) {
      meter.send(sendDatagram('7001', 71))
      await pause(1_500)
      // not an empty acknowledgement either, which would end the meter's retransmissions just as well
      expect(meter.heard.filter((answer) => answer.slice(4, 8) === '7001')).toEqual([])
    }
    for (const pid of postgres) process.kill(pid, 'SIGCONT')
    meter.send(sendDatagram('7001', 71))
    await until('the acknowledgement', 10_000, acknowledged)
    meter.send(sendDatagram('7001', 71))
    await pause(500)
    expect(meter.heard.filter((answer) => answer.slice(4, 8) === '7001').length).toBeGreaterThanOrEqual(2)
    expect(await rowsOf(71)).toBe(1)
  } finally {
    for (const pid of postgres) if (isAlive(pid)) process.kill(pid, 'SIGCONT')
    meter.close()
  }
})

it('comes back by itself when any of its processes is killed, and keeps registrations', async () => {
  for (const name of ['lwm2m-server', 'api', 'worker', 'console', 'postgres-guard', 'postgres']) {
    const before = system.pids()[name]
    expect(before, name).toBeDefined()
    process.kill(before as number, 'SIGKILL')
    await until(`another ${name}`, 30_000, () => {
      const now = system.pids()[name]
      return now !== undefined && now !== before
    })
    await until(
      `health after ${name} was killed`,
      60_000,
      async () =>
        (await system.call<{ status: string }>('GET', '/v1/health').catch(() => undefined))?.body.status ===
        'ok',
    )
    // of a killed PostgreSQL its guard tells, by an exit of its own
    const told =
      name === 'postgres'
        ? 'postgres ended \\(exit 1\\)'
        : `${name.replace('-guard', '')} ended \\(SIGKILL\\)`
    expect(system.printed()).toMatch(new RegExp(told))
  }
  expect((await system.call('GET', '/v1/devices/durable')).body).toMatchObject({ registration: 'registered' })
  const page = await fetch(system.console)
  expect(page.status).toBe(200)
})

it('leaves no process behind when the supervisor itself is killed, and starts again on the same data', async () => {
  const supervisor = system.supervisor.pid as number
  const everybody = treeOf(supervisor).filter((pid) => pid !== supervisor)
  expect(everybody.length).toBeGreaterThan(8)
  process.kill(supervisor, 'SIGKILL')
  await until('the end of every child', 5_000, () => everybody.every((pid) => !isAlive(pid)))
  const { dataDir, credentials } = system
  await system.database.end()
  const again = await startSystem({ dataDir })
  system = again
  expect(again.credentials).toEqual(credentials)
  expect((await again.call('GET', '/v1/devices/durable')).body).toMatchObject({ registration: 'registered' })
})

it('leaves no simulated meter behind when whoever started them is gone, and nobody answers them', async () => {
  const deaf = createSocket('udp4')
  deaf.bind(0, '127.0.0.1')
  await once(deaf, 'listening')
  const server = `coap://127.0.0.1:${deaf.address().port}`
  const child = spawn(process.execPath, [simulator, '--demo', '--meters', '10', '--server', server], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  child.stdout?.resume()
  await once(deaf, 'message')
  child.disconnect()
  await until('its end', 5_000, () => child.exitCode !== null || child.signalCode !== null)
  deaf.close()
})

it('stops within 15 seconds on SIGTERM, everything with it', async () => {
  const everybody = treeOf(system.supervisor.pid as number)
  const begun = Date.now()
  await system.stop()
  expect(Date.now() - begun).toBeLessThan(15_000)
  expect(everybody.filter(isAlive)).toEqual([])
})
