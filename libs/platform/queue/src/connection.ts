import { createPostgresBackend, runMigrations, setDefaultBackendFactory } from 'bullmq'
import pg from 'pg'
import type { ConnectionOptions } from 'bullmq'

/** Where jobs are kept: Redis where its address is given, else a schema of its own in PostgreSQL. */
export interface QueueAddresses {
  readonly databaseUrl: string
  readonly redisUrl?: string
}

const SCHEMA = 'bullmq'

/**
 * Connection options for every queue and worker of this process.
 * A worker on an unmigrated schema would loop without a pause, so the schema is brought up to date here, and a failure is fatal.
 */
export async function queueConnection({ databaseUrl, redisUrl }: QueueAddresses): Promise<ConnectionOptions> {
  if (redisUrl) {
    const url = new URL(redisUrl)
    return {
      host: url.hostname,
      port: Number(url.port || 6379),
      username: decodeURIComponent(url.username) || undefined,
      password: decodeURIComponent(url.password) || undefined,
      db: Number(url.pathname.slice(1) || 0),
      tls: url.protocol === 'rediss:' ? {} : undefined,
      maxRetriesPerRequest: null,
    }
  }
  setDefaultBackendFactory(createPostgresBackend as unknown as Parameters<typeof setDefaultBackendFactory>[0])
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    // two processes that start at once must not both create the schema
    await client.query("SELECT pg_advisory_lock(hashtext('fieldline.bullmq'))")
    await runMigrations(client, SCHEMA)
  } finally {
    await client.end()
  }
  return { connectionString: databaseUrl, schema: SCHEMA } as unknown as ConnectionOptions
}
