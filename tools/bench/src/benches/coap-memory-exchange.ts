/**
 * Memory of one exchange that is remembered for deduplication, with its answer: 2^18 Updates of 10,000 peers on our LwM2M Server over UDP, as many as
 * its bound keeps. Heap and array buffers after garbage collection, against the state after the peers have registered. Reference: a server
 * of node-coap and 20,000 Updates. Floor 64 bytes, aim 49.
 */
import type { Bench } from '../bench.js'
import { startClients, startSide } from '../processes.js'
import { median } from '../rounds.js'

const peers = 10_000
const window = 200

async function perExchange(name: string, updates: number): Promise<number> {
  const side = await startSide(name)
  const load = startClients(side.port, peers)
  try {
    await load.tell('register')
    const before = await side.memory()
    const { answered, wrong } = await load.tell(`update ${updates} ${window}`)
    if (wrong > 0 || answered < updates * 0.99)
      throw new Error(`${name}: ${answered} answered, ${wrong} wrong`)
    const after = await side.memory()
    return (after.bytes - before.bytes) / answered
  } finally {
    await load.stop()
    await side.stop()
  }
}

export const coapMemoryExchange: Bench = {
  name: 'coap-memory-exchange',
  measures: 'what is kept for an answered exchange, to know its duplicate',
  unit: 'bytes per exchange',
  ratio: 'candidate / reference',
  judged: 'candidate',
  better: 'lower',
  floor: 64,
  aim: 49,
  async run(rounds) {
    const ours: number[] = []
    const theirs: number[] = []
    for (let round = 0; round < rounds; round++) {
      // the Registers are entries of the ring, too
      ours.push(await perExchange('own-server', 2 ** 18 - peers))
      theirs.push(await perExchange('node-coap-server', 20_000))
    }
    return { candidate: median(ours), reference: median(theirs) }
  },
}
