import type { Registration } from './ports.js'

/** What a registration has in common with many others. */
export type Terms = Pick<
  Registration,
  'organisationId' | 'version' | 'binding' | 'queueMode' | 'objectLinks' | 'definitions' | 'contentFormat'
>

interface Entry {
  readonly key: string
  readonly terms: Terms
  uses: number
}

/** Terms of registrations, each kept once for all that have the same and only as long as one of them lives: there are far fewer models than meters. */
export class SharedTerms {
  readonly #entries: (Entry | undefined)[] = []
  readonly #free: number[] = []
  readonly #byKey = new Map<string, number>()

  /** Different terms that are kept. */
  get size(): number {
    return this.#byKey.size
  }

  /** The number of some terms, with one more use. */
  take(terms: Terms): number {
    const { organisationId, version, binding, queueMode, contentFormat, objectLinks } = terms
    const key = JSON.stringify([organisationId, version, binding, queueMode, contentFormat, objectLinks.text])
    const known = this.#byKey.get(key)
    if (known !== undefined) {
      this.#entries[known]!.uses++
      return known
    }
    const { definitions } = terms
    const number = this.#free.pop() ?? this.#entries.length
    this.#entries[number] = {
      key,
      terms: { organisationId, version, binding, queueMode, objectLinks, definitions, contentFormat },
      uses: 1,
    }
    this.#byKey.set(key, number)
    return number
  }

  /** Ends one use of terms. */
  give(number: number): void {
    const entry = this.#entries[number]!
    if (--entry.uses > 0) return
    this.#entries[number] = undefined
    this.#byKey.delete(entry.key)
    this.#free.push(number)
  }

  get(number: number): Terms {
    return this.#entries[number]!.terms
  }
}
