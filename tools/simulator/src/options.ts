import { parseArgs } from 'node:util'
import { parseFaults } from './faults.js'
import type { FaultShares } from './faults.js'

export const usage = `npm run simulate -- --server coap://host:port [options]
  --meters N             how many (default 120)
  --seed S               which fleet; the same seed gives the same meters (default 1)
  --server ADDRESS       coap://host:port or coaps://host:port of the LwM2M Server (default coap://127.0.0.1:5683)
  --secure ADDRESS       coaps://host:port for the meters of the demonstration that have keys; the others go to --server
  --provision URL        makes the meters and their keys known first, through the API at URL with the key in API_KEY
                         (with coaps the pre-shared keys follow from METER_SECRET: the same secret gives the same keys)
  --stack ours|node-coap the CoAP implementation they speak through (default ours)
  --demo                 wakes of one to five minutes, real sleep, and everything planted (npm run demo:truth)
  --report-every S       seconds between reports (default 60; with --demo each meter's own); a sleeper is awake for ten and reports once in them
  --duration S           end so long after every meter was registered, with figures as one line of JSON
  --identities FILE      keep registrations and settings there, and go on with them at the next start
  --journal FILE         append every request executed and every acknowledgement received, as JSON lines
  --fault NAME:SHARE     reject-write, silent, reboot, diverge: share of the meters; loss: share of the datagrams;
                         several with commas or bars between them`

/** What the command line says. */
export interface Options {
  readonly help: boolean
  readonly meters: number
  readonly seed: number
  /** Where meters without security go; absent: all go to `secure`. */
  readonly server?: ServerAddress
  readonly secure?: ServerAddress
  readonly provision?: string
  readonly stack: 'ours' | 'node-coap'
  readonly demo: boolean
  readonly reportEvery?: number
  readonly duration?: number
  readonly identities?: string
  readonly journal?: string
  readonly faults: FaultShares
}

/** A server by name or address. */
export interface ServerAddress {
  readonly host: string
  readonly port: number
}

const defaultPorts = { coap: 5683, coaps: 5684 } as const

function serverAddress(
  text: string,
  name: string,
  schemes: readonly (keyof typeof defaultPorts)[],
): ServerAddress & { scheme: keyof typeof defaultPorts } {
  const address = /^(coaps?):\/\/(\[[0-9a-fA-F:.]+\]|[^/:[\]]+)(?::(\d{1,5}))?\/?$/.exec(text)
  const scheme = address?.[1] as keyof typeof defaultPorts
  if (!address || !schemes.includes(scheme))
    throw new RangeError(`${name} takes ${schemes.join('|')}://host:port, not "${text}"`)
  const port = number(address[3], `the port of ${name}`, 65_535) ?? defaultPorts[scheme]
  return { scheme, host: address[2].replace(/^\[|\]$/g, ''), port }
}

function number(text: string | undefined, name: string, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < 1 || value > most)
    throw new RangeError(`${name} takes a whole number from 1 to ${most}, not "${text}"`)
  return value
}

/** Reads the command line. Throws `RangeError` or `TypeError` in one sentence. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      meters: { type: 'string' },
      seed: { type: 'string' },
      server: { type: 'string', default: 'coap://127.0.0.1:5683' },
      secure: { type: 'string' },
      provision: { type: 'string' },
      stack: { type: 'string', default: 'ours' },
      demo: { type: 'boolean', default: false },
      'report-every': { type: 'string' },
      duration: { type: 'string' },
      identities: { type: 'string' },
      journal: { type: 'string' },
      fault: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', default: false },
    },
  })
  const server = serverAddress(values.server, '--server', ['coap', 'coaps'])
  const beside = values.secure === undefined ? undefined : serverAddress(values.secure, '--secure', ['coaps'])
  if (beside && server.scheme === 'coaps')
    throw new RangeError('--secure stands beside a --server without security, not beside coaps')
  if (server.scheme === 'coaps' && values.stack === 'node-coap')
    throw new RangeError('node-coap has no DTLS: --stack node-coap goes with coap://')
  if (values.stack !== 'ours' && values.stack !== 'node-coap')
    throw new RangeError(`--stack is ours or node-coap, not "${values.stack}"`)
  return {
    help: values.help,
    meters: number(values.meters, '--meters', 50_000) ?? 120,
    seed: values.seed === '0' ? 0 : (number(values.seed, '--seed', 2 ** 31 - 1) ?? 1),
    server: server.scheme === 'coap' ? server : undefined,
    secure: server.scheme === 'coaps' ? server : beside,
    provision: values.provision,
    stack: values.stack,
    demo: values.demo,
    reportEvery: number(values['report-every'], '--report-every', 86_400),
    duration: number(values.duration, '--duration', 30 * 86_400),
    identities: values.identities,
    journal: values.journal,
    faults: parseFaults(values.fault),
  }
}
