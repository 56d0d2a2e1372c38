import type { ResourceType } from './value.js'

/** A resource as an object's definition has it. */
export interface ResourceDefinition {
  readonly id: number
  readonly name: string
  /** `''`: no operation on the device-management interface (bootstrap only, or Send only). */
  readonly operations: 'R' | 'W' | 'RW' | 'E' | ''
  readonly multiple: boolean
  readonly mandatory: boolean
  readonly type: ResourceType
  /** The registered text, unparsed; `''` when there is none. */
  readonly range: string
  /** The registered text, mostly a SenML unit; `''` when there is none. */
  readonly units: string
}

/** One version of an object. Resource ids change meaning between versions: never remember a definition by object id alone. */
export interface ObjectDefinition {
  readonly id: number
  readonly name: string
  /** `major.minor` of the object. */
  readonly version: string
  /** Lowest version of the enabler that may carry it. */
  readonly lwm2mVersion: string
  readonly urn: string
  readonly multiple: boolean
  readonly mandatory: boolean
  /** By resource id, in registered order. */
  readonly resources: ReadonlyMap<number, ResourceDefinition>
}

/** How whoever reads or writes values asks for the definition that holds for one device. */
export type DefinitionLookup = (objectId: number) => ObjectDefinition | undefined

/** Asks several look-ups in turn; the first that knows the object answers. Vendor definitions go before the registry. */
export function firstDefinition(...lookups: readonly DefinitionLookup[]): DefinitionLookup {
  return (objectId) => {
    for (const lookup of lookups) {
      const found = lookup(objectId)
      if (found) return found
    }
    return undefined
  }
}

/** A look-up over given definitions; of several versions of one object the last wins. */
export function definitionsOf(definitions: Iterable<ObjectDefinition>): DefinitionLookup {
  const byId = new Map([...definitions].map((definition) => [definition.id, definition]))
  return (objectId) => byId.get(objectId)
}

/** Compares `major.minor` texts by number; a text that is none sorts first. */
export function compareVersions(a: string, b: string): number {
  const [majorA, minorA] = versionParts(a)
  const [majorB, minorB] = versionParts(b)
  return majorA - majorB || minorA - minorB
}

/** `1.2` as [1, 2]; [-1, -1] for anything else. */
export function versionParts(text: string): [major: number, minor: number] {
  const match = /^([0-9]{1,5})\.([0-9]{1,5})$/.exec(text)
  return match ? [Number(match[1]), Number(match[2])] : [-1, -1]
}

/** Of some versions the one that serves a stated version best: itself, else the nearest minor of the same major (the higher of two), else none. */
export function nearestVersion(stated: string, available: readonly string[]): string | undefined {
  if (available.includes(stated)) return stated
  const [major, minor] = versionParts(stated)
  let best: string | undefined
  let bestDistance = Infinity
  for (const version of available) {
    const [otherMajor, otherMinor] = versionParts(version)
    if (otherMajor !== major) continue
    const distance = Math.abs(otherMinor - minor)
    if (distance < bestDistance || (distance === bestDistance && otherMinor > minor)) {
      best = version
      bestDistance = distance
    }
  }
  return best
}
