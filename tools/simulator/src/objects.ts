import { Code, ProtocolError } from '@fieldline/bytes'
import { definitionsFor } from '@fieldline/lwm2m'
import { ObjectStore } from '@fieldline/lwm2m-client'
import type { Resource, Resources } from '@fieldline/lwm2m-client'
import { definitionsOf, firstDefinition } from '@fieldline/object-model'
import type { DefinitionLookup, ResourceValue } from '@fieldline/object-model'
import { batteryAt, clockDriftAt, signalAt, voltageAt } from './condition.js'
import type { Faults } from './faults.js'
import type { ModelId } from './identity.js'
import type { MeterContext } from './models/model.js'
import { models } from './models/models.js'
import { constant, constants, live } from './models/resources.js'
import { offsetAt, offsetText } from './places.js'

/** What a meter does when it is told to. */
export interface MeterActions {
  readonly reboot: () => void
  /** Registration Update Trigger. */
  readonly update: () => void
}

/** Everything a meter's objects are made from. */
export interface ObjectsContext extends MeterContext {
  readonly faults: Faults
  readonly actions: MeterActions
  readonly defaultLifetime: number
}

/** Network Bearer values of Connectivity Monitoring. */
const bearers = { 'lte-m': 6, 'nb-iot': 7 } as const
/** Power sources of the Device object: internal battery, AC power. */
const powerSources = { battery: 1, mains: 6 } as const
/** Default Minimum and Maximum Period as they leave the factory, seconds. */
const factoryPeriods = { minimum: 10, maximum: 21_600 }
const clockPath = '/3/0/13'

const lookups = new Map<ModelId, DefinitionLookup>()

function definitionsOfModel(id: ModelId): DefinitionLookup {
  let lookup = lookups.get(id)
  if (!lookup) {
    const { objectVersions, version, vendorObjects = [] } = models[id]
    lookup = firstDefinition(
      definitionsOf(vendorObjects),
      definitionsFor({ versions: objectVersions }, version),
    )
    lookups.set(id, lookup)
  }
  return lookup
}

/** A resource a server may configure; what is written is kept over a restart. */
function setting(context: ObjectsContext, path: string, initial: ResourceValue): Resource {
  const { kept, keep } = context
  return {
    read: () => kept(path) ?? initial,
    write: (value) => {
      if (!(value instanceof Map)) keep(path, value as ResourceValue)
    },
  }
}

/** Puts the meter's faults between a server and what it writes. */
function withFaults(path: string, resource: Resource, { rejectWrite, diverge }: Faults): Resource {
  const { write } = resource
  if (!write) return resource
  if (rejectWrite) {
    // By path, so that the same write is refused in the same way each time.
    const code = path.length % 2 === 0 ? Code.BadRequest : Code.InternalServerError
    return {
      ...resource,
      write: () => {
        throw new ProtocolError(code, 'the write failed')
      },
    }
  }
  if (diverge === 'all' || diverge.includes(path)) return { ...resource, write: () => undefined }
  return resource
}

function serverObject(context: ObjectsContext): Resources {
  const { identity, actions, defaultLifetime } = context
  const { version, queueMode } = models[identity.model]
  return {
    0: constant(101),
    1: setting(context, '/1/0/1', defaultLifetime),
    2: setting(context, '/1/0/2', factoryPeriods.minimum),
    3: setting(context, '/1/0/3', factoryPeriods.maximum),
    6: setting(context, '/1/0/6', true),
    // Until 1.0 the letter Q says that the device sleeps; afterwards a flag of the registration does.
    7: setting(context, '/1/0/7', version === '1.0' && queueMode ? 'UQ' : 'U'),
    8: { execute: () => actions.update() },
    ...(version !== '1.0' && { 23: setting(context, '/1/0/23', false) }),
  }
}

function deviceObject(context: ObjectsContext): Resources {
  const { identity, now, kept, keep, actions } = context
  const { manufacturer, modelNumber, firmware, meterSerial, site } = identity
  const { power, hardware, kind, version, queueMode } = models[identity.model]
  const offsetSeconds = (): number => Number(kept(clockPath) ?? clockDriftAt(identity, now()))
  return {
    0: constant(manufacturer),
    1: constant(modelNumber),
    2: constant(meterSerial),
    3: constant(firmware),
    4: { execute: () => actions.reboot() },
    6: constants(powerSources[power]),
    7: { read: () => new Map([[0, power === 'battery' ? voltageAt(identity, now()) : 230_000]]) },
    ...(power === 'battery' && { 9: live(() => batteryAt(identity, now())), 20: constant(0) }),
    11: constants(0),
    13: {
      read: () => Math.floor(now() / 1_000 + offsetSeconds()),
      write: (value) => keep(clockPath, Number(value) - Math.floor(now() / 1_000)),
    },
    14: live(() => offsetText(offsetAt(site.timeZone, now()))),
    15: constant(site.timeZone),
    16: constant(version === '1.0' && queueMode ? 'UQ' : 'U'),
    17: constant(`${kind} meter`),
    18: constant(hardware),
  }
}

function connectivityObject({ identity, now }: ObjectsContext): Resources {
  const bearer = bearers[models[identity.model].bearer]
  const host = identity.seed % 65_024
  return {
    0: constant(bearer),
    1: constants(bearer),
    2: live(() => signalAt(identity, now())),
    4: constants(`10.64.${host >> 8}.${host & 0xff || 1}`),
    8: constant(identity.cell),
    9: constant(7),
    10: constant(901),
  }
}

/** The objects of a meter: what its model has first, then Server, Device and Connectivity Monitoring. */
export function createObjects(context: ObjectsContext): ObjectStore {
  const { identity, faults } = context
  const store = new ObjectStore(definitionsOfModel(identity.model))
  const add = (object: number, instance: number, resources: Resources): void => {
    const faulty: Record<number, Resource> = {}
    for (const [id, resource] of Object.entries(resources))
      if (resource) faulty[Number(id)] = withFaults(`/${object}/${instance}/${id}`, resource, faults)
    store.add(object, instance, faulty)
  }
  for (const { object, instance, resources } of models[identity.model].objects(context))
    add(object, instance, resources)
  add(1, 0, serverObject(context))
  add(3, 0, deviceObject(context))
  add(4, 0, connectivityObject(context))
  return store
}
