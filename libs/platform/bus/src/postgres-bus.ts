import pg from 'pg'
import { BusEvent } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import { Gatherer, parseEvent } from './bus.js'
import type { Bus, BusHandler } from './bus.js'

const CHANNEL = 'fieldline'
const RECONNECT_MS = 1_000

/** A bus over PostgreSQL's LISTEN and NOTIFY: one connection that listens, one that speaks. */
export async function openPostgresBus(url: string, log: Logger): Promise<Bus> {
  const subscribers: { handler: BusHandler; onGap?: () => void }[] = []
  let closed = false
  let listener: pg.Client | undefined
  // one connection, so that events keep their order
  const speaker = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 })
  speaker.on('error', (error) => log.warn({ err: error }, 'bus: connection lost'))

  const listen = async (again: boolean): Promise<void> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true })
    let lost = false
    const onLost = (error?: Error): void => {
      if (lost || closed) return
      lost = true
      log.warn({ err: error }, 'bus: connection lost')
      client.end().catch(() => {})
      reconnect()
    }
    client.on('error', onLost)
    client.on('end', () => onLost())
    client.on('notification', ({ payload }) => {
      const event = parseEvent(payload ?? '', BusEvent)
      if (event) for (const { handler } of subscribers) handler(event)
    })
    await client.connect()
    await client.query(`LISTEN ${CHANNEL}`)
    listener = client
    if (again) for (const { onGap } of subscribers) onGap?.()
  }
  const reconnect = (): void => {
    setTimeout(() => {
      if (!closed) listen(true).catch(reconnect)
    }, RECONNECT_MS)
  }
  await listen(false)

  const gatherer = new Gatherer((events) => {
    speaker
      .query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [
        CHANNEL,
        events.map((event) => JSON.stringify(event)),
      ])
      .catch((error: unknown) => log.warn({ err: error }, 'bus: not sent'))
  })
  return {
    publish: (event) => gatherer.add(event),
    subscribe: (handler, onGap) => void subscribers.push({ handler, onGap }),
    async close() {
      gatherer.flush()
      closed = true
      await Promise.all([listener?.end(), speaker.end()])
    },
  }
}
