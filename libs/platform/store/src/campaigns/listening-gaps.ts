/**
 * Milliseconds between `from` and `until` in which nobody of ours listened: such time is no silence of a device. A period in which we are still
 * listening ends with its last sign of life.
 * @param periods when somebody listened, in any order; they may overlap
 */
export function downtimeBetween(
  periods: readonly { from: number; until: number }[],
  from: number,
  until: number,
): number {
  let heard = 0
  let covered = from
  for (const period of [...periods].sort((a, b) => a.from - b.from)) {
    const start = Math.max(period.from, covered)
    const end = Math.min(period.until, until)
    if (end <= start) continue
    heard += end - start
    covered = end
  }
  return Math.max(0, until - from - heard)
}
