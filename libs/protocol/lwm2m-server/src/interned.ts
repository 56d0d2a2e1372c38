interface Entry<Value> {
  readonly key: string
  readonly value: Value
  uses: number
}

/** Values that many rows have in common, each kept once for all that have the same and only as long as one of them uses it. */
export class Interned<Value> {
  readonly #entries: (Entry<Value> | undefined)[] = []
  readonly #free: number[] = []
  readonly #byKey = new Map<string, number>()

  /**
   * @param keyOf the same for equal values and for no others
   * @param copyOf what is kept of a value
   */
  constructor(
    private readonly keyOf: (value: Value) => string,
    private readonly copyOf: (value: Value) => Value,
  ) {}

  /** Different values that are kept. */
  get size(): number {
    return this.#byKey.size
  }

  /** The number of a value, with one more use. */
  take(value: Value): number {
    const key = this.keyOf(value)
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      this.#entries[known]!.uses++
      return known
    }
    const number = this.#free.pop() ?? this.#entries.length
    this.#entries[number] = { key, value: this.copyOf(value), uses: 1 }
    this.#byKey.set(key, number)
    return number
  }

  /** Ends one use of a value. */
  give(number: number): void {
    const entry = this.#entries[number]!
    if (--entry.uses > 0) return
    this.#entries[number] = undefined
    this.#byKey.delete(entry.key)
    this.#free.push(number)
  }

  get(number: number): Value {
    return this.#entries[number]!.value
  }
}
