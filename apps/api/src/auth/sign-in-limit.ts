const WINDOW_MS = 60_000
const TRIES = 10
/** Names remembered at once; beyond that the oldest windows are forgotten first. */
const MAX_NAMES = 10_000

/**
 * Slows down guessing a person's password: so many tries a minute for each e-mail address, wherever they come from. The caller's own address
 * cannot tell people apart here, because all of them come through the console.
 */
export class SignInLimit {
  readonly #windows = new Map<string, { readonly until: number; tries: number }>()

  /** Counts a try. Gives the seconds to wait if it is one too many, else undefined. `now` is epoch milliseconds. */
  take(email: unknown, now: number): number | undefined {
    if (typeof email !== 'string') return undefined
    const name = email.trim().toLowerCase().slice(0, 320)
    const known = this.#windows.get(name)
    if (known && known.until > now) {
      known.tries++
      return known.tries > TRIES ? Math.ceil((known.until - now) / 1_000) : undefined
    }
    this.#windows.delete(name) // a new window goes to the end of the line
    this.#windows.set(name, { until: now + WINDOW_MS, tries: 1 })
    for (const [oldest, { until }] of this.#windows) {
      if (until > now && this.#windows.size <= MAX_NAMES) break
      this.#windows.delete(oldest)
    }
    return undefined
  }
}
