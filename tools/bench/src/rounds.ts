/** The median; of an even number the mean of the two in the middle. Throws `RangeError` for nothing. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of nothing')
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** The candidate's and the reference's medians. Who begins changes from round to round, so that a machine getting slower favours nobody. */
export async function interleave(
  rounds: number,
  candidate: () => number | Promise<number>,
  reference: () => number | Promise<number>,
): Promise<{ candidate: number; reference: number }> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const candidateFirst = round % 2 === 0
    if (candidateFirst) ours.push(await candidate())
    theirs.push(await reference())
    if (!candidateFirst) ours.push(await candidate())
  }
  return { candidate: median(ours), reference: median(theirs) }
}
