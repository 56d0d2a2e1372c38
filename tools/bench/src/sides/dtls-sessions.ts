/**
 * A DTLS server with sessions of devices that have said one thing and fallen silent; of the devices' own ends nothing is left. Words: `--no-resumption`
 * lets nobody resume; `--snapshots` keeps of each session its snapshot, and no server.
 */
import process from 'node:process'
import { DtlsFleet } from '../dtls-fleet.js'
import { answerQuestions } from '../side.js'
import type { Work, Worked } from '../side.js'

const words = process.argv.slice(2)
const payload = new TextEncoder().encode('15.5')
const fleet = new DtlsFleet({ limits: words.includes('--no-resumption') ? { resumable: 0 } : {} })
const snapshots = new Map<string, Uint8Array>()

async function work({ count, window }: Work): Promise<Worked> {
  let right = 0
  for (let from = 0; from < count; from += window) {
    await fleet.shakeHands(from, Math.min(from + window, count))
    for (const device of fleet.devices.values()) device.client.send(payload)
    await fleet.deliverUp()
    right += fleet.messages.filter((message) => Buffer.compare(message.payload, payload) === 0).length
    fleet.forgetDevices()
  }
  if (words.includes('--snapshots')) {
    for (const session of fleet.server.sessions()) {
      const snapshot = fleet.server.export(session)
      if (snapshot) snapshots.set(Buffer.from(session.cid).toString('hex'), snapshot.bytes)
    }
    right = snapshots.size
    fleet.server.shutdown()
    fleet.server = fleet.createServer()
  }
  return { right, wrong: count - right }
}

answerQuestions(0, work)
