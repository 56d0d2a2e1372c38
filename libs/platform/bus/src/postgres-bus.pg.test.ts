import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import type { BusEvent } from '@fieldline/contracts'
import { createLogger } from '@fieldline/process'
import { busContract } from './bus-contract.test-support.js'
import { openPostgresBus } from './postgres-bus.js'

const databaseUrl = process.env.DATABASE_URL ?? ''
const organisationId = '00000000-0000-4000-8000-000000000001'
const campaignId = '22222222-2222-4222-8222-222222222222'
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** A way to PostgreSQL that can be shut, so that connections break and new ones are refused, and opened again. */
function door(): { open(): Promise<number>; shut(): Promise<void> } {
  const { hostname, port } = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let server: Server
  let ours = 0
  return {
    async open() {
      server = createServer((near) => {
        const far = connect(Number(port || 5432), hostname)
        for (const [socket, other] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(socket)
          socket.on('error', () => other.destroy())
          socket.on('close', () => (sockets.delete(socket), other.destroy()))
          socket.pipe(other)
        }
      })
      await new Promise<void>((resolve) => server.listen(ours, '127.0.0.1', resolve))
      ours = (server.address() as { port: number }).port
      return ours
    },
    async shut() {
      const gone = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await gone
    },
  }
}

describe('the bus over PostgreSQL', () => {
  busContract(() => openPostgresBus(databaseUrl, createLogger('test')))

  it('listens once, and hears each event once, after PostgreSQL was away for several attempts', async () => {
    const way = door()
    const url = new URL(databaseUrl)
    url.hostname = '127.0.0.1'
    url.port = String(await way.open())
    const name = `bus-test-${process.pid}-${Date.now()}`
    url.searchParams.set('application_name', name)
    const bus = await openPostgresBus(url.href, createLogger('test'))
    const heard: BusEvent[] = []
    let gaps = 0
    bus.subscribe(
      (event) => void (event.kind === 'campaign' && event.campaignId === campaignId && heard.push(event)),
      () => void gaps++,
    )
    await way.shut()
    await pause(3_500) // attempts are a second apart
    await way.open()
    for (let waited = 0; gaps === 0 && waited < 5_000; waited += 50) await pause(50)
    await pause(1_500) // time for a second listener to come, if there were one

    const observer = new pg.Client({ connectionString: databaseUrl })
    await observer.connect()
    const { rows } = await observer.query<{ n: number }>(
      "SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%'",
      [name],
    )
    await observer.end()
    expect({ listeners: rows[0]?.n, gaps }).toEqual({ listeners: 1, gaps: 1 })
    bus.publish({ kind: 'campaign', organisationId, campaignId })
    for (let waited = 0; heard.length === 0 && waited < 5_000; waited += 50) await pause(50)
    await pause(300)
    expect(heard).toHaveLength(1)
    await bus.close()
    await way.shut()
  })

  it('refuses at once, and tries no further, when PostgreSQL is not there to begin with', async () => {
    const way = door()
    const port = await way.open()
    await way.shut()
    await expect(
      openPostgresBus(`postgresql://nobody@127.0.0.1:${port}/none`, createLogger('test')),
    ).rejects.toThrow(/ECONNREFUSED/)
  })
})
