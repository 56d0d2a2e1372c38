import type { Device, DeviceDetail, Value } from '@fieldline/contracts'
import { health, presence } from '@fieldline/devices'
import type { HealthFacts } from '@fieldline/devices'
import { definitionsFor, parseObjectLinks } from '@fieldline/lwm2m'
import type { LwM2mVersion, ObjectLinks } from '@fieldline/lwm2m'
import { formatPath, objectDefinition, valueToJson } from '@fieldline/object-model'
import type { DefinitionLookup } from '@fieldline/object-model'
import type { ContactForecast } from '@fieldline/operations'
import type { DeviceRecord, StoredValue } from '@fieldline/store'
import { toSecurity } from './device-security.js'

const time = (epochMs: number): string => new Date(epochMs).toISOString()
const timeOrNull = (epochMs: number | null): string | null => (epochMs === null ? null : time(epochMs))
/** Contacts after which a cadence is learned and not assumed. */
const LEARNED_INTERVALS = 4
const NO_OBJECTS = parseObjectLinks(new Uint8Array())

/** What the forecast and presence of a device are judged by. */
export function contactOf(record: DeviceRecord): ContactForecast & HealthFacts {
  return {
    registration: record.registration,
    queueMode: record.record?.queueMode ?? false,
    awakeUntil: record.awakeUntil,
    lateAt: record.lateAt,
    silentAt: record.silentAt,
    expectedAt: record.expectedAt,
    lastContactAt: record.lastContactAt,
    registrationValidUntil: record.record?.expiresAt ?? null,
    lifetimeSeconds: record.record?.lifetime ?? null,
    cadenceSeconds: record.contact?.cadenceSeconds,
    graceSeconds: record.contact?.graceSeconds,
    cadenceLearned: (record.contact?.intervals.length ?? 0) >= LEARNED_INTERVALS,
    batteryPercent: record.batteryPercent ?? undefined,
    batteryAt: record.batteryAt ?? undefined,
    marks: record.marks,
    timeZone: record.site?.timeZone,
  }
}

/** A device as the interface shows it at `now` (epoch milliseconds). */
export function toDevice(record: DeviceRecord, now: number): Device {
  const contact = contactOf(record)
  const { state, reasons } = health(contact, now)
  const present = <T>(value: T | null): T | undefined => value ?? undefined
  const registered = record.registration === 'registered' ? record.record : null
  return {
    endpoint: record.endpoint,
    id: record.id,
    label: present(record.label),
    vendor: present(record.vendor),
    model: present(record.model),
    firmware: present(record.firmware),
    group: record.groups.length > 0 ? [...record.groups] : undefined,
    site: present(record.site),
    meteringPoint: present(record.meteringPoint),
    meterSerial: present(record.meterSerial),
    cell: present(record.cell),
    iccid: present(record.iccid),
    registration: record.registration,
    presence: presence(contact, now),
    health: state,
    reasons,
    lastContactAt: timeOrNull(record.lastContactAt),
    expectedAt: timeOrNull(record.expectedAt),
    lateAt: timeOrNull(record.lateAt),
    silentAt: timeOrNull(record.silentAt),
    awakeUntil: timeOrNull(record.awakeUntil),
    cadenceSeconds: contact.cadenceSeconds,
    registrationValidUntil: timeOrNull(record.record?.expiresAt ?? null),
    lifetime: registered?.lifetime ?? null,
    binding: registered?.binding ?? null,
    queueMode: registered?.queueMode ?? null,
    lwm2mVersion: registered?.lwm2mVersion ?? null,
    address: registered ? addressOf(registered) : null,
    batteryPercent: present(record.batteryPercent),
    signalDbm: present(record.signalDbm),
    pendingOperations: record.pendingOperations,
    createdAt: time(record.createdAt),
  }
}

function addressOf({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

/** The objects a device registered, and the definitions that hold for its versions. */
export function objectsOf(record: DeviceRecord): { links: ObjectLinks; definitions: DefinitionLookup } {
  if (!record.record) return { links: NO_OBJECTS, definitions: (objectId) => objectDefinition(objectId) }
  const links = parseObjectLinks(new TextEncoder().encode(record.record.objectLinks))
  return { links, definitions: definitionsFor(links, record.record.lwm2mVersion as LwM2mVersion) }
}

/** A device with its registration. */
export function toDeviceDetail(record: DeviceRecord, now: number): DeviceDetail {
  const { record: registration } = record
  const security = record.security === null ? null : toSecurity(record.security)
  if (!registration) return { ...toDevice(record, now), current: null, security }
  const { links } = objectsOf(record)
  return {
    ...toDevice(record, now),
    security,
    current: {
      registeredAt: time(registration.registeredAt),
      updatedAt: time(registration.updatedAt),
      validUntil: time(registration.expiresAt),
      lifetime: registration.lifetime,
      binding: registration.binding,
      queueMode: registration.queueMode,
      lwm2mVersion: registration.lwm2mVersion,
      address: addressOf(registration),
      links: links.instances.map(({ objectId, instanceId }) => ({
        path: formatPath({ objectId, instanceId }),
        version: links.versions.get(objectId),
      })),
    },
  }
}

/** A stored value as the interface shows it, with the unit of its definition. */
export function toValue(stored: StoredValue, definitions: DefinitionLookup): Value {
  const unit = definitions(stored.path.objectId ?? -1)?.resources.get(stored.path.resourceId ?? -1)?.units
  return {
    path: formatPath(stored.path),
    type: stored.type as Value['type'],
    value: valueToJson(stored.type, stored.value),
    ...(unit ? { unit } : {}),
    time: time(stored.time),
    receivedAt: time(stored.receivedAt),
    source: stored.source,
  }
}
