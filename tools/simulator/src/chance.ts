/**
 * A number in [0, 1) from a seed and what it is for: the same for the same arguments, whatever was asked before. So a meter keeps its
 * nature when the fleet grows, and a value of any hour is known without those before it.
 */
export function chance(seed: number, ...about: readonly (string | number)[]): number {
  let hash = (seed ^ 0x9e3779b9) >>> 0
  for (const part of about) {
    const text = typeof part === 'number' ? String(part) : part
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
    hash = Math.imul(hash ^ 0x2f, 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** A whole number in low..high, both included. */
export function whole(
  low: number,
  high: number,
  seed: number,
  ...about: readonly (string | number)[]
): number {
  return low + Math.floor(chance(seed, ...about) * (high - low + 1))
}

/** One of some things. */
export function pick<T>(things: readonly T[], seed: number, ...about: readonly (string | number)[]): T {
  return things[Math.floor(chance(seed, ...about) * things.length)]
}

/** The same things in another order. */
export function shuffled<T>(things: readonly T[], seed: number, about: string): T[] {
  return things
    .map((thing, at) => ({ thing, order: chance(seed, about, at) }))
    .sort((a, b) => a.order - b.order)
    .map(({ thing }) => thing)
}
