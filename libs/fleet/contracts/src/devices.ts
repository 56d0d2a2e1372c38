import { z } from 'zod'
import { filterLanguage } from './audiences.js'
import { limits } from './limits.js'
import {
  Endpoint,
  Id,
  PathText,
  Timestamp,
  TimestampInput,
  isPrintable,
  line,
  pageQuery,
  utf8Length,
} from './primitives.js'
import { Value, valueTypes } from './values.js'

export const registrationStates = [
  'provisioned',
  'bootstrapping',
  'registered',
  'expired',
  'deregistered',
] as const
export type RegistrationState = (typeof registrationStates)[number]
export const presenceStates = ['awake', 'sleeping', 'late', 'silent'] as const
export type PresenceState = (typeof presenceStates)[number]
export const healthStates = ['ok', 'attention', 'failing'] as const
export type HealthState = (typeof healthStates)[number]

/** Why a device is not simply well: a stable code, words for a person, and since when. */
export const Reason = z
  .object({ code: z.string(), text: z.string(), since: Timestamp })
  .meta({ id: 'Reason' })
export type Reason = z.infer<typeof Reason>

const label = line(limits.labelLength)

/** Where the meter is. `timeZone` is an IANA name: windows are judged by it, never by the meter's clock. */
export const Site = z
  .object({
    name: label,
    timeZone: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[A-Za-z0-9_+\-/]+$/, 'an IANA time zone'),
  })
  .meta({ id: 'Site' })

/** What the device said when it registered. `links` are object and instance paths, with versions where given. */
export const Registration = z
  .object({
    registeredAt: Timestamp,
    updatedAt: Timestamp,
    validUntil: Timestamp,
    lifetime: z.number().int(),
    binding: z.string(),
    queueMode: z.boolean(),
    lwm2mVersion: z.string(),
    smsNumber: z.string().optional(),
    address: z.string(),
    links: z.array(z.object({ path: z.string(), version: z.string().optional() })),
  })
  .meta({ id: 'Registration' })
export type Registration = z.infer<typeof Registration>

/**
 * A device: the communication module behind an endpoint name. Absent values were never told to us; null moments do not apply now.
 * `presence` is null while the device has never registered or has left.
 */
export const Device = z
  .object({
    endpoint: Endpoint,
    id: Id,
    label: z.string().optional(),
    vendor: z.string().optional(),
    model: z.string().optional(),
    firmware: z.string().optional(),
    group: z.array(z.string()).optional(),
    site: z.object({ name: z.string(), timeZone: z.string() }).optional(),
    meteringPoint: z.string().optional(),
    meterSerial: z.string().optional(),
    cell: z.string().optional(),
    iccid: z.string().optional(),
    registration: z.enum(registrationStates),
    presence: z.enum(presenceStates).nullable(),
    health: z.enum(healthStates),
    reasons: z.array(Reason),
    lastContactAt: Timestamp.nullable(),
    expectedAt: Timestamp.nullable(),
    lateAt: Timestamp.nullable(),
    silentAt: Timestamp.nullable(),
    awakeUntil: Timestamp.nullable(),
    cadenceSeconds: z.number().optional(),
    registrationValidUntil: Timestamp.nullable(),
    lifetime: z.number().int().nullable(),
    binding: z.string().nullable(),
    queueMode: z.boolean().nullable(),
    lwm2mVersion: z.string().nullable(),
    address: z.string().nullable(),
    batteryPercent: z.number().optional(),
    signalDbm: z.number().optional(),
    pendingOperations: z.number().int(),
    createdAt: Timestamp,
  })
  .meta({ id: 'Device' })
export type Device = z.infer<typeof Device>

/** How a device proves who it is, and what its handshakes came to. Keys are never shown. */
export const DeviceSecurity = z
  .object({
    mode: z.enum(['psk']),
    identity: z.string().meta({ description: 'PSK identity as text; in hexadecimal after 0x if it is none' }),
    suite: z.string().nullable(),
    cid: z.string().nullable().meta({ description: 'Connection ID in hexadecimal, empty for none' }),
    handshakes: z.number().int(),
    resumptions: z.number().int().meta({ description: 'Handshakes among them that resumed a session' }),
    migrations: z.number().int().meta({ description: 'Changes of address that a session survived' }),
    handshakeAt: Timestamp.nullable(),
    failure: z.object({ code: z.string(), text: z.string(), at: Timestamp }).nullable(),
  })
  .meta({ id: 'DeviceSecurity' })
export type DeviceSecurity = z.infer<typeof DeviceSecurity>

export const DeviceDetail = Device.extend({
  current: z.union([Registration, z.null()]),
  security: z.union([DeviceSecurity, z.null()]),
}).meta({
  id: 'DeviceDetail',
  description: 'A device with its current registration and its security; null: it speaks without',
})
export type DeviceDetail = z.infer<typeof DeviceDetail>

/** A pre-shared key. It enters and never leaves: nothing returns it. */
export const Psk = z
  .strictObject({
    identity: z
      .string()
      .min(1)
      .refine(
        (text) => utf8Length(text) <= limits.pskIdentityBytes,
        `at most ${limits.pskIdentityBytes} bytes in UTF-8`,
      )
      .refine(isPrintable, 'control characters are not allowed'),
    key: z
      .string()
      .regex(/^(?:[0-9a-f]{2})+$/i, 'bytes in hexadecimal')
      .min(2 * limits.pskKeyBytes[0])
      .max(2 * limits.pskKeyBytes[1]),
  })
  .meta({ id: 'Psk' })
export type Psk = z.infer<typeof Psk>

const facts = {
  label: label,
  vendor: label,
  model: label,
  group: z.array(label).max(limits.groupsPerDevice),
  site: Site,
  meteringPoint: label,
  meterSerial: label,
  iccid: z.string().regex(/^\d{18,22}$/, 'an ICCID has 18 to 22 digits'),
}

/** Makes a device known before its first contact; admits a candidate. */
export const CreateDevice = z
  .strictObject({
    endpoint: Endpoint,
    label: facts.label.optional(),
    vendor: facts.vendor.optional(),
    model: facts.model.optional(),
    group: facts.group.optional(),
    site: facts.site.optional(),
    meteringPoint: facts.meteringPoint.optional(),
    meterSerial: facts.meterSerial.optional(),
    iccid: facts.iccid.optional(),
    psk: Psk.optional().meta({
      description: 'With it the device has to come by coaps://, without it by coap://',
    }),
  })
  .meta({ id: 'CreateDevice' })
export type CreateDevice = z.infer<typeof CreateDevice>

/** What a person may change; null takes a fact away. */
export const UpdateDevice = z
  .strictObject({
    label: facts.label.nullable().optional(),
    group: facts.group.optional(),
    site: z.union([facts.site, z.null()]).optional(),
    meteringPoint: facts.meteringPoint.nullable().optional(),
    meterSerial: facts.meterSerial.nullable().optional(),
    iccid: facts.iccid.nullable().optional(),
    psk: Psk.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, 'name at least one fact to change')
  .meta({ id: 'UpdateDevice' })
export type UpdateDevice = z.infer<typeof UpdateDevice>

/** Why a resource shows no value. What is optional is `not-offered`, what is mandatory is `missing`. */
export const absenceCodes = [
  'not-read-yet',
  'not-offered',
  'missing',
  'write-only',
  'executable',
  'bootstrap-only',
  'refused',
  'unreadable',
  'empty',
] as const
export type AbsenceCode = (typeof absenceCodes)[number]

export const ObjectTreeResource = z
  .object({
    id: z.number().int(),
    path: PathText,
    name: z.string(),
    operations: z.string().meta({ description: 'Any of R, W, E; empty for bootstrap or Send only' }),
    type: z.enum(valueTypes).nullable(),
    multiple: z.boolean(),
    mandatory: z.boolean(),
    unit: z.string().optional(),
    range: z.string().optional(),
    hazard: z.string().optional(),
    observed: z.boolean(),
    values: z.array(Value).meta({ description: 'Latest value; one per resource instance' }),
    absent: z.object({ code: z.enum(absenceCodes), text: z.string() }).optional(),
  })
  .meta({ id: 'ObjectTreeResource' })
export type ObjectTreeResource = z.infer<typeof ObjectTreeResource>

/** What the device registered, merged with what the object definitions allow, with the latest values. */
export const ObjectTree = z
  .object({
    endpoint: Endpoint,
    objects: z.array(
      z.object({
        id: z.number().int(),
        name: z.string(),
        version: z.string(),
        known: z
          .boolean()
          .meta({ description: 'False for an object without a definition: read it by number' }),
        instances: z.array(z.object({ id: z.number().int(), resources: z.array(ObjectTreeResource) })),
      }),
    ),
  })
  .meta({ id: 'ObjectTree' })
export type ObjectTree = z.infer<typeof ObjectTree>

export const timelineKinds = [
  'registered',
  'updated',
  'deregistered',
  'registration-expired',
  'registration-replaced',
  'name-conflict',
  'values',
  'observation',
  'operation',
  'campaign',
  'device-changed',
  'late',
  'silent',
  'back',
] as const
export type TimelineKind = (typeof timelineKinds)[number]

/** One entry of a device's story. `title` is the sentence shown; `data` holds the facts behind it. */
export const TimelineEntry = z
  .object({
    id: z.string(),
    at: Timestamp,
    kind: z.enum(timelineKinds),
    title: z.string(),
    text: z.string().optional(),
    path: PathText.optional(),
    operationId: Id.optional(),
    campaignId: Id.optional(),
    addresses: z.array(z.string()).optional(),
    data: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'TimelineEntry' })
export type TimelineEntry = z.infer<typeof TimelineEntry>

/** An endpoint that knocked and was not let in (4.03): unknown while registration is `known`. */
export const Candidate = z
  .object({
    endpoint: Endpoint,
    address: z.string(),
    firstSeenAt: Timestamp,
    lastSeenAt: Timestamp,
    attempts: z.number().int(),
    lwm2mVersion: z.string().nullable(),
    binding: z.string().nullable(),
    lifetime: z.number().int().nullable(),
    objects: z.array(z.string()),
  })
  .meta({ id: 'Candidate' })
export type Candidate = z.infer<typeof Candidate>

export const DeviceParams = z.object({ endpoint: Endpoint })
export const DevicesQuery = z.object({
  q: z
    .string()
    .max(limits.audienceLength)
    .optional()
    .meta({
      description: `${filterLanguage} Empty: every device.`,
      examples: ['vendor:Tarnwater fw:<2.4.1 -status:silent'],
    }),
  ...pageQuery(),
})
export type DevicesQuery = z.infer<typeof DevicesQuery>
/** Newest first without `from`; with `from`, oldest first. */
export const ValuesQuery = z.object({
  path: PathText.optional(),
  from: TimestampInput.optional(),
  to: TimestampInput.optional(),
  ...pageQuery(limits.valuesPageDefault, limits.valuesPageMax),
})
export type ValuesQuery = z.infer<typeof ValuesQuery>
export const TimelineQuery = z.object({ kind: z.enum(timelineKinds).optional(), ...pageQuery() })
export type TimelineQuery = z.infer<typeof TimelineQuery>
export const CandidatesQuery = z.object(pageQuery())
