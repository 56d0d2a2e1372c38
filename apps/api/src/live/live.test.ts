import { PassThrough } from 'node:stream'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Bus, BusHandler } from '@fieldline/bus'
import type { Principal } from '@fieldline/access'
import { createLogger } from '@fieldline/process'
import { openDatabase } from '@fieldline/store'
import type { Principals } from '../auth/principals.js'
import { CampaignViews } from '../campaigns/campaign-views.js'
import { LiveController } from './live.controller.js'
import { LiveFeed } from './live-feed.js'

const organisationId = '00000000-0000-4000-8000-000000000001'
const ada: Principal = { kind: 'person', id: 'ada', name: 'Ada', organisationId, role: 'viewer' }
afterEach(() => void vi.useRealTimers())

/** A feed on a bus within this process and a database that is away, with one open stream. */
function openStream(callers: (Principal | undefined)[]) {
  const heard: { handler?: BusHandler; onGap?: () => void } = {}
  const bus: Bus = {
    publish: (event) => heard.handler?.(event),
    subscribe: (handler, onGap) => void Object.assign(heard, { handler, onGap }),
    close: async () => undefined,
  }
  const database = openDatabase('postgresql://nobody@127.0.0.1:1/none')
  const feed = new LiveFeed(database, bus, new CampaignViews(database), createLogger('test'))
  const principals = { of: async () => callers.shift() } as unknown as Principals
  const raw = Object.assign(new PassThrough(), { writeHead: () => undefined })
  raw.resume()
  const ended = new Promise<void>((resolve) => raw.on('finish', resolve))
  new LiveController(feed, principals).live(
    { params: undefined, query: {}, headers: undefined, body: undefined },
    { principal: ada, via: 'console', requestId: 'r', address: '127.0.0.1' },
    { raw: new PassThrough() } as unknown as FastifyRequest,
    { raw, hijack: () => undefined } as unknown as FastifyReply,
  )
  return { raw, ended, bus, gap: () => heard.onGap?.() }
}

describe('a live stream', () => {
  it('beats for as long as its caller is known, and ends when the session is gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { raw, ended } = openStream([ada, undefined])
    await vi.advanceTimersByTimeAsync(15_000)
    expect(raw.writableEnded).toBe(false)
    await vi.advanceTimersByTimeAsync(15_000)
    await ended
  })

  it('ends when somebody else calls by the same cookie', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { ended } = openStream([{ ...ada, id: 'bob' }])
    await vi.advanceTimersByTimeAsync(15_000)
    await ended
  })

  it('ends when the bus may have lost events, so that the browser reads anew', async () => {
    const { ended, gap } = openStream([])
    gap()
    await ended
  })

  it.each(['device', 'values'] as const)(
    'ends when a change cannot be read: %s',
    async (kind) => {
      const { ended, bus } = openStream([])
      bus.publish({ kind, organisationId, deviceIds: ['11111111-1111-4111-8111-111111111111'] })
      await ended
    },
    5_000,
  ) // well before the heartbeat, which ends a stream without a caller, too
})
