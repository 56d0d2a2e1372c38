/**
 * Registration Update (a confirmable POST /rd/{location} without changes) of 10,000 registered peers. Ours: the LwM2M Server with registry,
 * deduplication and presence over UDP, its ports keeping nothing. Reference: a server of node-coap whose handler is empty.
 * CPU per answered message of the server's process; each answer is checked to be the peer's own 2.04, and
 * one of ours that is not ends the run. Floor 4, aim 5.
 */
import type { Bench } from '../bench.js'
import { generatorName } from '../processes.js'
import { interleave } from '../rounds.js'
import { answeredOf, noneAnswered, updateCost } from '../update-load.js'

export const coapUpdate: Bench = {
  name: 'coap-update',
  measures: 'a Registration Update of one of 10,000 peers, against an empty handler on node-coap',
  unit: 'CPU µs per Update',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 4,
  aim: 5,
  async run(rounds) {
    const ours = noneAnswered()
    const theirs = noneAnswered()
    const figures = await interleave(
      rounds,
      () => updateCost({ side: 'own-server', warmUp: 60_000, measured: 120_000 }, ours),
      () => updateCost({ side: 'node-coap-server', warmUp: 15_000, measured: 30_000 }, theirs),
    )
    return {
      ...figures,
      details: {
        ...figures.details,
        load: generatorName(),
        answered: { candidate: answeredOf(ours), reference: answeredOf(theirs) },
      },
    }
  },
}
