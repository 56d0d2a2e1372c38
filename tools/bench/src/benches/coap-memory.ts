/**
 * Memory of what is kept for one device with five observations: the peer in the endpoint; registration, links and observations in the LwM2M
 * Server. Its stores keep nothing, and deduplication is `coap-memory-exchange`. Heap and array buffers after garbage collection, by 20,000 devices
 * that registered and were asked over the wire format; parts: without observations, and each observation. The last observation is proven by a
 * notification. Reference: an Agent of node-coap that keeps the five streams of a device, and no registration. Before, both sides have done the same
 * for some devices that do not count, for what is compiled then, 2 MB, is kept for no device. Floor 500 bytes, aim 300.
 */
import type { Bench } from '../bench.js'
import { kept } from '../memory.js'
import { startDevices, startSide } from '../processes.js'
import type { Side } from '../processes.js'
import { median } from '../rounds.js'

const peers = 20_000
const nodeCoapPeers = 1_000
const observations = 5
/** Devices that come before those that count, by the number of these. */
const warmUp = 1 / 4

/** Bytes that a side keeps of each device, all that is compiled for the first ones apart. */
async function keptOfEach(side: Side, count: number, window: number, port: number): Promise<number> {
  const work = { window, devices: count, port }
  await side.work({ ...work, count: count * warmUp })
  return kept(side, count, { ...work, count })
}

async function ours(...words: readonly string[]): Promise<number> {
  const side = await startSide('own-peers', ...words)
  try {
    return await keptOfEach(side, peers, 200, 0)
  } finally {
    await side.stop()
  }
}

async function theirs(): Promise<number> {
  const [side, load] = await Promise.all([startSide('node-coap-observer'), startDevices()])
  try {
    return await keptOfEach(side, nodeCoapPeers, 50, load.port)
  } finally {
    await load.stop()
    await side.stop()
  }
}

export const coapMemory: Bench = {
  name: 'coap-memory',
  measures: 'what is kept for a device with five observations, exchanges apart',
  unit: 'bytes per device',
  ratio: 'candidate / reference',
  judged: 'candidate',
  better: 'lower',
  floor: 500,
  aim: 300,
  async run(rounds) {
    const registered: number[] = []
    const observed: number[] = []
    const reference: number[] = []
    for (let round = 0; round < rounds; round++) {
      registered.push(await ours())
      reference.push(await theirs())
      observed.push(await ours('--observe'))
    }
    const candidate = median(observed)
    const registration = median(registered)
    return {
      candidate,
      reference: median(reference),
      details: {
        bytes: {
          registration: Math.round(registration),
          observation: Math.round((candidate - registration) / observations),
        },
      },
    }
  },
}
