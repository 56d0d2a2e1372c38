import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createLogger } from '@fieldline/process'
import { busContract } from './bus-contract.test-support.js'
import { openRedisBus } from './redis-bus.js'

const redisUrl = process.env.REDIS_URL ?? ''

/** A door to Redis that can be shut and opened. */
async function door() {
  const redis = new URL(redisUrl)
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const beyond = connect(Number(redis.port), redis.hostname)
    for (const end of [socket, beyond]) {
      open.add(end)
      end.on('error', () => {})
      end.on('close', () => {
        open.delete(end)
        socket.destroy()
        beyond.destroy()
      })
    }
    socket.pipe(beyond).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `redis://127.0.0.1:${port}`,
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of open) socket.destroy()
      await closed
    },
    open: () => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve)),
  }
}

describe('the bus over Redis', () => {
  busContract(() => openRedisBus(redisUrl, createLogger('test')))

  it('keeps nothing of what it could not say while Redis was away, and tells its listeners that something is missing', async () => {
    const way = await door()
    const bus = await openRedisBus(way.url, createLogger('test'))
    const heard: string[] = []
    let gaps = 0
    bus.subscribe(
      (event) => void (event.kind === 'campaign' && heard.push(event.campaignId)),
      () => gaps++,
    )
    const say = (n: number): void =>
      bus.publish({
        kind: 'campaign',
        organisationId: '00000000-0000-4000-8000-000000000001',
        campaignId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
      })
    const until = async (what: () => boolean): Promise<void> => {
      for (let i = 0; i < 200 && !what(); i++) await new Promise((resolve) => setTimeout(resolve, 50))
      expect(what()).toBe(true)
    }
    say(1)
    await until(() => heard.length === 1)
    await way.shut()
    for (let n = 2; n < 500; n++) say(n)
    await new Promise((resolve) => setTimeout(resolve, 300))
    await way.open()
    await until(() => gaps > 0)
    for (let n = 500; !heard.some((id) => Number(id.slice(-12)) >= 500) && n < 600; n++) {
      say(n)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(heard.filter((id) => Number(id.slice(-12)) > 1 && Number(id.slice(-12)) < 500)).toEqual([])
    await bus.close()
    await way.shut()
  })
})
