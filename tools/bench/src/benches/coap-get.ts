/**
 * Requests to devices: a confirmable GET with three path segments to 10,000 addresses in turn, 500 under way, piggybacked answers. Ours: the
 * endpoint over UDP. Reference: an Agent of node-coap on one socket. CPU per request of the client's process; each answer is checked to be the
 * device's own. Floor 5, aim 6.5.
 */
import type { Bench } from '../bench.js'
import { clientCost } from '../client-load.js'
import { interleave } from '../rounds.js'

const window = 500

export const coapGet: Bench = {
  name: 'coap-get',
  measures: 'a GET to one of 10,000 devices, against the Agent of node-coap',
  unit: 'CPU µs per request',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 5,
  aim: 6.5,
  run: (rounds) =>
    interleave(
      rounds,
      () => clientCost({ side: 'own-client', push: false, warmUp: 30_000, measured: 60_000, window }),
      () => clientCost({ side: 'node-coap-client', push: false, warmUp: 10_000, measured: 20_000, window }),
    ),
}
