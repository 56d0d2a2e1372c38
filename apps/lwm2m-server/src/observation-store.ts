import { formatPath, parsePath } from '@fieldline/object-model'
import type { Observation, ObservationStore } from '@fieldline/lwm2m-server'
import type { ObservationRepository } from '@fieldline/store'

const GATHER_MS = 5

/** The observation port of the LwM2M Server, kept in PostgreSQL. */
export class PostgresObservationStore implements ObservationStore {
  #waiting: Observation[] = []
  #flush: Promise<void> | undefined

  constructor(private readonly repository: ObservationRepository) {}

  async load(): Promise<Observation[]> {
    const rows = await this.repository.loadAll()
    return rows.map(({ path, pmin, pmax, ...row }) => ({
      ...row,
      path: parsePath(path),
      pmin: pmin ?? undefined,
      pmax: pmax ?? undefined,
    }))
  }

  /** Many devices register at once after an outage: what they are to observe goes into one statement a moment. */
  async add(observations: readonly Observation[]): Promise<void> {
    this.#waiting.push(...observations)
    this.#flush ??= new Promise((resolve) => setTimeout(resolve, GATHER_MS)).then(() => {
      const taken = this.#waiting
      this.#waiting = []
      this.#flush = undefined
      return this.repository.add(
        taken.map(({ path, pmin, pmax, ...observation }) => ({
          ...observation,
          path: formatPath(path),
          pmin: pmin ?? null,
          pmax: pmax ?? null,
        })),
      )
    })
    await this.#flush
  }

  remove(observations: readonly Observation[]): Promise<void> {
    return this.repository.remove(observations.map(({ token }) => token))
  }
}
