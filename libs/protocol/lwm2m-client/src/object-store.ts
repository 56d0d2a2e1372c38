import { Code, InvariantError, ProtocolError } from '@fieldline/bytes'
import type { AnnouncedObject, ExecuteArgument } from '@fieldline/lwm2m'
import { formatPath, pathLevel, pathOf, validateWrite } from '@fieldline/object-model'
import type {
  DefinitionLookup,
  Node,
  ObjectDefinition,
  Path,
  ResourceDefinition,
  ResourceValue,
} from '@fieldline/object-model'

/** Values of a multiple resource by resource instance id. */
export type InstanceValues = ReadonlyMap<number, ResourceValue>

/**
 * A resource as a device has it. `write` and `execute` may throw `ProtocolError` to refuse. A multiple resource reads and is written as a map.
 */
export interface Resource {
  /** Undefined: it has no value at present. */
  readonly read?: () => ResourceValue | InstanceValues | undefined
  readonly write?: (value: ResourceValue | InstanceValues) => void
  readonly execute?: (args: readonly ExecuteArgument[]) => void
}

/** Resources of an object instance by id; undefined counts as absent. */
export type Resources = Readonly<Record<number, Resource | undefined>>

function isInstances(value: ResourceValue | InstanceValues): value is InstanceValues {
  return value instanceof Map
}

const notFound = (path: Path): ProtocolError =>
  new ProtocolError(Code.NotFound, `${formatPath(path)} is not here`)
const notAllowed = (path: Path, what: string): ProtocolError =>
  new ProtocolError(Code.MethodNotAllowed, `${formatPath(path)} ${what}`)

/** The objects of one device: instances, their resources, and what their definitions allow. */
export class ObjectStore {
  readonly #objects = new Map<number, Map<number, Resources>>()

  constructor(readonly definitions: DefinitionLookup) {}

  /**
   * Adds an object instance. Throws `InvariantError` when a resource is not in the object's definition, or offers what its definition does
   * not have, or misses what it must have.
   */
  add(objectId: number, instanceId: number, resources: Resources): void {
    const definition = this.#definition(objectId)
    for (const [id, resource] of Object.entries(resources)) {
      if (!resource) continue
      const defined = definition.resources.get(Number(id))
      const where = `/${objectId}/${instanceId}/${id}`
      if (!defined) throw new InvariantError(`${where} is not in object ${definition.urn}`)
      const { operations } = defined
      // A bootstrap-only or Send-only resource has no operation; reading it is the device's own business.
      const wrong =
        (resource.execute && operations !== 'E') ||
        (resource.write && !operations.includes('W')) ||
        (resource.read && operations === 'E')
      if (wrong) throw new InvariantError(`${where} offers more than its operations "${operations}"`)
    }
    for (const defined of definition.resources.values()) {
      if (defined.mandatory && !resources[defined.id]) {
        throw new InvariantError(`/${objectId}/${instanceId}/${defined.id} is mandatory`)
      }
    }
    const instances = this.#objects.get(objectId) ?? new Map<number, Resources>()
    instances.set(instanceId, resources)
    this.#objects.set(objectId, instances)
  }

  #definition(objectId: number): ObjectDefinition {
    const definition = this.definitions(objectId)
    if (!definition) throw new InvariantError(`object ${objectId} has no definition`)
    return definition
  }

  /** What a Register announces. */
  announced(): AnnouncedObject[] {
    return [...this.#objects].flatMap(([objectId, instances]) =>
      [...instances.keys()].map((instanceId) => ({ objectId, instanceId })),
    )
  }

  /** Paths of the instances and resources at and below a path, for Discover. Throws `ProtocolError` 4.04. */
  pathsBelow(path: Path): Path[] {
    const { objectId, instanceId, resourceId } = path
    const instances = objectId === undefined ? undefined : this.#objects.get(objectId)
    if (!instances || objectId === undefined) throw notFound(path)
    if (resourceId !== undefined && instanceId !== undefined) {
      this.#resource(path)
      return [pathOf(objectId, instanceId, resourceId)]
    }
    if (instanceId !== undefined && !instances.has(instanceId)) throw notFound(path)
    const found: Path[] = instanceId === undefined ? [pathOf(objectId)] : []
    for (const [id, resources] of instances) {
      if (instanceId !== undefined && id !== instanceId) continue
      found.push(pathOf(objectId, id))
      for (const [resourceId, resource] of Object.entries(resources))
        if (resource) found.push(pathOf(objectId, id, Number(resourceId)))
    }
    return found
  }

  #resource(path: Path): { resource: Resource; definition: ResourceDefinition } {
    const { objectId, instanceId, resourceId } = path
    if (objectId === undefined || instanceId === undefined || resourceId === undefined) throw notFound(path)
    const resource = this.#objects.get(objectId)?.get(instanceId)?.[resourceId]
    if (!resource) throw notFound(path)
    return { resource, definition: this.#definition(objectId).resources.get(resourceId)! }
  }

  /** How many instances a multiple resource has; undefined for a single one. */
  dimension(path: Path): number | undefined {
    const { resource, definition } = this.#resource(path)
    if (!definition.multiple) return undefined
    const value = resource.read?.()
    return value !== undefined && isInstances(value) ? value.size : 0
  }

  /** Values at and below a path. 4.04 where nothing is, 4.05 for a resource that cannot be read. */
  read(path: Path): Node[] {
    const { objectId, instanceId } = path
    if (pathLevel(path) >= 3) {
      const { resource, definition } = this.#resource(path)
      if (!resource.read || !definition.operations.includes('R')) throw notAllowed(path, 'is not readable')
      const nodes = nodesOf(path, resource, definition)
      if (path.resourceInstanceId === undefined) {
        if (nodes.length === 0 && !definition.multiple) throw notFound(path)
        return nodes
      }
      const own = nodes.filter((node) => node.path.resourceInstanceId === path.resourceInstanceId)
      if (own.length === 0) throw notFound(path)
      return own
    }
    const instances = objectId === undefined ? undefined : this.#objects.get(objectId)
    if (!instances || objectId === undefined) throw notFound(path)
    if (instanceId !== undefined && !instances.has(instanceId)) throw notFound(path)
    const nodes: Node[] = []
    for (const [id, resources] of instances) {
      if (instanceId !== undefined && id !== instanceId) continue
      for (const [resourceId, resource] of Object.entries(resources)) {
        const definition = this.#definition(objectId).resources.get(Number(resourceId))!
        if (resource?.read && definition.operations.includes('R'))
          nodes.push(...nodesOf(pathOf(objectId, id, Number(resourceId)), resource, definition))
      }
    }
    return nodes
  }

  /**
   * Writes values to an instance, a resource or a resource instance: all of them or, where one is refused, none. 4.04 where nothing is,
   * 4.05 for what cannot be written, 4.00 for a value its definition does not allow. Resources of an instance that this device does not
   * have are passed over.
   * @see LwM2M Core 1.2 §6.3.3
   */
  write(path: Path, nodes: readonly Node[], mode: 'replace' | 'partial'): void {
    const { objectId, instanceId } = path
    if (pathLevel(path) < 2) throw notAllowed(path, 'cannot be written as a whole')
    if (!this.#objects.get(objectId!)?.has(instanceId!)) throw notFound(path)
    if (pathLevel(path) >= 3) this.#resource(path)
    const byResource = new Map<number, Node[]>()
    for (const node of nodes) {
      const { resourceId } = node.path
      if (resourceId === undefined) throw new ProtocolError(Code.BadRequest, 'a value without a resource')
      byResource.set(resourceId, [...(byResource.get(resourceId) ?? []), node])
    }
    const writes: (() => void)[] = []
    for (const [resourceId, values] of byResource) {
      const at = pathOf(objectId!, instanceId!, resourceId)
      if (!this.#objects.get(objectId!)!.get(instanceId!)![resourceId] && pathLevel(path) === 2) continue
      const { resource, definition } = this.#resource(at)
      if (!resource.write) throw notAllowed(at, 'is not writable')
      for (const { value } of values) {
        const wrong = validateWrite(definition, value)
        if (wrong) throw new ProtocolError(Code.BadRequest, wrong)
      }
      const { write } = resource
      if (!definition.multiple) {
        const last = values.at(-1)!.value
        writes.push(() => write(last))
        continue
      }
      const before =
        mode === 'partial' || path.resourceInstanceId !== undefined ? resource.read?.() : undefined
      const merged = new Map(before !== undefined && isInstances(before) ? before : [])
      for (const node of values) merged.set(node.path.resourceInstanceId ?? 0, node.value)
      writes.push(() => write(merged))
    }
    for (const run of writes) run()
  }

  /** Executes a resource. 4.04 where nothing is, 4.05 for what cannot be executed. */
  execute(path: Path, args: readonly ExecuteArgument[]): void {
    if (pathLevel(path) !== 3) throw notAllowed(path, 'cannot be executed')
    const { resource } = this.#resource(path)
    if (!resource.execute) throw notAllowed(path, 'cannot be executed')
    resource.execute(args)
  }
}

function nodesOf(path: Path, resource: Resource, definition: ResourceDefinition): Node[] {
  const value = resource.read?.()
  if (value === undefined) return []
  const { type } = definition
  if (!isInstances(value))
    return [{ path: pathOf(path.objectId!, path.instanceId!, path.resourceId!), type, value }]
  return [...value].map(([instance, one]) => ({
    path: pathOf(path.objectId!, path.instanceId!, path.resourceId!, instance),
    type,
    value: one,
  }))
}
