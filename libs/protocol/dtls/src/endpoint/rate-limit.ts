/** Sources that are remembered; beyond it the least recent one starts anew. */
const maxSources = 4096

interface Bucket {
  tokens: number
  at: number
}

/** A token bucket per source address: `perSecond` on average, `burst` at once. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>()

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
  ) {}

  /** Whether one more may pass now. */
  admit(source: string, now: number): boolean {
    const bucket = this.#buckets.get(source) ?? { tokens: this.burst, at: now }
    bucket.tokens = Math.min(
      this.burst,
      bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * this.perSecond,
    )
    bucket.at = now
    this.#buckets.delete(source)
    this.#buckets.set(source, bucket)
    if (this.#buckets.size > maxSources) {
      const [oldest] = this.#buckets.keys()
      this.#buckets.delete(oldest)
    }
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}
