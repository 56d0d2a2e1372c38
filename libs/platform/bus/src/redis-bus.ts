import { Redis } from 'ioredis'
import { BusEvent } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import { Gatherer, parseEvent } from './bus.js'
import type { Bus, BusHandler } from './bus.js'

const CHANNEL = 'fieldline'
/** An outage says the same of every event. */
const LOG_EVERY_MS = 5_000

/** A bus over Redis publish and subscribe, for an installation that is scaled out. */
export async function openRedisBus(url: string, log: Logger): Promise<Bus> {
  const subscribers: { handler: BusHandler; onGap?: () => void }[] = []
  const listener = new Redis(url, { maxRetriesPerRequest: null })
  // What cannot be said now is not kept: who listens reads anew after a gap.
  const speaker = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  })
  let lastWarning = 0
  const warn = (error: unknown, message: string): void => {
    if (Date.now() - lastWarning < LOG_EVERY_MS) return
    lastWarning = Date.now()
    log.warn({ err: error }, message)
  }
  for (const client of [listener, speaker]) client.on('error', (error) => warn(error, 'bus: connection lost'))
  listener.on('message', (_channel: string, payload: string) => {
    const event = parseEvent(payload, BusEvent)
    if (event) for (const { handler } of subscribers) handler(event)
  })
  await listener.subscribe(CHANNEL)
  await speaker.connect()
  listener.on('ready', () => {
    for (const { onGap } of subscribers) onGap?.() // ioredis subscribes again by itself
  })
  const gatherer = new Gatherer((events) => {
    for (const event of events) {
      speaker.publish(CHANNEL, JSON.stringify(event)).catch((error: unknown) => warn(error, 'bus: not sent'))
    }
  })
  return {
    publish: (event) => gatherer.add(event),
    subscribe: (handler, onGap) => void subscribers.push({ handler, onGap }),
    async close() {
      gatherer.flush()
      await Promise.all([listener.quit(), speaker.quit()]).catch(() => {}) // Redis may be away
    },
  }
}
