import type { Logger } from '@fieldline/process'
import type { Bus } from './bus.js'
import { openPostgresBus } from './postgres-bus.js'
import { openRedisBus } from './redis-bus.js'

export type { Bus, BusHandler } from './bus.js'

/** The bus of this installation: Redis where its address is given, else PostgreSQL. */
export function openBus(addresses: { databaseUrl: string; redisUrl?: string }, log: Logger): Promise<Bus> {
  return addresses.redisUrl
    ? openRedisBus(addresses.redisUrl, log)
    : openPostgresBus(addresses.databaseUrl, log)
}
