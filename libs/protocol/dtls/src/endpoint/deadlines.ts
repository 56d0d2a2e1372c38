/** Something with a time at which it wants to be called. */
export interface Expiring {
  readonly deadline: number | undefined
  /** The deadline that was taken note of last; written by `Deadlines` alone. */
  notedDeadline: number | undefined
}

/** Entries below which it does not matter how many of them are stale. */
const few = 64

/**
 * A binary heap of deadlines. An entry whose deadline has moved or gone is found out when its old time comes, or when there are as many of them as
 * of others: what has ended is not kept until it would have expired.
 */
export class Deadlines<T extends Expiring> {
  #heap: { at: number; owner: T }[] = []
  #sweepAt = few

  /** Entries, stale ones included: at most twice as many as owners were waiting at once, and a few. */
  get size(): number {
    return this.#heap.length
  }

  /** The earliest time at which something may be due; undefined for never. */
  get next(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0].owner.deadline === undefined) this.#pop()
    return this.#heap[0]?.at
  }

  /** Takes note of the owner's deadline. */
  add(owner: T): void {
    if (owner.deadline === undefined || owner.notedDeadline === owner.deadline) return
    owner.notedDeadline = owner.deadline
    if (this.#heap.length >= this.#sweepAt) this.#sweep()
    const heap = this.#heap
    let at = heap.push({ at: owner.deadline, owner }) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent].at <= heap[at].at) break
      ;[heap[parent], heap[at]] = [heap[at], heap[parent]]
      at = parent
    }
  }

  /** The next owner that is due, or undefined. */
  take(now: number): T | undefined {
    for (;;) {
      const first = this.#heap[0]
      if (!first || first.at > now) return undefined
      this.#pop()
      const { deadline } = first.owner
      if (deadline === undefined) continue
      if (deadline <= now) return first.owner
      // put off meanwhile, by itself: its newer entry is in the heap already
    }
  }

  /** Takes out what is stale. A sorted array is a heap. */
  #sweep(): void {
    this.#heap = this.#heap.filter(({ at, owner }) => owner.deadline === at).sort((a, b) => a.at - b.at)
    this.#sweepAt = Math.max(few, 2 * this.#heap.length)
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (!last || heap.length === 0) return
    heap[0] = last
    let at = 0
    for (;;) {
      let least = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < heap.length && heap[child].at < heap[least].at) least = child
      if (least === at) return
      ;[heap[least], heap[at]] = [heap[at], heap[least]]
      at = least
    }
  }
}
