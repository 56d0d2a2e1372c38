import { costBetween, startDevices, startSide } from './processes.js'
import type { Served } from './processes.js'
import type { Cost } from './rounds.js'
import { blocksPerBody } from './device-addresses.js'

const devices = 10_000
/** The least share of requests or bodies that a reference must have got right for its figure to count. */
const leastOfReference = 0.9

/** A client and how much it is given to do. */
export interface ClientSubject {
  readonly side: 'own-client' | 'node-coap-client'
  readonly push: boolean
  /** Requests, or bodies. */
  readonly warmUp: number
  readonly measured: number
  readonly window: number
}

/**
 * CPU µs per request, or per block of a push, of a fresh client process that asks 10,000 devices in turn. Throws where an answer was not the
 * device's own, a block was not what it should be, or anything was left without an answer; of a reference a tenth may fail.
 */
export async function clientCost(subject: ClientSubject): Promise<Cost> {
  const { push, warmUp, measured, window } = subject
  const [side, load] = await Promise.all([
    startSide(subject.side, ...(push ? ['--push'] : [])),
    startDevices(),
  ])
  try {
    const work = { window, devices, port: load.port }
    await side.work({ ...work, count: warmUp })
    await load.tell<Served>('stats')
    const before = await side.usage()
    const { right, wrong } = await side.work({ ...work, count: measured })
    const after = await side.usage()
    const served = await load.tell<Served>('stats')
    // a request that the reference gives up or gets wrong has cost it no less
    const isOurs = subject.side === 'own-client'
    if ((isOurs && wrong > 0) || right < measured * (isOurs ? 1 : leastOfReference) || served.wrong > 0)
      throw new Error(`${subject.side}: ${right} of ${measured} right, ${served.wrong} blocks wrong`)
    const messages = push ? measured * blocksPerBody : measured
    // a retransmission may come twice, none may be missing
    if (isOurs && (push ? served.blocks : served.gets) < messages)
      throw new Error(`${subject.side}: ${JSON.stringify(served)} reached the devices, not ${messages}`)
    return costBetween(before, after, messages)
  } finally {
    await load.stop()
    await side.stop()
  }
}
