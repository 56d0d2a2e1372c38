import type { Resource } from '@fieldline/lwm2m-client'
import { parsePath } from '@fieldline/object-model'
import type { Node, ResourceType, ResourceValue } from '@fieldline/object-model'

/** A resource that always says the same. */
export function constant(value: ResourceValue): Resource {
  return { read: () => value }
}

/** A resource that says what it is at the moment. */
export function live(read: () => ResourceValue): Resource {
  return { read }
}

/** A multiple resource that always says the same, from instance 0 on. */
export function constants(...values: readonly ResourceValue[]): Resource {
  const instances = new Map(values.map((value, at) => [at, value]))
  return { read: () => instances }
}

/** An Execute that does nothing a simulation could show. */
export const accepts: Resource = { execute: () => undefined }

/** A node at a path written as text. */
export function node(path: string, type: ResourceType, value: ResourceValue): Node {
  return { path: parsePath(path), type, value }
}
