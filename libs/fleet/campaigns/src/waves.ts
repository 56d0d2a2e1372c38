import type { CampaignRecipe } from '@fieldline/contracts'

/**
 * How many members each wave takes. A percentage is of all members, rounds up and is at least one device; the last wave takes what is left
 * of its share. Waves for which nobody is left have size 0. `beyond` members are in no wave.
 */
export function waveSizes(
  waves: CampaignRecipe['waves'],
  members: number,
): { sizes: number[]; beyond: number } {
  let left = members
  const sizes = waves.map(({ size, percent }) => {
    const share =
      percent === undefined ? (size ?? 0) : Math.ceil((Math.round(percent * 100) * members) / 10_000)
    const taken = Math.min(Math.max(1, share), left)
    left -= taken
    return taken
  })
  return { sizes, beyond: left }
}
