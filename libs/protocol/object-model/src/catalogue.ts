import { compareVersions, nearestVersion } from './definition.js'
import type { DefinitionLookup, ObjectDefinition, ResourceDefinition } from './definition.js'
import { catalogue } from './generated/catalogue.js'
import type { ResourceType } from './value.js'

const types: Readonly<Record<string, ResourceType>> = {
  s: 'string',
  i: 'integer',
  u: 'unsigned',
  f: 'float',
  b: 'boolean',
  o: 'opaque',
  t: 'time',
  l: 'objlnk',
  c: 'corelnk',
  '': 'none',
}

/** Core objects whose version, when a device does not state it, follows from the enabler release. @see LwM2M Core 1.2 §6.2.2 */
const releases: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  '1.0': {},
  '1.1': { 0: '1.1', 1: '1.1', 3: '1.1', 4: '1.2' },
  '1.2': { 0: '1.2', 1: '1.2', 2: '1.1', 3: '1.2', 4: '1.3', 5: '1.2', 21: '2.0' },
}

const parsed = new Map<string, ObjectDefinition>()
const newest = new Map<number, ObjectDefinition>()
const versions = new Map<number, readonly string[]>()

/** Every object id of the built-in registry, ascending. */
export function allObjectIds(): number[] {
  return Object.keys(catalogue).map(Number)
}

/** Versions of an object in the built-in registry, ascending; empty for an unknown object. */
export function objectVersions(id: number): string[] {
  let known = versions.get(id)
  if (!known && Object.hasOwn(catalogue, id)) {
    known = catalogue[id]!.map((packed) => packed.split('~', 2)[1]!).sort(compareVersions)
    versions.set(id, known)
  }
  return known ? [...known] : []
}

/** The version of an object that a device of this enabler release means when it states none: the release's for core objects, else 1.0. */
export function impliedVersion(objectId: number, lwm2mVersion: string): string {
  return releases[lwm2mVersion]?.[objectId] ?? '1.0'
}

/**
 * A definition from the built-in registry: exactly the version asked for, else the nearest minor of the same major, else (and when no version is
 * asked for) the newest. Parsed at the first request and kept.
 */
export function objectDefinition(id: number, version?: string): ObjectDefinition | undefined {
  const known = objectVersions(id)
  if (known.length === 0) return undefined
  const chosen = (version === undefined ? undefined : nearestVersion(version, known)) ?? known.at(-1)!
  const key = `${id}:${chosen}`
  let definition = parsed.get(key)
  if (!definition) {
    const packed = catalogue[id]!.find((candidate) => candidate.split('~', 2)[1] === chosen)!
    definition = unpack(id, packed)
    parsed.set(key, definition)
  }
  return definition
}

/** The built-in registry as a look-up: the newest version of each object. */
export const registryDefinitions: DefinitionLookup = (objectId) => {
  const known = newest.get(objectId)
  if (known) return known
  const found = objectDefinition(objectId)
  if (found) newest.set(objectId, found)
  return found
}

function unpack(id: number, packed: string): ObjectDefinition {
  const [header, ...lines] = packed.split('\n')
  const [name, version, lwm2mVersion, flags = '', urn = ''] = header!.split('~')
  const resources = new Map<number, ResourceDefinition>()
  for (const line of lines) {
    const [resourceId, resourceName, operations = '', typeAndFlags = '', range = '', units = ''] =
      line.split('~')
    resources.set(Number(resourceId), {
      id: Number(resourceId),
      name: resourceName!,
      operations: operations as ResourceDefinition['operations'],
      multiple: typeAndFlags.includes('m'),
      mandatory: typeAndFlags.includes('!'),
      type: types[typeAndFlags.replace(/[m!]/g, '')]!,
      range,
      units,
    })
  }
  const space = id < 1024 ? 'oma' : id <= 10240 ? 'ext' : 'x'
  return {
    id,
    name: name!,
    version: version!,
    lwm2mVersion: lwm2mVersion!,
    urn: urn || `urn:oma:lwm2m:${space}:${id}${version === '1.0' ? '' : `:${version}`}`,
    multiple: flags.includes('m'),
    mandatory: flags.includes('!'),
    resources,
  }
}
