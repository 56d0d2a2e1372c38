import {
  DomainError,
  limits,
  type CreateOperation,
  type OperationKind,
  type Scalar,
} from '@fieldline/contracts'
import {
  formatPath,
  hazardOf,
  parsePath,
  pathLevel,
  validateWrite,
  valueFromJson,
  type DefinitionLookup,
  type Hazard,
  type HazardOperation,
  type ObjectDefinition,
  type Path,
  type ResourceDefinition,
  type ResourceType,
  type ResourceValue,
} from '@fieldline/object-model'
import { hazardPolicies } from './hazard-policy.js'

export interface OperationContext {
  /** Definitions that hold for this device, its own versions first. */
  definition: DefinitionLookup
  /** The device; absent where a request is judged for many at once. */
  endpoint?: string
  /** Part of a campaign: what needs a person's confirmation is refused. */
  bulk?: boolean
}

/** A request that may go to the device. `nodes` is what a write carries, typed. */
export interface OperationDraft {
  kind: OperationKind
  path: string
  nodes: { path: Path; type: ResourceType; value: ResourceValue }[]
  /** Arguments of an execute. */
  args?: string
  hazard?: Hazard
}

/** Path levels each kind can address: 1 object … 4 resource instance. @see LwM2M Core 1.2 §6.3, §6.4 */
const levels: Readonly<Record<OperationKind, readonly number[]>> = {
  read: [1, 2, 3, 4],
  write: [3, 4],
  execute: [3],
  discover: [1, 2, 3],
  observe: [1, 2, 3, 4],
  'cancel-observe': [1, 2, 3, 4],
}
const levelNames = ['everything', 'an object', 'an object instance', 'a resource', 'a resource instance']
const hazardKind: Readonly<Partial<Record<OperationKind, HazardOperation>>> = {
  read: 'read',
  observe: 'read',
  write: 'write',
  execute: 'execute',
}
/** Digits with optional quoted values, separated by commas. @see LwM2M Core 1.2 §6.3.5 */
const executeArguments =
  /^(\d(='[!\x23-\x26\x28-\x5b\x5d-\x7e]*')?(,\d(='[!\x23-\x26\x28-\x5b\x5d-\x7e]*')?)*)?$/

function pathOfRequest(text: string, kind: OperationKind): Path {
  let path: Path
  try {
    path = parsePath(text)
  } catch (error) {
    if (error instanceof RangeError)
      throw new DomainError('invalid-request', `path: ${error.message}`, 'path')
    throw error
  }
  const level = pathLevel(path)
  if (!levels[kind].includes(level)) {
    if (kind === 'write' && level === 2)
      throw new DomainError(
        'unsupported',
        `${text} is an object instance; write one resource at a time`,
        'path',
      )
    const allowed = levels[kind].map((one) => levelNames[one]).join(', ')
    throw new DomainError(
      'invalid-request',
      `path: ${text} names ${levelNames[level]}; ${kind} takes ${allowed}`,
      'path',
    )
  }
  return path
}

function checkReadable(
  path: Path,
  text: string,
  object: ObjectDefinition | undefined,
  resource: ResourceDefinition | undefined,
): void {
  // Without a definition a device is asked all the same: an unknown object is readable by number.
  if (resource !== undefined && !resource.operations.includes('R')) {
    const why =
      resource.operations === 'E'
        ? 'is executed, not read'
        : resource.operations === 'W'
          ? 'can only be written'
          : 'is not shown to a server'
    throw new DomainError('not-readable', `${text} (${resource.name}) ${why}`, 'path')
  }
  if (object !== undefined && path.resourceId === undefined) {
    const readable = [...object.resources.values()].some((one) => one.operations.includes('R'))
    if (!readable)
      throw new DomainError(
        'not-readable',
        `Nothing of object ${object.id} (${object.name}) is shown to a server`,
        'path',
      )
  }
}

function defined(
  path: Path,
  text: string,
  kind: string,
  object: ObjectDefinition | undefined,
  resource: ResourceDefinition | undefined,
): ResourceDefinition {
  if (resource !== undefined) return resource
  const what =
    object === undefined
      ? `object ${path.objectId}`
      : `resource ${path.resourceId} in object ${object.id} version ${object.version}`
  throw new DomainError(
    'unsupported',
    `Cannot ${kind} ${text}: there is no definition of ${what}, so neither its type nor its dangers are known`,
    'path',
  )
}

function scalarNode(
  definition: ResourceDefinition,
  path: Path,
  json: Scalar,
): OperationDraft['nodes'][number] {
  const name = formatPath(path)
  let value: ResourceValue
  try {
    value = valueFromJson(definition.type, json)
  } catch (error) {
    if (error instanceof RangeError)
      throw new DomainError('wrong-type', `${name} (${definition.name}): ${error.message}`, 'value')
    throw error
  }
  const wrong = validateWrite(definition, value)
  if (wrong !== undefined) throw new DomainError('out-of-range', `${name}: ${wrong}`, 'value')
  return { path, type: definition.type, value }
}

function writeNodes(
  definition: ResourceDefinition,
  path: Path,
  value: CreateOperation['value'],
): OperationDraft['nodes'] {
  const text = formatPath(path)
  if (!definition.operations.includes('W')) {
    const why = definition.operations === 'E' ? 'is executed, not written' : 'is read-only'
    throw new DomainError('read-only', `${text} (${definition.name}) ${why}`, 'path')
  }
  if (value === undefined) throw new DomainError('invalid-request', 'value: a write needs a value', 'value')
  if (path.resourceInstanceId !== undefined && !definition.multiple)
    throw new DomainError('invalid-request', `path: ${definition.name} has no resource instances`, 'path')
  if (typeof value !== 'object') {
    if (definition.multiple && path.resourceInstanceId === undefined)
      throw new DomainError(
        'wrong-type',
        `${text} (${definition.name}) has several instances; give them as { "0": value, … }`,
        'value',
      )
    return [scalarNode(definition, path, value)]
  }
  if (!definition.multiple || path.resourceInstanceId !== undefined)
    throw new DomainError(
      'wrong-type',
      `${text} (${definition.name}) takes one value, not a set of instances`,
      'value',
    )
  return Object.entries(value).map(([instance, one]) =>
    scalarNode(definition, { ...path, resourceInstanceId: Number(instance) }, one),
  )
}

function checkHazard(hazard: Hazard | undefined, request: CreateOperation, context: OperationContext): void {
  if (hazard === undefined) return
  const { policy, reason } = hazardPolicies[hazard]
  const refused = policy === 'refuse' || context.bulk === true
  if (refused) {
    const scope = policy === 'refuse' ? 'Refused' : 'Refused for many devices at once'
    throw new DomainError('hazard-refused', `${scope}: ${reason}. (${request.kind} ${request.path})`, 'path')
  }
  if (policy !== 'confirm' || (request.confirm !== undefined && request.confirm === context.endpoint)) return
  const name = context.endpoint === undefined ? 'the endpoint name' : `"${context.endpoint}"`
  throw new DomainError(
    'confirmation-required',
    `Careful: ${reason}. To go on, give ${name} as "confirm".`,
    'confirm',
  )
}

/**
 * Judges a request before anything is stored or sent.
 * @throws DomainError invalid-request (400: path shape, missing or needless value), not-readable, read-only, not-executable, wrong-type,
 * out-of-range, unsupported (422), hazard-refused (403), confirmation-required (409)
 */
export function validateOperation(request: CreateOperation, context: OperationContext): OperationDraft {
  const { kind } = request
  const path = pathOfRequest(request.path, kind)
  const text = formatPath(path)
  const objectId = path.objectId as number
  const object = context.definition(objectId)
  const resource = path.resourceId === undefined ? undefined : object?.resources.get(path.resourceId)
  const draft: OperationDraft = { kind, path: text, nodes: [] }
  if (kind === 'read' || kind === 'observe') checkReadable(path, text, object, resource)
  if (kind === 'write')
    draft.nodes = writeNodes(defined(path, text, kind, object, resource), path, request.value)
  else if (kind === 'execute') {
    const definition = defined(path, text, kind, object, resource)
    if (definition.operations !== 'E')
      throw new DomainError(
        'not-executable',
        `${text} (${definition.name}) is a value; it cannot be executed`,
        'path',
      )
    if (request.value !== undefined) {
      if (typeof request.value !== 'string' || !executeArguments.test(request.value))
        throw new DomainError(
          'wrong-type',
          `value: arguments look like 0 or 0='text',1; digits, quoted text, commas`,
          'value',
        )
      if (request.value !== '') draft.args = request.value
    }
  } else if (request.value !== undefined)
    throw new DomainError('invalid-request', `value: ${kind} takes no value`, 'value')
  const asked = hazardKind[kind]
  const hazard = asked === undefined ? undefined : hazardOf(objectId, path.resourceId, asked, object)
  checkHazard(hazard, request, context)
  if (hazard !== undefined) draft.hazard = hazard
  return draft
}

/**
 * The moment (ms) a request names as its end, judged against `now`.
 * @throws DomainError invalid-request (400)
 */
export function parseExpiry(expiresAt: string, now: number): number {
  const at = Date.parse(expiresAt)
  const seconds = (at - now) / 1_000
  if (
    Number.isFinite(seconds) &&
    seconds >= limits.operationExpiryMinSeconds &&
    seconds <= limits.operationExpiryMaxSeconds
  )
    return at
  const longest = limits.operationExpiryMaxSeconds / 86_400
  throw new DomainError(
    'invalid-request',
    `expiresAt: between ${limits.operationExpiryMinSeconds} seconds and ${longest} days from now`,
    'expiresAt',
  )
}
