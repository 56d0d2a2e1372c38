import type { Figures } from './bench.js'

/** The median; of an even number the mean of the two in the middle. Throws `RangeError` for nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Processor time of one side in one round, µs for each of what is counted. */
export interface Cost {
  readonly user: number
  /** In the kernel: for datagrams, much of it, and the same for both sides. */
  readonly system: number
}

/**
 * The candidate's and the reference's medians of user and system time together, and apart. Who begins changes from round to round, so that a
 * machine getting slower favours nobody.
 */
export async function interleave(
  rounds: number,
  candidate: () => Cost | Promise<Cost>,
  reference: () => Cost | Promise<Cost>,
): Promise<Figures> {
  const ours: Cost[] = []
  const theirs: Cost[] = []
  for (let round = 0; round < rounds; round++) {
    const candidateFirst = round % 2 === 0
    if (candidateFirst) ours.push(await candidate())
    theirs.push(await reference())
    if (!candidateFirst) ours.push(await candidate())
  }
  const total = (costs: readonly Cost[]): number => median(costs.map(({ user, system }) => user + system))
  return {
    candidate: total(ours),
    reference: total(theirs),
    details: { parts: { candidate: parts(ours), reference: parts(theirs) } },
  }
}

function parts(costs: readonly Cost[]): Cost {
  const rounded = (values: readonly number[]): number => Number(median(values).toPrecision(3))
  return { user: rounded(costs.map(({ user }) => user)), system: rounded(costs.map(({ system }) => system)) }
}
