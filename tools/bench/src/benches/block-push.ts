/**
 * A push of 256 KiB in blocks of 1024 bytes (PUT with Block1), to 100 devices at a time, each block confirmed before the next. Ours: the endpoint
 * over UDP. Reference: an Agent of node-coap on one socket. CPU per block of the client's process; the devices check number, length and content
 * of each block. Floor 0.40 of node-coap's cost, aim 0.33.
 */
import type { Bench } from '../bench.js'
import { clientCost } from '../client-load.js'
import { interleave } from '../rounds.js'

const window = 100

export const blockPush: Bench = {
  name: 'block-push',
  measures: 'a block of 1 KiB of a push of 256 KiB, against the Agent of node-coap',
  unit: 'CPU µs per block',
  ratio: 'candidate / reference',
  judged: 'ratio',
  better: 'lower',
  floor: 0.4,
  aim: 0.33,
  run: (rounds) =>
    interleave(
      rounds,
      () => clientCost({ side: 'own-client', push: true, warmUp: 100, measured: 200, window }),
      () => clientCost({ side: 'node-coap-client', push: true, warmUp: 50, measured: 100, window }),
    ),
}
