import { Redis } from 'ioredis'
import { BusEvent } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import { Gatherer, parseEvent } from './bus.js'
import type { Bus, BusHandler } from './bus.js'

const CHANNEL = 'fieldline'

/** A bus over Redis publish and subscribe, for an installation that is scaled out. */
export async function openRedisBus(url: string, log: Logger): Promise<Bus> {
  const subscribers: { handler: BusHandler; onGap?: () => void }[] = []
  const listener = new Redis(url, { maxRetriesPerRequest: null })
  const speaker = new Redis(url, { maxRetriesPerRequest: null })
  for (const client of [listener, speaker])
    client.on('error', (error) => log.warn({ err: error }, 'bus: connection lost'))
  listener.on('message', (_channel: string, payload: string) => {
    const event = parseEvent(payload, BusEvent)
    if (event) for (const { handler } of subscribers) handler(event)
  })
  await listener.subscribe(CHANNEL)
  listener.on('ready', () => {
    for (const { onGap } of subscribers) onGap?.() // ioredis subscribes again by itself
  })
  const gatherer = new Gatherer((events) => {
    for (const event of events) {
      speaker
        .publish(CHANNEL, JSON.stringify(event))
        .catch((error: unknown) => log.warn({ err: error }, 'bus: not sent'))
    }
  })
  return {
    publish: (event) => gatherer.add(event),
    subscribe: (handler, onGap) => void subscribers.push({ handler, onGap }),
    async close() {
      gatherer.flush()
      await Promise.all([listener.quit(), speaker.quit()])
    },
  }
}
