import { readFileSync } from 'node:fs'
import { ConfigurationError, readEnvironment } from '@fieldline/process'

/** What this process is told by its environment. */
export interface Configuration {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly host: string
  readonly port: number
  /** Signs sessions. */
  readonly authSecret: string
  /** 32 bytes in base64: what keys are sealed with in the database. */
  readonly storeKey: string
  /** Where people open the console: see `consoleOrigins`. */
  readonly consoleUrl: string
  /** The first sign-in and key, made known at the start unless they are. */
  readonly firstSignIn:
    { readonly email: string; readonly password: string; readonly apiKey: string } | undefined
}

/** @throws ConfigurationError */
export function readConfiguration(): Configuration {
  const environment = readEnvironment()
  const credentialsFile = environment.optional('CREDENTIALS_FILE')
  return {
    databaseUrl: environment.text('DATABASE_URL'),
    redisUrl: environment.optional('REDIS_URL'),
    host: environment.text('API_HOST', '127.0.0.1'),
    port: environment.port('API_PORT', 3001),
    authSecret: environment.text('AUTH_SECRET'),
    storeKey: environment.text('STORE_KEY'),
    consoleUrl: environment.text('CONSOLE_URL', 'http://127.0.0.1:3000'),
    firstSignIn: credentialsFile === undefined ? undefined : readCredentials(credentialsFile),
  }
}

function readCredentials(path: string): NonNullable<Configuration['firstSignIn']> {
  try {
    const { email, password, apiKey } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>
    if (typeof email === 'string' && typeof password === 'string' && typeof apiKey === 'string')
      return { email, password, apiKey }
  } catch {
    // told below, without the file's content
  }
  throw new ConfigurationError(
    `CREDENTIALS_FILE ${path} is not a readable JSON file with email, password and apiKey.`,
  )
}

/** The origins of the console's own pages. On one machine `localhost` and `127.0.0.1` are one place, whichever a person types. */
export function consoleOrigins({ consoleUrl }: Pick<Configuration, 'consoleUrl'>): string[] {
  const { protocol, hostname, port } = new URL(consoleUrl)
  const names = ['localhost', '127.0.0.1']
  const hosts = names.includes(hostname) ? names : [hostname]
  return hosts.map((host) => `${protocol}//${host}${port === '' ? '' : `:${port}`}`)
}
