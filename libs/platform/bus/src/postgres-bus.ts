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
  let retryTimer: NodeJS.Timeout | undefined
  // one connection, so that events keep their order
  const speaker = new pg.Pool({ connectionString: url, max: 1, connectionTimeoutMillis: 10_000 })
  speaker.on('error', (error) => log.warn({ err: error }, 'bus: connection lost'))

  /** Opens a connection that listens. A connection that never came to listen is told by the rejection alone, one that did by `retry`. */
  const listen = async (): Promise<void> => {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000, keepAlive: true })
    let listening = false
    let lost = false
    const onLost = (error?: Error): void => {
      if (lost) return
      lost = true
      client.end().catch(() => {})
      if (listening) retry(error)
    }
    client.on('error', onLost)
    client.on('end', () => onLost())
    client.on('notification', ({ payload }) => {
      const event = parseEvent(payload ?? '', BusEvent)
      if (event) for (const { handler } of subscribers) handler(event)
    })
    listener = client
    try {
      await client.connect()
      await client.query(`LISTEN ${CHANNEL}`)
      if (lost) throw new Error('the connection ended')
      listening = true
    } catch (error) {
      onLost()
      throw error
    }
  }
  /** The one way back: called once for each connection that was lost or refused, so that never two attempts wait side by side. */
  const retry = (error: unknown): void => {
    if (closed) return
    log.warn({ err: error }, 'bus: connection lost')
    retryTimer = setTimeout(() => {
      listen().then(() => {
        for (const { onGap } of subscribers) onGap?.()
      }, retry)
    }, RECONNECT_MS)
  }
  await listen()

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
      clearTimeout(retryTimer)
      await Promise.all([listener?.end(), speaker.end()])
    },
  }
}
