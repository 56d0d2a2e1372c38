/**
 * An object instance of twenty resources as a SenML JSON pack. Ours: bytes to values with path and type, each checked against the object's
 * definition, integers of 64 bits kept. Reference: TextDecoder and JSON.parse of the engine, in C++. Floor 0.25, aim 0.5 of their speed.
 */
import { decodeAgainst } from '../decoding.js'
import type { Bench } from '../bench.js'
import { ContentFormat, samplesIn } from '../instance.js'

const text = new TextDecoder()

export const codecSenmlJson: Bench = {
  name: 'codec-senml-json',
  measures: 'twenty resources from SenML JSON, against JSON.parse of the same bytes',
  unit: 'CPU µs per payload',
  ratio: 'reference / candidate',
  judged: 'ratio',
  better: 'higher',
  floor: 0.25,
  aim: 0.5,
  run(rounds) {
    const { samples } = samplesIn(ContentFormat.SenmlJson)
    const reference = (payload: Uint8Array): number => (JSON.parse(text.decode(payload)) as unknown[]).length
    return decodeAgainst(ContentFormat.SenmlJson, samples, reference, rounds)
  },
}
