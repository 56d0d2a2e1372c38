const firstBuckets = 16

/** What can be in buckets: it knows its key, and what follows it. */
interface Bucketed<T> {
  /** @internal 32 bits that spread. */
  readonly key: number
  /** @internal the next one in its bucket. */
  nextInBucket: T | undefined
}

/**
 * Objects that live for one exchange, by a number. A `Map` would do, but each time it grows or is cleaned it leaves its old table behind, and
 * that keeps all it held until the next full collection: half of everything that an exchange is made of.
 */
export class Buckets<T extends Bucketed<T>> {
  #buckets: (T | undefined)[] = new Array<T | undefined>(firstBuckets).fill(undefined)
  #size = 0

  get size(): number {
    return this.#size
  }

  /** How many buckets there are, for who goes through them. */
  get length(): number {
    return this.#buckets.length
  }

  /** The first of the bucket of a key: follow `nextInBucket`, others are among them. */
  first(key: number): T | undefined {
    return this.#buckets[key & (this.#buckets.length - 1)]
  }

  add(item: T): void {
    if (++this.#size > this.#buckets.length) this.#grow()
    this.#link(item)
  }

  /** Takes one out that is in. */
  remove(item: T): void {
    this.#size--
    const bucket = item.key & (this.#buckets.length - 1)
    let at = this.#buckets[bucket]
    if (at === item) this.#buckets[bucket] = item.nextInBucket
    else {
      while (at && at.nextInBucket !== item) at = at.nextInBucket
      if (at) at.nextInBucket = item.nextInBucket
    }
    item.nextInBucket = undefined
  }

  #link(item: T): void {
    const bucket = item.key & (this.#buckets.length - 1)
    item.nextInBucket = this.#buckets[bucket]
    this.#buckets[bucket] = item
  }

  #grow(): void {
    const old = this.#buckets
    this.#buckets = new Array<T | undefined>(2 * old.length).fill(undefined)
    for (let i = 0; i < old.length; i++) {
      for (let at = old[i]; at;) {
        const following: T | undefined = at.nextInBucket
        this.#link(at)
        at = following
      }
      old[i] = undefined
    }
  }
}
