import process from 'node:process'
import { decode } from '@fieldline/codec'
import type { Figures } from './bench.js'
import { checkDecoded, resources } from './instance.js'
import type { Sample } from './instance.js'
import { interleave } from './rounds.js'
import type { Cost } from './rounds.js'

const warmUpPasses = 1_500
const passes = 1_000

/** CPU µs per payload, garbage collection included, of `passes` over all samples. */
function cost(samples: readonly Sample[], times: number, read: (sample: Sample) => number): Cost {
  let values = 0
  const before = process.cpuUsage()
  for (let pass = 0; pass < times; pass++) for (const sample of samples) values += read(sample)
  const { user, system } = process.cpuUsage(before)
  const payloads = times * samples.length
  // counted so that no reading can be left out, and compared so that none came out short
  if (values !== payloads * resources)
    throw new Error(`${values} values from ${payloads} payloads of ${resources}`)
  return { user: user / payloads, system: system / payloads }
}

/** Our decoder against `reference`, which answers how many values it read; every value of ours is checked before and after. */
export async function decodeAgainst(
  format: number,
  samples: readonly Sample[],
  reference: (payload: Uint8Array) => number,
  rounds: number,
): Promise<Figures> {
  const ours = (sample: Sample): number => decode(format, sample.payload, sample.context).length
  const theirs = (sample: Sample): number => reference(sample.payload)
  checkDecoded(format, samples)
  cost(samples, warmUpPasses, ours)
  cost(samples, warmUpPasses, theirs)
  const figures = await interleave(
    rounds,
    () => cost(samples, passes, ours),
    () => cost(samples, passes, theirs),
  )
  checkDecoded(format, samples)
  const bytes = samples.reduce((sum, { payload }) => sum + payload.length, 0) / samples.length
  return {
    ...figures,
    details: { ...figures.details, payloadBytes: Math.round(bytes), valuesPerPayload: resources },
  }
}
