// @ts-check
/** `npm start`: from a fresh clone to a running Fieldline with a demo fleet. Nothing is imported here that is not part of Node. */
import { join } from 'node:path'
import { forgetRun, openDataFolder, writeRun } from '../data-folder.mjs'
import { build, installPackages } from '../install.mjs'
import { inRoot } from '../layout.mjs'
import { bootstrapNote, coapUrl, isLoopback, readOptions, usage } from '../options.mjs'
import { claimPort } from '../ports.mjs'
import { Complaint, runMain, say } from '../say.mjs'
import { loadSecrets, meterSecret } from '../secrets.mjs'
import { Steps } from '../steps.mjs'
import { Supervisor } from '../supervisor.mjs'

await runMain(async () => {
  const options = readOptions(process.argv.slice(2), process.env)
  if (options.help) return console.log(usage)
  const supervisor = new Supervisor(join(options.dataDir, 'logs'))
  const steps = new Steps()
  let asked = false // to stop
  // before the first child exists: a signal during the start must not leave orphans
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, async () => {
      if (asked) return
      asked = true
      say('stopping')
      await Promise.all([steps.stop(), supervisor.stop()])
      forgetRun(options.dataDir)
      say('stopped')
      process.exit(0) // a supervisor only waits: no thread of it compiles, which is what an exit can hang on
    })
  try {
    await start(options, supervisor, steps)
  } catch (error) {
    if (asked) await new Promise(() => {}) // what broke is what we stopped; the signal's handler ends the process
    asked = true
    await Promise.all([steps.stop(), supervisor.stop()]) // a start that failed leaves nothing behind of what it began
    throw error
  }
})

/**
 * Brings everything up, one part after the other, and tells how far it is.
 * @param {ReturnType<typeof readOptions>} options
 * @param {Supervisor} supervisor
 * @param {Steps} steps
 */
async function start(options, supervisor, steps) {
  const { dataDir } = options
  const onStart = (/** @type {import('node:child_process').ChildProcess} */ child) => steps.add(child)

  openDataFolder(dataDir, options.reset)
  const claim = async () => ({
    console: await claimPort('tcp', options.ports.console, '127.0.0.1', 'CONSOLE_PORT'),
    api: await claimPort('tcp', options.ports.api, '127.0.0.1', 'API_PORT'),
    coap: await claimPort('udp', options.ports.coap, options.host, 'COAP_PORT'),
    coaps: await claimPort('udp', options.ports.coaps, options.host, 'COAPS_PORT'),
  })
  await claim() // now rather than after minutes of installing
  await installPackages(onStart)
  const { credentials, secrets, first, credentialsPath } = loadSecrets(dataDir)

  const { createDatabase, preparePostgres, stopLeftover, waitForPostgres } = await import('../postgres.mjs')
  const database = async () => {
    if (options.databaseUrl) {
      await waitForPostgres(options.databaseUrl, 5).catch((error) => {
        throw new Complaint(
          `DATABASE_URL does not lead to a PostgreSQL that lets us in: ${error.message}. Check host, port, user, password and database.`,
        )
      })
      return options.databaseUrl
    }
    const postgres = await preparePostgres({
      folder: join(dataDir, 'pg'),
      password: secrets.databasePassword,
      onStart,
    })
    supervisor.start({
      name: 'postgres',
      command: postgres.command,
      args: postgres.args,
      cleanUp: () => stopLeftover(join(dataDir, 'pg')),
    })
    await waitForPostgres(postgres.url('postgres'))
    await createDatabase(postgres.url('fieldline'))
    say('PostgreSQL is up')
    return postgres.url('fieldline')
  }
  const [databaseUrl] = await Promise.all([database(), build(onStart)])
  const { migrate } = await import('../migrate.mjs')
  await migrate(databaseUrl, onStart)
  say('database is at the schema of this version')
  if (options.demo) {
    const { seedDemo } = await import('../seed-demo.mjs')
    await seedDemo({ databaseUrl, meters: options.meters, seed: options.seed, secrets })
  }

  const ports = await claim()
  const consoleUrl = `http://127.0.0.1:${ports.console}`
  const apiUrl = `http://127.0.0.1:${ports.api}`
  const coap = coapUrl('coap', options.host, ports.coap)
  const coaps = coapUrl('coaps', options.host, ports.coaps)
  const shared = {
    DATABASE_URL: databaseUrl,
    REDIS_URL: options.redisUrl,
    STORE_KEY: secrets.storeKey,
    NODE_ENV: 'production',
  }
  const app = (/** @type {string} */ name, /** @type {Record<string, string | undefined>} */ env) =>
    supervisor.start({
      name,
      command: process.execPath,
      args: ['--enable-source-maps', inRoot('apps', name, 'dist/main.js')],
      env: { ...shared, ...env },
    })

  const server = app('lwm2m-server', {
    COAP_HOST: options.host,
    COAP_PORT: String(ports.coap),
    COAPS_PORT: String(ports.coaps),
    REGISTRATION: options.registration,
    // a demo meter lives a day in minutes: what a real one reports daily it reports at each wake
    OBSERVATION_TIME_SCALE: options.demo ? '480' : '1',
    // a real meter that connects beside the demo must not report 480 times as often
    OBSERVATION_TIME_SCALE_FOR: 'urn:imei:00481,urn:dev:ops:32473-',
  })
  const api = app('api', {
    API_HOST: '127.0.0.1',
    API_PORT: String(ports.api),
    AUTH_SECRET: secrets.authSecret,
    CONSOLE_URL: consoleUrl,
    CREDENTIALS_FILE: credentialsPath,
    FIRST_SIGN_IN_IS_NEW: first ? '1' : undefined,
  })
  const worker = app('worker', {})
  for (const child of [server, api, worker]) await supervisor.ready(child, 60)
  say('lwm2m-server, api and worker are up')

  supervisor.start({
    name: 'console',
    command: process.execPath,
    args: [inRoot('tools/dev/src/serve-console.mjs'), String(ports.console)],
    cwd: inRoot('apps/console'),
    env: { API_URL: apiUrl, NODE_ENV: 'production', DATABASE_URL: undefined, REDIS_URL: undefined },
  })
  await waitForPage(consoleUrl)
  say('console is up')
  if (options.demo) {
    const args = [
      inRoot('tools/simulator/dist/main.js'),
      '--meters',
      String(options.meters),
      '--seed',
      String(options.seed),
      '--server',
      coap,
      '--secure',
      coaps,
      '--identities',
      join(dataDir, 'fleet.json'),
      '--demo',
    ]
    supervisor.start({
      name: 'simulator',
      command: process.execPath,
      args,
      env: { METER_SECRET: meterSecret(secrets), DATABASE_URL: undefined, REDIS_URL: undefined },
    })
    say(`${options.meters} simulated meters are starting; each wakes every 1 to 5 minutes`)
  }
  if (supervisor.stopping) return
  writeRun(dataDir, {
    pid: process.pid,
    databaseUrl,
    console: consoleUrl,
    api: apiUrl,
    coap,
    coaps,
    pids: supervisor.pids,
  })
  const showPassword = first && process.stdout.isTTY
  console.log(`
  Console     ${consoleUrl}
  Sign in     ${showPassword ? `${credentials.email}  ${credentials.password}` : `see ${credentialsPath}`}
  API         ${apiUrl}/v1  (OpenAPI: /v1/openapi.json)
  CoAP        ${coap}  (registration: ${options.registration})
  CoAPS       ${coaps}  (DTLS 1.2; a device needs a key: POST /v1/devices with psk)
  Bootstrap   ${bootstrapNote(options.ports)}
  Data, logs  ${dataDir}`)
  if (!isLoopback(options.host)) {
    console.log(`
  !! CoAP on ${options.host} is open to the network with NoSec: no encryption, no proof of identity.
     ${options.registration === 'known' ? 'Only endpoints added before may register; others get 4.03 and are listed as candidates.' : 'Any endpoint may register.'}`)
  }
  say(`done; Ctrl-C stops everything`)
  console.log(`READY ${consoleUrl}`)
}

/** Waits until the page answers 200, for at most a minute. @param {string} url */
async function waitForPage(url) {
  let last = ''
  for (
    const until = Date.now() + 60_000;
    Date.now() < until;
    await new Promise((resolve) => setTimeout(resolve, 100))
  ) {
    try {
      const response = await fetch(url, { redirect: 'follow' })
      if (response.ok) return
      last = `status ${response.status}`
    } catch (error) {
      last = /** @type {Error} */ (error).message
    }
  }
  throw new Complaint(
    `The console does not answer at ${url} (${last}); its log is console.log in the logs folder.`,
  )
}
