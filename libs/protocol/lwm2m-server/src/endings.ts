import type { Registration } from './ports.js'

/** A new link of the chain is begun after this many endings. */
const endingsOfLink = 64

/**
 * The last values of registrations that are over, for who still holds one. It is a chain whose latest link is kept, and each holder keeps the link
 * that was the latest when it got its registration: from there it finds what ended since. What nobody can ask for any more goes with its link.
 */
export class Endings {
  readonly #values = new Map<number, Registration>()
  #following: Endings | undefined

  /** Takes note of an ending; gives the link that is the latest now. */
  add(serial: number, last: Registration): Endings {
    this.#values.set(serial, last)
    return this.#values.size < endingsOfLink ? this : this.next()
  }

  /** Begins a new link, unless this one is empty; gives the latest. */
  next(): Endings {
    if (this.#values.size > 0) this.#following = new Endings()
    return this.#following ?? this
  }

  /** What a registration was when it ended, if that was since this link was the latest. */
  find(serial: number): Registration | undefined {
    // not by calling itself: a chain may be long
    let values = this.#values.get(serial)
    for (let link = this.#following; link && !values; link = link.#following)
      values = link.#values.get(serial)
    return values
  }
}
