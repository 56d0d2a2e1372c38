/**
 * Memory of what is kept for one device with five observations: the peer in the endpoint; registration, links and observations in the LwM2M
 * Server. Its stores keep nothing, and deduplication is `coap-memory-exchange`. Heap and array buffers after garbage collection, by 20,000 devices
 * that registered and were asked over the wire format; parts: without observations, and each observation. The last observation is proven by a
 * notification. Reference: an Agent of node-coap that keeps the five streams of a device, and no registration. Floor 500 bytes, aim 300.
 */
import type { Bench } from '../bench.js'
import { kept } from '../memory.js'
import { startDevices, startSide } from '../processes.js'
import { median } from '../rounds.js'

const peers = 20_000
const nodeCoapPeers = 1_000
const observations = 5

async function ours(...words: readonly string[]): Promise<number> {
  const side = await startSide('own-peers', ...words)
  try {
    return await kept(side, peers, { count: peers, window: 200, devices: peers, port: 0 })
  } finally {
    await side.stop()
  }
}

async function theirs(): Promise<number> {
  const [side, load] = await Promise.all([startSide('node-coap-observer'), startDevices()])
  try {
    const work = { count: nodeCoapPeers, window: 50, devices: nodeCoapPeers, port: load.port }
    return await kept(side, nodeCoapPeers, work)
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
