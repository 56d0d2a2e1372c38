import { Code, ManualClock, seededRandom } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import { createLink } from '@fieldline/lwm2m-client'
import { createMemoryNetwork, peerOf } from '@fieldline/transport'
import { expect, test } from 'vitest'
import { faultsOf } from './faults.js'
import { Tally } from './figures.js'
import { demoFleet } from './fleet.js'
import type { Journal } from './journal.js'
import { Meter } from './meter.js'

const server = peerOf('127.0.0.1', 5683)

/** A meter that wakes each minute, towards a server of a few lines, in virtual time. */
function awakeMeter(journal: Journal): {
  meter: Meter
  pass: (seconds: number) => Promise<void>
  refuse(): void
} {
  const clock = new ManualClock(1_700_000_000_000)
  const random = seededRandom(3)
  const network = createMemoryNetwork({ clock, random })
  const endpoint = createCoapEndpoint({ transport: network.open(server.port), clock, random })
  let registered = 0
  let refuses = false
  endpoint.serve(({ uriPath }) => {
    if (refuses) return { code: Code.Forbidden, payload: noBytes }
    if (uriPath[0] === 'rd' && uriPath.length === 1)
      return { code: Code.Created, locationPath: ['rd', `r${++registered}`], payload: noBytes }
    return { code: Code.Changed, payload: noBytes }
  })
  const identity = demoFleet({ seed: 1, meters: 1 })[0]!
  const meter = new Meter({
    key: identity.endpoint,
    identity,
    pace: { startAfterMs: 0, periodMs: 60_000, lifetime: 60, realTimes: false, reports: 'planned' },
    faults: faultsOf({}, identity.seed),
    clock,
    open: async () => createLink({ transport: network.open(), server, clock, random }),
    admit: (work) => work(),
    tally: new Tally(1, clock.now()),
    journal,
  })
  const pass = async (seconds: number): Promise<void> => {
    for (let passed = 0; passed < seconds * 1_000; passed += 100) {
      clock.advance(100)
      for (let turn = 0; turn < 20; turn++) await Promise.resolve()
    }
  }
  return { meter, pass, refuse: () => (refuses = true) }
}

test('a meter notes each Register and Update that was acknowledged, and none that was refused', async () => {
  const noted: string[] = []
  const { meter, pass, refuse } = awakeMeter({
    executed: () => undefined,
    acknowledged: () => undefined,
    contacted: (endpoint, { how, path }) => void noted.push(`${endpoint} ${how} ${path}`),
    close: () => undefined,
  })
  const lived = meter.live()
  await pass(30)
  expect(noted).toEqual([`${meter.key} register /rd/r1`])
  await pass(70)
  expect(noted).toEqual([`${meter.key} register /rd/r1`, `${meter.key} update /rd/r1`])
  refuse()
  await pass(70)
  expect(noted).toHaveLength(2)
  meter.stop()
  await pass(30)
  await lived
})
