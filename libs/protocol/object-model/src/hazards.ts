import { objectDefinition } from './catalogue.js'
import type { ObjectDefinition } from './definition.js'

/**
 * Why an operation on a meter needs more than a click. `supply`: a valve or a relay moves; `register-reset`: a billing register is cleared;
 * `connectivity`: the device may never be heard again; `reboot`: it restarts; `read-moves-pointer`: reading marks data as delivered.
 */
export type Hazard = 'register-reset' | 'supply' | 'connectivity' | 'read-moves-pointer' | 'reboot'

/** An operation as hazards see it. */
export type HazardOperation = 'read' | 'write' | 'execute' | 'create' | 'delete'

interface Rule {
  readonly hazard: Hazard
  readonly on: readonly HazardOperation[]
  /** Object ids, single or as an inclusive span. */
  readonly objects: readonly (number | readonly [number, number])[]
  /** Resource ids; absent: every resource of the object. */
  readonly resources?: readonly number[]
}

/** The gravest first: an operation on a whole instance is as dangerous as the worst it touches. */
const gravity: readonly Hazard[] = [
  'supply',
  'register-reset',
  'connectivity',
  'reboot',
  'read-moves-pointer',
]

const write = ['write'] as const
const execute = ['execute'] as const
const change = ['write', 'execute', 'create', 'delete'] as const

const rules: readonly Rule[] = [
  // Valves, relays, switched outputs.
  { hazard: 'supply', on: write, objects: [3306, 3312], resources: [5850, 5851, 5852, 5853] },
  { hazard: 'supply', on: write, objects: [3201], resources: [5550, 5551] },
  { hazard: 'supply', on: write, objects: [3342], resources: [5852, 5854] },
  { hazard: 'supply', on: write, objects: [3413, 3425], resources: [1, 3, 5] },
  { hazard: 'supply', on: change, objects: [3310] },
  { hazard: 'supply', on: write, objects: [3411], resources: [7] },

  // Registers that carry a bill: totals, energies, pulse counters.
  { hazard: 'register-reset', on: execute, objects: [3423, 3424], resources: [2, 5] },
  { hazard: 'register-reset', on: execute, objects: [3305, 3331], resources: [5822] },
  { hazard: 'register-reset', on: execute, objects: [3418], resources: [7] },
  { hazard: 'register-reset', on: execute, objects: [3446], resources: [2] },
  { hazard: 'register-reset', on: execute, objects: [3200, 3302, 10285], resources: [5505] },

  // What decides whether, how and to whom the device speaks. /1: lifetime, disable, binding, bootstrap, APN, registration retry, transport.
  {
    hazard: 'connectivity',
    on: write,
    objects: [1],
    resources: [0, 1, 5, 7, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 24],
  },
  { hazard: 'connectivity', on: execute, objects: [1], resources: [4, 9] },
  { hazard: 'connectivity', on: ['create', 'delete'], objects: [1] },
  {
    hazard: 'connectivity',
    on: change,
    objects: [0, 2, 8, 10, 11, 12, 13, 21, 23, 24, 25, 26, 27, 500, 501, 504, 505, 3443, 3447, 10308, 10479],
  },
  { hazard: 'connectivity', on: execute, objects: [15], resources: [5, 6] },
  { hazard: 'connectivity', on: execute, objects: [10482], resources: [1] },
  { hazard: 'connectivity', on: execute, objects: [3], resources: [5] },
  { hazard: 'connectivity', on: execute, objects: [3410], resources: [8] },

  { hazard: 'reboot', on: execute, objects: [3], resources: [4] },
  { hazard: 'reboot', on: execute, objects: [5], resources: [2] },
  // Installs, and restarts, as soon as the next image is complete: nobody will be asked again.
  { hazard: 'reboot', on: write, objects: [5], resources: [14] },
  { hazard: 'reboot', on: execute, objects: [9], resources: [4, 6] },
  { hazard: 'reboot', on: execute, objects: [10319, 10329], resources: [100, 101, 102, 103] },
  { hazard: 'reboot', on: execute, objects: [10323], resources: [100, 101] },
  { hazard: 'reboot', on: execute, objects: [10339], resources: [102] },

  // Interval and event payloads: a read moves the "last delivered" mark.
  {
    hazard: 'read-moves-pointer',
    on: ['read'],
    objects: [[10266, 10271], [10290, 10292], 10313],
    resources: [6029],
  },
  { hazard: 'read-moves-pointer', on: ['read'], objects: [[10272, 10286]], resources: [6025] },
  { hazard: 'read-moves-pointer', on: ['read'], objects: [[10266, 10286]], resources: [6029] },
  { hazard: 'read-moves-pointer', on: ['read'], objects: [10262, 10263], resources: [2] },
]

/** Names that tell what a vendor's own object or resource does; asked only where no rule above speaks. */
const nameRules: readonly {
  readonly hazard: Hazard
  readonly on: readonly HazardOperation[]
  readonly of: 'object' | 'resource'
  readonly pattern: RegExp
}[] = [
  {
    hazard: 'supply',
    on: ['write', 'execute'],
    of: 'object',
    pattern: /\b(valve|relay|disconnect(or|ion)?|contactor|breaker|shut-?off|supply switch)\b/i,
  },
  {
    hazard: 'supply',
    on: ['write', 'execute'],
    of: 'resource',
    pattern:
      /\b(open|close|shut|actuate|move)\b.*\bvalve\b|\bvalve\b.*\b(open|close|command|control|target|position)\b|\b(dis|re)connect (supply|load|relay)\b/i,
  },
  {
    hazard: 'register-reset',
    on: ['execute'],
    of: 'resource',
    pattern:
      /\b(reset|clear|zero|erase)\b.*\b(cumulat\w*|totali[sz]er|total|energy|volume|index|pulse|register)\b|\b(cumulat\w*|totali[sz]er|total|energy|volume|index|pulse|register)\b.*\b(reset|clear|zero|erase)\b/i,
  },
  { hazard: 'reboot', on: ['execute'], of: 'resource', pattern: /\b(reboot|restart)\b/i },
  { hazard: 'connectivity', on: ['execute'], of: 'resource', pattern: /\bfactory (reset|default)/i },
]

function names(rule: Rule, objectId: number): boolean {
  return rule.objects.some((entry) =>
    typeof entry === 'number' ? entry === objectId : objectId >= entry[0] && objectId <= entry[1],
  )
}

function gravest(found: readonly Hazard[]): Hazard | undefined {
  return gravity.find((hazard) => found.includes(hazard))
}

/**
 * The hazard of an operation, or undefined when there is none. Without a resource id the operation is on an instance or object, and the gravest
 * hazard among the resources it can touch answers. Names are judged where the table is silent: those of `definition` (a vendor's object), else
 * the built-in registry's; a registry object's own name is not evidence, its resources' names are.
 */
export function hazardOf(
  objectId: number,
  resourceId: number | undefined,
  operation: HazardOperation,
  definition?: ObjectDefinition,
): Hazard | undefined {
  const byRule = rules
    .filter((rule) => rule.on.includes(operation) && names(rule, objectId))
    .filter((rule) => resourceId === undefined || !rule.resources || rule.resources.includes(resourceId))
    .map((rule) => rule.hazard)
  return gravest(byRule) ?? gravest(byNames(objectId, resourceId, operation, definition))
}

function byNames(
  objectId: number,
  resourceId: number | undefined,
  operation: HazardOperation,
  given: ObjectDefinition | undefined,
): Hazard[] {
  const registered = objectDefinition(objectId)
  const definition = given ?? registered
  if (!definition) return []
  const resources = [...definition.resources.values()].filter(
    (resource) =>
      (resourceId === undefined || resource.id === resourceId) &&
      (operation === 'execute' ? resource.operations === 'E' : resource.operations.includes('W')),
  )
  const found: Hazard[] = []
  for (const rule of nameRules) {
    if (!rule.on.includes(operation)) continue
    const texts =
      rule.of === 'resource'
        ? resources.map((resource) => resource.name)
        : registered
          ? []
          : [definition.name]
    if (texts.some((text) => rule.pattern.test(text))) found.push(rule.hazard)
  }
  return found
}
