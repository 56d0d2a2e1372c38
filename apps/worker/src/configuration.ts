import { readEnvironment } from '@fieldline/process'

/** What this process is told by its environment. */
export interface Configuration {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
}

/** @throws ConfigurationError */
export function readConfiguration(): Configuration {
  const environment = readEnvironment()
  return { databaseUrl: environment.text('DATABASE_URL'), redisUrl: environment.optional('REDIS_URL') }
}
