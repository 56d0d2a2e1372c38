import {
  formatPath,
  hazardOf,
  objectDefinition,
  parsePath,
  pathLevel,
  type ObjectDefinition,
} from '@fieldline/object-model'

/** What to observe on every instance of an object: `pmin` and `pmax` in seconds. @see LwM2M Core 1.2 §7.3 */
export interface PlannedResource {
  resource: number
  pmin: number
  pmax: number
}

export interface PlannedObservation {
  path: string
  pmin: number
  pmax: number
}

const reading = { pmin: 60, pmax: 3_600 }
const flag = { pmin: 0, pmax: 86_400 }
const daily = { pmin: 3_600, pmax: 86_400 }

/**
 * The default plan: what a meter is asked to report after each Register, so that it shows something without a click. Registers and flags of
 * the utility objects, battery, clock and radio; never a resource whose reading moves a delivery pointer.
 */
export const defaultPlan: Readonly<Record<number, readonly PlannedResource[]>> = {
  3: [
    { resource: 9, ...daily },
    // The clock changes every second: pmin alone decides how often it is reported.
    { resource: 13, pmin: 43_200, pmax: 86_400 },
  ],
  4: [
    { resource: 2, ...daily },
    { resource: 8, ...flag },
  ],
  5: [
    { resource: 3, ...flag },
    { resource: 5, ...flag },
  ],
  3305: [
    { resource: 5800, ...reading },
    { resource: 5805, ...reading },
  ],
  3331: [{ resource: 5700, ...reading }],
  3421: [
    { resource: 25, ...reading },
    { resource: 26, ...reading },
  ],
  3423: [
    { resource: 1, ...reading },
    { resource: 10, ...flag },
  ],
  3424: [
    { resource: 1, ...reading },
    { resource: 10, ...flag },
    { resource: 11, ...flag },
  ],
  10242: [{ resource: 41, ...reading }],
  10243: [
    { resource: 4, ...reading },
    { resource: 14, ...reading },
  ],
  10257: [
    { resource: 5805, ...reading },
    { resource: 12, ...reading },
    { resource: 14, ...reading },
    { resource: 20, ...reading },
  ],
  10266: [{ resource: 6006, ...reading }],
  10268: [{ resource: 6006, ...reading }],
  10269: [{ resource: 6006, ...reading }],
  10272: [{ resource: 6013, ...flag }],
  10273: [{ resource: 6013, ...flag }],
  10275: [{ resource: 6013, ...flag }],
}

/** Objects read once as a whole after each Register: they tell maker, model, firmware, battery, radio and cell. */
const readAtRegister: readonly number[] = [3, 4]

/** What a device registered: an instance path, and the version of the object where it gave one. */
export interface ObjectLink {
  path: string
  version?: string
}

export interface PlanOptions {
  plan?: Readonly<Record<number, readonly PlannedResource[]>>
  /** Definition by object and version; the built-in registry by default. */
  definition?: (objectId: number, version?: string) => ObjectDefinition | undefined
  /** Divides every period; a demonstration lives a day in minutes. */
  timeScale?: number
}

function instancesOf(
  links: readonly ObjectLink[],
): { objectId: number; instanceId: number; version?: string }[] {
  const versions = new Map<number, string>()
  const instances: { objectId: number; instanceId: number }[] = []
  for (const link of links) {
    let path
    try {
      path = parsePath(link.path)
    } catch (error) {
      // A device may register links we cannot address; they are shown, not observed.
      if (error instanceof RangeError) continue
      throw error
    }
    const { objectId, instanceId } = path
    if (objectId === undefined) continue
    if (link.version !== undefined) versions.set(objectId, link.version)
    if (pathLevel(path) === 2 && instanceId !== undefined) instances.push({ objectId, instanceId })
  }
  return instances.map((instance) => ({ ...instance, version: versions.get(instance.objectId) }))
}

/**
 * The observations to make on a device with these links. Only what its object version defines as readable, and nothing with a hazard in
 * reading, whatever the plan says.
 */
export function planFor(links: readonly ObjectLink[], options: PlanOptions = {}): PlannedObservation[] {
  const { plan = defaultPlan, definition = objectDefinition, timeScale = 1 } = options
  const scaled = (seconds: number) => Math.max(0, Math.round(seconds / timeScale))
  const planned = new Map<string, PlannedObservation>()
  for (const { objectId, instanceId, version } of instancesOf(links)) {
    const object = definition(objectId, version)
    for (const { resource: resourceId, pmin, pmax } of plan[objectId] ?? []) {
      const resource = object?.resources.get(resourceId)
      if (resource === undefined || !resource.operations.includes('R')) continue
      if (hazardOf(objectId, resourceId, 'read', object) !== undefined) continue
      const path = formatPath({ objectId, instanceId, resourceId })
      // A sleeper cannot report less often than pmin says, and pmax below pmin is not valid.
      planned.set(path, { path, pmin: scaled(pmin), pmax: Math.max(1, scaled(pmin), scaled(pmax)) })
    }
  }
  return [...planned.values()]
}

/** Instances to read as a whole once after a Register. Objects with a hazard in reading are never among them. */
export function firstReads(links: readonly ObjectLink[]): string[] {
  return instancesOf(links)
    .filter(
      ({ objectId }) =>
        readAtRegister.includes(objectId) && hazardOf(objectId, undefined, 'read') === undefined,
    )
    .map(({ objectId, instanceId }) => formatPath({ objectId, instanceId }))
}
