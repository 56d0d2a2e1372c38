import type { Peer } from '@fieldline/coap'
import type { FaultShares, Faults } from './faults.js'
import { faultsOf } from './faults.js'
import { Tally } from './figures.js'
import { demoFleet, speaksDtls, unknownMeter } from './fleet.js'
import type { Figures } from './figures.js'
import type { FleetState, MeterState } from './identities.js'
import type { MeterIdentity } from './identity.js'
import type { Journal } from './journal.js'
import { Meter } from './meter.js'
import { clone, paceOf, silentCell } from './pace.js'
import type { Pace } from './meter.js'
import { models } from './models/models.js'
import { openNodeCoapLink } from './node-coap-link.js'
import { openOwnLink } from './own-link.js'
import { SecureSession, keyOf } from './secure-session.js'
import { systemClock, systemRandom } from './system.js'
import { divergingPaths } from './truth.js'

/** What a run is told. */
export interface RunOptions {
  readonly meters: number
  readonly seed: number
  /** Where meters without security go; absent: all have keys. */
  readonly server?: Peer
  /** Where meters with keys go, and what their keys follow from; absent: none have. */
  readonly secure?: { readonly server: Peer; readonly secret: string }
  readonly stack: 'ours' | 'node-coap'
  readonly faults: FaultShares
  /** The demonstration: wakes of one to five minutes, and everything planted. */
  readonly demo: boolean
  /** Seconds between reports; default the demo's pace, else 60. */
  readonly reportEvery?: number
  readonly journal?: Journal
  readonly states: FleetState
}

/** First contacts under way at once outside a demonstration. */
const mostFirstContacts = 256

/** Lets so many pieces of work run at once. */
function turnstile(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      return await work()
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}

function faultsFor(identity: MeterIdentity, { demo, faults }: RunOptions): Faults {
  const own = faultsOf(faults, identity.seed)
  if (!demo) return own
  if (identity.planted.includes('a')) return { ...own, silentAfter: silentCell.contacts }
  if (identity.planted.includes('f')) return { ...own, diverge: divergingPaths }
  return own
}

/** The address a meter speaks from: loopback to a server on loopback, else whatever the machine chooses. */
function hostTowards(server: Peer): string {
  if (server.address.startsWith('127.')) return '127.0.0.1'
  if (server.address === '::1') return '::1'
  return server.address.includes(':') ? '::' : '0.0.0.0'
}

/** A fleet that lives. */
export class FleetRun {
  readonly #tally: Tally
  readonly #meters: Meter[] = []
  readonly #kept: Map<string, MeterState>
  #living: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: RunOptions) {
    const fleet = options.demo ? demoFleet(options) : demoFleet(options).map(unplanted)
    const unknown = options.demo ? unknownMeter(options) : undefined
    const all = unknown ? [...fleet, unknown] : fleet
    const clones = all.filter(({ planted }) => planted.includes('j')).length
    this.#tally = new Tally(all.length + clones, systemClock.now())
    // The states of meters that this run does not have are kept for one that has them.
    this.#kept = new Map(options.states)
    const admit = options.demo ? <T>(work: () => Promise<T>) => work() : turnstile(mostFirstContacts)
    for (const identity of all) {
      this.#add(identity.endpoint, identity, paceOf(identity, options), admit)
      if (!identity.planted.includes('j')) continue
      const pace = { ...paceOf(identity, options), startAfterMs: clone.startAfterMs }
      this.#add(identity.endpoint + clone.key, identity, pace, admit)
    }
  }

  #add(
    key: string,
    identity: MeterIdentity,
    pace: Pace,
    admit: <T>(work: () => Promise<T>) => Promise<T>,
  ): void {
    const { options } = this
    const faults = faultsFor(identity, options)
    const { secure } = options
    const isSecure = secure !== undefined && (options.server === undefined || speaksDtls(identity))
    const onNodeCoap =
      !isSecure && (options.stack === 'node-coap' || (options.demo && models[identity.model].onNodeCoap))
    const openLink = onNodeCoap ? openNodeCoapLink : openOwnLink
    const server = isSecure ? secure.server : (options.server as Peer)
    const session = isSecure
      ? new SecureSession({
          clock: systemClock,
          random: systemRandom,
          server,
          key: keyOf(secure.secret, identity.endpoint),
        })
      : undefined
    const usual = hostTowards(server)
    const host = key.endsWith(clone.key) && usual === '127.0.0.1' ? clone.address : usual
    this.#meters.push(
      new Meter({
        key,
        identity,
        pace,
        faults,
        clock: systemClock,
        open: async () => {
          try {
            return await openLink({ host, server, loss: faults.loss, secure: session })
          } catch (error) {
            // Not every system gives all of 127/8 to loopback; another port is another address all the same.
            if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL') throw error
            return openLink({ host: usual, server, loss: faults.loss, secure: session })
          }
        },
        admit,
        tally: this.#tally,
        journal: options.journal,
        state: options.states.get(key),
      }),
    )
  }

  /** Starts every meter; resolves when all have fallen silent or were stopped, rejects on what the machine refuses. */
  live(): Promise<unknown> {
    this.#living = Promise.all(this.#meters.map((meter) => meter.live()))
    return this.#living
  }

  /** Ends every life; what is under way gets `graceMs` to be answered. */
  async stop(graceMs: number): Promise<void> {
    for (const meter of this.#meters) meter.stop()
    await Promise.race([
      this.#living,
      new Promise((resolve) => systemClock.after(graceMs, () => resolve(undefined))),
    ])
  }

  get everyMeterRegistered(): boolean {
    return this.#tally.everyMeterRegistered
  }

  figures(): Figures {
    return this.#tally.figures()
  }

  /** What to keep for the next start. */
  states(): FleetState {
    for (const meter of this.#meters) this.#kept.set(meter.key, meter.state())
    return this.#kept
  }
}

function unplanted(identity: MeterIdentity): MeterIdentity {
  return { ...identity, planted: [], manufacturer: models[identity.model].manufacturer }
}
