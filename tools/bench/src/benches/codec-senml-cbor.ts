/**
 * An object instance of twenty resources as a SenML CBOR pack. Ours: bytes to values with path and type, each checked against the object's
 * definition. Reference: `decode` of cborg, which gives records of labels and values. Floor 0.25, aim 0.5 of cborg's speed.
 */
import { decode } from 'cborg'
import { decodeAgainst } from '../decoding.js'
import type { Bench } from '../bench.js'
import { ContentFormat, samplesIn } from '../instance.js'

/** SenML labels are integers, which cborg reads into Maps only. */
const options = { useMaps: true }

export const codecSenmlCbor: Bench = {
  name: 'codec-senml-cbor',
  measures: 'twenty resources from SenML CBOR, against cborg reading the same bytes',
  unit: 'CPU µs per payload',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.25,
  aim: 0.5,
  run(rounds) {
    const { samples } = samplesIn(ContentFormat.SenmlCbor)
    const reference = (payload: Uint8Array): number => (decode(payload, options) as unknown[]).length
    return decodeAgainst(ContentFormat.SenmlCbor, samples, reference, rounds)
  },
}
