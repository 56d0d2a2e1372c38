import { PrismaPg } from '@prisma/adapter-pg'
import pg from 'pg'
import { PrismaClient } from './generated/prisma/client.js'

export type { Prisma } from './generated/prisma/client.js'
export { PrismaClient }

/** The organisation of an installation that has not been divided. */
export const defaultOrganisationId = '00000000-0000-4000-8000-000000000001'

/** One process's way to PostgreSQL: Prisma for ordinary queries, a pool for what must be fast or is telemetry. */
export interface Database {
  readonly prisma: PrismaClient
  readonly pool: pg.Pool
  /** Connections for values alone: reports must not wait behind registrations, nor the other way round. */
  readonly ingest: pg.Pool
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** Connections of the pool; Prisma has as many of its own. Default 10. */
  readonly connections?: number
  /** Called when an idle connection is lost; the pool makes a new one by itself. */
  readonly onConnectionLost?: (error: Error) => void
}

/** As many as batches of values are committed at once. */
const INGEST_CONNECTIONS = 4

/** Opens the database of `url` (`postgresql://…`). Connections are made when first needed. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const max = options.connections ?? 10
  const pool = new pg.Pool({ connectionString: url, max, connectionTimeoutMillis: 10_000, keepAlive: true })
  const ingest = new pg.Pool({
    connectionString: url,
    max: INGEST_CONNECTIONS,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  })
  for (const each of [pool, ingest]) each.on('error', (error) => options.onConnectionLost?.(error))
  const prisma = new PrismaClient({
    adapter: new PrismaPg(
      { connectionString: url, max, connectionTimeoutMillis: 10_000 },
      { onPoolError: (error) => options.onConnectionLost?.(error) },
    ),
    transactionOptions: { maxWait: 10_000, timeout: 20_000 },
  })
  return {
    prisma,
    pool,
    ingest,
    async close() {
      await Promise.all([prisma.$disconnect(), pool.end(), ingest.end()])
    },
  }
}

/** Runs `work` in one transaction of the pool; an error rolls it back. */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onLost = (error: Error): void => void (broken = error)
  client.on('error', onLost) // a server that dies in between must fail this work, not this process
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((lost: Error) => (broken = lost))
    throw error
  } finally {
    client.off('error', onLost)
    client.release(broken) // a connection that cannot even roll back is not used again
  }
}
