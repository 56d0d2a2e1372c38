import type { ObjectTree, Value } from '@fieldline/contracts'
import { hazardOf, impliedVersion } from '@fieldline/object-model'
import type { DefinitionLookup, ObjectDefinition, ResourceDefinition } from '@fieldline/object-model'
import type { LwM2mVersion, ObjectLinks } from '@fieldline/lwm2m'
import type { StoredValue } from '@fieldline/store'
import { absence } from './absence.js'
import { toValue } from './device-view.js'
import type { LastRead } from './last-reads.js'

type Resource = ObjectTree['objects'][number]['instances'][number]['resources'][number]

export interface ObjectTreeFacts {
  readonly endpoint: string
  readonly version: LwM2mVersion
  readonly links: ObjectLinks
  readonly definitions: DefinitionLookup
  readonly values: readonly StoredValue[]
  readonly observedPaths: readonly string[]
  readonly reads: readonly LastRead[]
  /** Epoch milliseconds. */
  readonly now: number
  /** IANA name of the site's zone. */
  readonly timeZone: string | undefined
}

/** What the device registered, merged with what the definitions allow and the latest values. */
export function buildObjectTree(facts: ObjectTreeFacts): ObjectTree {
  const instances = new Map<number, Set<number>>()
  const add = (objectId: number, instanceId?: number): void => {
    const known = instances.get(objectId) ?? new Set<number>()
    if (instanceId !== undefined) known.add(instanceId)
    instances.set(objectId, known)
  }
  for (const { objectId, instanceId } of facts.links.instances) add(objectId, instanceId)
  for (const { path } of facts.values) if (path.objectId !== undefined) add(path.objectId, path.instanceId)
  return {
    endpoint: facts.endpoint,
    objects: [...instances.keys()]
      .sort((a, b) => a - b)
      .map((objectId) => {
        const definition = facts.definitions(objectId)
        return {
          id: objectId,
          name: definition?.name ?? `Object ${objectId}`,
          version:
            facts.links.versions.get(objectId) ??
            definition?.version ??
            impliedVersion(objectId, facts.version) ??
            '1.0',
          known: definition !== undefined,
          instances: [...(instances.get(objectId) ?? [])]
            .sort((a, b) => a - b)
            .map((instanceId) => ({
              id: instanceId,
              resources: resourcesOf(facts, objectId, instanceId, definition),
            })),
        }
      }),
  }
}

function resourcesOf(
  facts: ObjectTreeFacts,
  objectId: number,
  instanceId: number,
  definition: ObjectDefinition | undefined,
): Resource[] {
  const values = new Map<number, Value[]>()
  for (const stored of facts.values) {
    if (
      stored.path.objectId !== objectId ||
      stored.path.instanceId !== instanceId ||
      stored.path.resourceId === undefined
    )
      continue
    const known = values.get(stored.path.resourceId) ?? []
    known.push(toValue(stored, facts.definitions))
    values.set(stored.path.resourceId, known)
  }
  const instancePath = `/${objectId}/${instanceId}`
  const { now, timeZone } = facts
  const around = {
    instanceWasRead: values.size > 0,
    reads: facts.reads.filter(
      ({ path }) => path === `/${objectId}` || path === instancePath || path.startsWith(`${instancePath}/`),
    ),
    now,
    timeZone,
  }
  const ids = new Set([...(definition?.resources.keys() ?? []), ...values.keys()])
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const path = `${instancePath}/${id}`
      const resource = definition?.resources.get(id)
      const known = values.get(id) ?? []
      const hazards = (['execute', 'write', 'read'] as const).map((operation) =>
        hazardOf(objectId, id, operation, definition),
      )
      const hazard =
        resource &&
        hazards.find(
          (one, i) => one !== undefined && offers(resource, (['E', 'W', 'R'] as const)[i] as string),
        )
      return {
        id,
        path,
        name: resource?.name ?? `Resource ${id}`,
        operations: resource?.operations ?? 'R',
        type: resource && resource.type !== 'none' ? resource.type : (known[0]?.type ?? null),
        multiple: resource?.multiple ?? known.length > 1,
        mandatory: resource?.mandatory ?? false,
        ...(resource?.units ? { unit: resource.units } : {}),
        ...(resource?.range ? { range: resource.range } : {}),
        ...(hazard ? { hazard } : {}),
        observed: facts.observedPaths.some(
          (observed) => observed === path || path.startsWith(`${observed}/`),
        ),
        values: known,
        ...(known.length > 0 ? {} : { absent: absence({ path, resource, ...around }) }),
      }
    })
}

function offers({ operations }: ResourceDefinition, letter: string): boolean {
  return operations.includes(letter)
}
