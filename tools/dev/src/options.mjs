// @ts-check
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { inRoot } from './layout.mjs'
import { Complaint } from './say.mjs'

export const usage = `npm start -- [options]
  --no-demo              no simulated meters
  --meters N             size of the demo fleet (default 120)
  --seed S               seed of the demo fleet (default 1)
  --data-dir DIR         where everything is kept (default .data)
  --host ADDR            address that CoAP listens on (default 127.0.0.1); another one lets real meters in
  --registration MODE    open: any endpoint may register; known: only those added before (default: open on loopback, else known)
  --reset                forget all data of this installation first
ports, by environment: CONSOLE_PORT 3000, API_PORT 3001, COAP_PORT 5683, COAPS_PORT 5684, BOOTSTRAP_COAP_PORT 5783,
BOOTSTRAP_COAPS_PORT 5784; 0 takes any free one. DATABASE_URL and REDIS_URL replace the embedded services.`

/** Whether only this machine can reach the address. @param {string} host */
export function isLoopback(host) {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** Where a program on this machine reaches what listens on `host`. @param {'coap' | 'coaps'} scheme @param {string} host @param {number} port */
export function coapUrl(scheme, host, port) {
  const target = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return `${scheme}://${target.includes(':') ? `[${target}]` : target}:${port}`
}

/** @param {string | undefined} text @param {string} name @param {number} fallback @param {number} most */
function wholeNumber(text, name, fallback, most) {
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!/^\d+$/.test(text) || value > most)
    throw new Complaint(`${name} takes a whole number from 0 to ${most}, not "${text}".`)
  return value
}

/**
 * The address of PostgreSQL in DATABASE_URL, if one is given. What is wrong with it is said without repeating it: it may hold a password.
 * @param {Record<string, string | undefined>} env
 */
export function readDatabaseUrl({ DATABASE_URL: text }) {
  if (!text) return undefined
  const shape = 'postgresql://user:password@host:5432/database'
  const scheme = /^([a-z][\w+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined)
    throw new Complaint(`DATABASE_URL is no address of a PostgreSQL; it has the form ${shape}.`)
  if (scheme !== 'postgresql' && scheme !== 'postgres')
    throw new Complaint(`DATABASE_URL begins with ${scheme}://, but only a PostgreSQL can be used: ${shape}.`)
  try {
    decodeURIComponent(new URL(text).href)
  } catch {
    throw new Complaint(
      `DATABASE_URL cannot be read as ${shape}; a character like @, / or % in a name or password is written as %40, %2F or %25, and a port is at most 65535.`,
    )
  }
  return text
}

/** What the start says of the Bootstrap-Server and the ports kept for it; 0 keeps none. @param {{ bootstrapCoap: number, bootstrapCoaps: number }} ports */
export function bootstrapNote({ bootstrapCoap, bootstrapCoaps }) {
  const kept = [bootstrapCoap, bootstrapCoaps].filter((port) => port !== 0)
  if (kept.length === 0) return 'not yet'
  return `not yet (${kept.length === 1 ? 'port' : 'ports'} ${kept.join(' and ')} ${kept.length === 1 ? 'is' : 'are'} reserved)`
}

/** @param {string[]} argv @param {Record<string, string | undefined>} env */
export function readOptions(argv, env) {
  let values
  try {
    values = parseArgs({
      args: argv,
      options: {
        demo: { type: 'boolean', default: true },
        meters: { type: 'string' },
        seed: { type: 'string' },
        'data-dir': { type: 'string' },
        host: { type: 'string', default: '127.0.0.1' },
        registration: { type: 'string' },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      allowNegative: true,
    }).values
  } catch (error) {
    throw new Complaint(`${/** @type {Error} */ (error).message}\n\n${usage}`)
  }
  if (values.reset && env.DATABASE_URL)
    throw new Complaint(
      '--reset forgets the data of this folder; the database of DATABASE_URL is yours to empty.',
    )
  const registration = values.registration ?? (isLoopback(values.host) ? 'open' : 'known')
  if (registration !== 'open' && registration !== 'known')
    throw new Complaint(`--registration is open or known, not "${registration}".`)
  const port = (/** @type {string} */ name, /** @type {number} */ fallback) =>
    wholeNumber(env[name], name, fallback, 65_535)
  return {
    help: values.help,
    demo: values.demo,
    reset: values.reset,
    host: values.host,
    registration,
    meters: wholeNumber(values.meters, '--meters', 120, 10_000),
    seed: wholeNumber(values.seed, '--seed', 1, 2 ** 31 - 1),
    dataDir: values['data-dir'] ? resolve(values['data-dir']) : inRoot('.data'),
    databaseUrl: readDatabaseUrl(env),
    redisUrl: env.REDIS_URL || undefined,
    ports: {
      console: port('CONSOLE_PORT', 3000),
      api: port('API_PORT', 3001),
      coap: port('COAP_PORT', 5683),
      coaps: port('COAPS_PORT', 5684),
      bootstrapCoap: port('BOOTSTRAP_COAP_PORT', 5783),
      bootstrapCoaps: port('BOOTSTRAP_COAPS_PORT', 5784),
    },
  }
}
