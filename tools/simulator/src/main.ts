#!/usr/bin/env node
import { lookup } from 'node:dns/promises'
import process from 'node:process'
import type { Peer } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { readIdentities, writeIdentities } from './identities.js'
import { openJournal } from './journal.js'
import { readOptions, usage } from './options.js'
import type { Options, ServerAddress } from './options.js'
import { demoFleet, speaksDtls } from './fleet.js'
import { provision } from './provision.js'
import { FleetRun } from './run.js'

const progressMs = 30_000
const keepMs = 3_000
const watchMs = 1_000
/** What is under way at the end may still be answered. */
const graceMs = 10_000
/** On a signal nobody waits that long; where nobody is left who could send one, nobody may be left to answer either. */
const shortGraceMs = 500
/** A duration begins when all meters are registered, at the latest after this. */
const registerPatienceMs = 120_000

function fail(sentence: string): never {
  process.stderr.write(`simulate: ${sentence}\n`)
  process.exit(2)
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), ...line })}\n`)
}

async function peerAt(server: ServerAddress | undefined): Promise<Peer | undefined> {
  if (!server) return undefined
  const { address } = await lookup(server.host).catch(() => fail(`no address is known for ${server.host}`))
  return peerOf(address, server.port)
}

async function simulate(options: Options): Promise<void> {
  const { meters, seed, demo, identities, duration } = options
  const [server, secureServer] = await Promise.all([options.server, options.secure].map(peerAt))
  const secret = process.env.METER_SECRET ?? ''
  if (secureServer && secret === '')
    fail('coaps needs METER_SECRET in the environment: the keys of the meters follow from it')
  const secure = secureServer && { server: secureServer, secret }
  if (options.provision !== undefined) {
    const apiKey = process.env.API_KEY ?? fail('--provision needs API_KEY in the environment')
    if (!secure) fail('--provision makes keys known: it goes with coaps')
    const known = demoFleet(options).filter((meter) => !options.server || speaksDtls(meter))
    await provision(known, { api: options.provision, apiKey, secret }).catch((error: Error) =>
      fail(error.message),
    )
    say({ provisioned: known.length, api: options.provision })
  }
  const journal = options.journal === undefined ? undefined : openJournal(options.journal)
  const run = new FleetRun({
    ...options,
    server,
    secure,
    journal,
    states: identities === undefined ? new Map() : readIdentities(identities, seed),
  })
  const keep = (): void => {
    if (identities !== undefined) writeIdentities(identities, seed, run.states())
  }
  const startedAt = Date.now()
  say({
    simulating: meters,
    seed,
    demo,
    ...(server && { server: `coap://${server.id}` }),
    ...(secure && { secure: `coaps://${secure.server.id}` }),
  })

  const progress = setInterval(() => say({ ...run.figures() }), progressMs)
  const keeping = setInterval(keep, keepMs)
  let end: (() => void) | undefined
  let ending = graceMs
  const ended = new Promise<void>((resolve) => (end = resolve))
  let countedFrom: number | undefined
  const watch = setInterval(() => {
    if (run.everyMeterRegistered || Date.now() - startedAt >= registerPatienceMs) countedFrom ??= Date.now()
    if (duration !== undefined && countedFrom !== undefined && Date.now() - countedFrom >= duration * 1_000)
      end?.()
  }, watchMs)
  const stop = (): void => {
    ending = shortGraceMs
    end?.()
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  let isAlone = false
  const left = (): void => {
    isAlone = true
    stop()
  }
  // Whoever started it, or read what it says, is gone.
  process.on('disconnect', left)
  if (process.connected === false) left() // it went before anybody listened for that
  process.stdout.on('error', left)
  // Without a duration the process stays when the last meter has fallen silent: silence is what was asked for.
  const failure = run.live().then(() => ended)
  await Promise.race([ended, failure])
  for (const timer of [progress, keeping, watch]) clearInterval(timer)
  await run.stop(ending)
  keep()
  journal?.close()
  process.stdout.write(`${JSON.stringify(run.figures())}\n`, leave)

  function leave(): void {
    // An exit can wait for ever for a thread that compiles. Who waits for its code can end it then; where nobody is left, it may not begin to.
    if (isAlone) process.kill(process.pid, 'SIGKILL')
    process.exit(0)
  }
}

let options: Options
try {
  options = readOptions(process.argv.slice(2))
} catch (error) {
  fail(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`)
}
if (options.help) process.stdout.write(`${usage}\n`)
else {
  simulate(options).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EMFILE')
      fail('this system allows too few open files for so many meters; raise the limit with ulimit -n')
    fail(error.stack ?? error.message)
  })
}
