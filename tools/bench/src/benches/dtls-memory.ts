/**
 * Memory of an idle session of our DTLS server: PSK-AES128-CCM8, extended master secret, a Connection ID of 8 bytes, and what resumption needs, by
 * 20,000 devices that shook hands, sent one message and fell silent. Heap and array buffers after garbage collection. Parts: without what
 * resumption needs. Reference: the snapshots of as many sessions in a Map by name, which is all that there is to know of them. Floor 6,000
 * bytes, aim 4,000.
 */
import type { Bench } from '../bench.js'
import { kept } from '../memory.js'
import { startSide } from '../processes.js'
import { median } from '../rounds.js'

const sessions = 20_000
const atOnce = 100

async function perSession(...words: readonly string[]): Promise<number> {
  const side = await startSide('dtls-sessions', ...words)
  try {
    return await kept(side, sessions, { count: sessions, window: atOnce, devices: sessions, port: 0 })
  } finally {
    await side.stop()
  }
}

export const dtlsMemory: Bench = {
  name: 'dtls-memory',
  measures: 'an idle session with Connection ID, ready to be resumed',
  unit: 'bytes per session',
  ratio: 'candidate / reference',
  judged: 'candidate',
  better: 'lower',
  floor: 6_000,
  aim: 4_000,
  async run(rounds) {
    const ours: number[] = []
    const withoutResumption: number[] = []
    const snapshots: number[] = []
    for (let round = 0; round < rounds; round++) {
      ours.push(await perSession())
      snapshots.push(await perSession('--snapshots'))
      withoutResumption.push(await perSession('--no-resumption'))
    }
    const candidate = median(ours)
    const session = median(withoutResumption)
    return {
      candidate,
      reference: median(snapshots),
      details: { bytes: { session: Math.round(session), resumption: Math.round(candidate - session) } },
    }
  },
}
