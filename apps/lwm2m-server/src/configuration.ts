import { readEnvironment } from '@fieldline/process'

/** What this process is told by its environment. */
export interface Configuration {
  readonly databaseUrl: string
  readonly redisUrl: string | undefined
  readonly host: string
  readonly port: number
  /** Of the secured port. */
  readonly securePort: number
  /** When a handshake's flight is sent again: after 9 s for networks where a round trip takes seconds (RFC 7925 §11), after 1 s for wires. */
  readonly handshakeTimers: 'constrained' | 'wired'
  /** 32 bytes in base64: what keys are sealed with in the database. */
  readonly storeKey: string
  /** `known`: an endpoint that nobody added is answered 4.03 and listed as a candidate. */
  readonly registration: 'open' | 'known'
  /** Divides the periods of the observation plan: a demonstration lives a day in minutes. */
  readonly timeScale: number
  /** Only for endpoints that begin with one of these; for all, if there is none. */
  readonly timeScaleFor: readonly string[]
  /** Seconds; the cadence assumed of a device until it is learned. */
  readonly assumedCadenceSeconds: number
}

/** @throws ConfigurationError */
export function readConfiguration(): Configuration {
  const environment = readEnvironment()
  return {
    databaseUrl: environment.text('DATABASE_URL'),
    redisUrl: environment.optional('REDIS_URL'),
    host: environment.text('COAP_HOST', '127.0.0.1'),
    port: environment.port('COAP_PORT', 5683),
    securePort: environment.port('COAPS_PORT', 5684),
    handshakeTimers: environment.oneOf('DTLS_TIMERS', ['constrained', 'wired'], 'constrained'),
    storeKey: environment.text('STORE_KEY'),
    registration: environment.oneOf('REGISTRATION', ['open', 'known'], 'known'),
    timeScale: environment.wholeNumber('OBSERVATION_TIME_SCALE', 1, 1, 86_400),
    timeScaleFor: (environment.optional('OBSERVATION_TIME_SCALE_FOR') ?? '')
      .split(',')
      .filter((prefix) => prefix !== ''),
    assumedCadenceSeconds: environment.wholeNumber('ASSUMED_CADENCE_SECONDS', 86_400, 1),
  }
}
