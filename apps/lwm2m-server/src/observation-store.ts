import { formatPath, parsePath } from '@fieldline/object-model'
import type { Observation, ObservationStore } from '@fieldline/lwm2m-server'
import type { ObservationRepository } from '@fieldline/store'

/** The observation port of the LwM2M Server, kept in PostgreSQL. */
export class PostgresObservationStore implements ObservationStore {
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

  add(observations: readonly Observation[]): Promise<void> {
    return this.repository.add(
      observations.map(({ path, pmin, pmax, ...observation }) => ({
        ...observation,
        path: formatPath(path),
        pmin: pmin ?? null,
        pmax: pmax ?? null,
      })),
    )
  }

  remove(observations: readonly Observation[]): Promise<void> {
    return this.repository.remove(observations.map(({ token }) => token))
  }
}
