import type { AbsenceCode, ObjectTree, Value } from '@fieldline/contracts'
import { hazardOf, impliedVersion } from '@fieldline/object-model'
import type { DefinitionLookup, ObjectDefinition, ResourceDefinition } from '@fieldline/object-model'
import type { LwM2mVersion, ObjectLinks } from '@fieldline/lwm2m'
import type { StoredValue } from '@fieldline/store'
import { toValue } from './device-view.js'

type Resource = ObjectTree['objects'][number]['instances'][number]['resources'][number]

export interface ObjectTreeFacts {
  readonly endpoint: string
  readonly version: LwM2mVersion
  readonly links: ObjectLinks
  readonly definitions: DefinitionLookup
  readonly values: readonly StoredValue[]
  readonly observedPaths: readonly string[]
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
  const anyRead = values.size > 0
  const ids = new Set([...(definition?.resources.keys() ?? []), ...values.keys()])
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const path = `/${objectId}/${instanceId}/${id}`
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
        ...(known.length > 0 ? {} : { absent: absence(resource, anyRead) }),
      }
    })
}

function offers({ operations }: ResourceDefinition, letter: string): boolean {
  return operations.includes(letter)
}

/** Why there is no value, in words. */
function absence(
  resource: ResourceDefinition | undefined,
  instanceWasRead: boolean,
): { code: AbsenceCode; text: string } {
  if (resource?.operations === 'E')
    return { code: 'executable', text: 'An action: it is executed and holds no value' }
  if (resource?.operations === 'W') return { code: 'write-only', text: 'Can be written, never read' }
  if (resource?.operations === '')
    return { code: 'bootstrap-only', text: 'Not shown to a server: set during bootstrap, or only sent' }
  if (instanceWasRead && resource && !resource.mandatory)
    return {
      code: 'not-offered',
      text: 'Optional, and so far not among what the device reported; read it to ask',
    }
  return { code: 'not-read-yet', text: 'Not read yet: request it, and it comes with the next contact' }
}
