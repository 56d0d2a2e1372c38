/**
 * A restart with 50,000 open sessions, without the database: a new DTLS server imports every snapshot, exports and confirms it in flushes of 1,000, as
 * our LwM2M Server does before it answers; then each device sends one message in the session it has, a tenth of them from another port, and
 * gets an answer. Counted is all of the server's processor time. Each must be answered without a handshake, or the bench fails. Every round is
 * a restart more for the same devices. Reference: handshakes of as many devices, measured on 2,000. Floor 30 s of one core, aim 10 s.
 */
import type { DtlsSession } from '@fieldline/dtls'
import type { Bench } from '../bench.js'
import { DtlsFleet, cpuOf, firstPort } from '../dtls-fleet.js'
import { median } from '../rounds.js'
import type { Cost } from '../rounds.js'

const devices = 50_000
const atOnce = 500
const perFlush = 1_000
const sample = 2_000
const every = 10

const question = new TextEncoder().encode('update')
const answer = new TextEncoder().encode('changed')
const seconds = ({ user, system }: Cost): number => (user + system) / 1e6

/** Exports and confirms sessions, as many at a time as are stored together; their snapshots go to `stored`. */
function storeAll(fleet: DtlsFleet, sessions: readonly DtlsSession[], stored: Map<string, Uint8Array>): void {
  for (let from = 0; from < sessions.length; from += perFlush) {
    const rows = sessions.slice(from, from + perFlush).map((session) => {
      const snapshot = fleet.server.export(session)
      if (!snapshot) throw new Error('a session could not be written down')
      return { session, snapshot }
    })
    for (const { session, snapshot } of rows) {
      stored.set(Buffer.from(session.cid).toString('latin1'), snapshot.bytes)
      fleet.server.confirmExport(session, snapshot.generation)
    }
  }
}

/** What one restart cost the server, s: until all can be answered, and until all have been. */
interface Restart {
  readonly imported: number
  readonly answered: number
}

/** Puts another server in the place of the first. Throws where a device has to shake hands, or gets no answer. */
async function restart(fleet: DtlsFleet, stored: Map<string, Uint8Array>, round: number): Promise<Restart> {
  fleet.server.shutdown()
  fleet.server = fleet.createServer()
  const imported = await cpuOf(() => {
    const sessions = [...stored.values()].map((snapshot) => fleet.server.import(snapshot))
    storeAll(fleet, sessions, stored)
  })
  let answered = 0
  const all = [...fleet.devices.values()]
  for (let from = 0; from < all.length; from += atOnce) {
    const some = all.slice(from, from + atOnce)
    for (const device of some) {
      if (device.n % every === round % every) fleet.rebind(device)
      device.received = 0
      device.client.send(question)
    }
    const cost = await cpuOf(async () => {
      await fleet.deliverUp()
      for (const { session } of fleet.messages) fleet.server.send(answer, session)
    })
    answered += seconds(cost)
    fleet.messages = []
    fleet.deliverDown()
    for (const { last, received } of some)
      if (received !== 1 || !last || Buffer.compare(last, answer) !== 0)
        throw new Error('a device got no answer after the restart')
  }
  const { handshakesStarted, cookiesSent, migrations } = fleet.server.counters
  // snapshots are of before the first move: who ever had another port moves after each restart
  const moved = all.filter(({ port }) => port !== firstPort).length
  if (handshakesStarted + cookiesSent > 0 || migrations !== moved)
    throw new Error(`after the restart: ${handshakesStarted} handshakes, ${migrations} moves`)
  return { imported: seconds(imported), answered }
}

export const dtlsResumeAll: Bench = {
  name: 'dtls-resume-all',
  measures: '50,000 sessions taken up after a restart, each answering its device without a handshake',
  unit: 'CPU s',
  ratio: 'reference / candidate',
  judged: 'candidate',
  better: 'lower',
  floor: 30,
  aim: 10,
  async run(rounds) {
    const fleet = new DtlsFleet()
    const stored = new Map<string, Uint8Array>()
    for (let from = 0; from < devices; from += atOnce) await fleet.shakeHands(from, from + atOnce)
    storeAll(fleet, fleet.sessions, stored)
    fleet.sessions = []
    const restarts: Restart[] = []
    const handshakes: number[] = []
    for (let round = 0; round < rounds; round++) {
      restarts.push(await restart(fleet, stored, round))
      const others = new DtlsFleet()
      handshakes.push((seconds(await others.shakeHands(0, sample)) * devices) / sample)
    }
    const imported = median(restarts.map((one) => one.imported))
    return {
      candidate: median(restarts.map((one) => one.imported + one.answered)),
      reference: median(handshakes),
      details: {
        parts: {
          import: Number(imported.toPrecision(3)),
          answer: Number(median(restarts.map((one) => one.answered)).toPrecision(3)),
        },
        withoutHandshake: 1,
        bytesStored: Math.round(
          [...stored.values()].reduce((sum, { length }) => sum + length, 0) / stored.size,
        ),
      },
    }
  },
}
