/**
 * Registration Update of 10,000 registered peers on our LwM2M Server over UDP, against a bare echo of node:dgram that gets the same datagrams:
 * how much of what UDP costs in Node is left for the protocol. CPU per answered message of the server's process; each 2.04 and each echo is
 * checked. Floor 0.65, aim 0.75 of the echo's speed.
 */
import type { Bench } from '../bench.js'
import { generatorName } from '../processes.js'
import { interleave } from '../rounds.js'
import { answeredOf, noneAnswered, updateCost } from '../update-load.js'

export const coapUpdateEcho: Bench = {
  name: 'coap-update-echo',
  measures: 'a Registration Update of one of 10,000 peers, against a bare echo of node:dgram',
  unit: 'CPU µs per Update',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.65,
  aim: 0.75,
  async run(rounds) {
    const ours = noneAnswered()
    const theirs = noneAnswered()
    const figures = await interleave(
      rounds,
      () => updateCost({ side: 'own-server', warmUp: 60_000, measured: 120_000 }, ours),
      () => updateCost({ side: 'echo-server', warmUp: 60_000, measured: 120_000 }, theirs),
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
