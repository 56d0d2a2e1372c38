import { z } from 'zod'
import { limits } from './limits.js'
import { PathText, Timestamp, isStorable } from './primitives.js'

/** The data types of LwM2M as they are written in JSON. @see LwM2M Core 1.2, Appendix C */
export const valueTypes = [
  'string',
  'integer',
  'unsigned',
  'float',
  'boolean',
  'opaque',
  'time',
  'objlnk',
  'corelnk',
] as const
export type ValueType = (typeof valueTypes)[number]

/** `read` we asked, `notify` the device reported as observed, `send` it reported by itself, `register` it came with a registration. */
export const valueSources = ['read', 'notify', 'send', 'register'] as const

/**
 * One value in JSON. Integers beyond ±2^53 are decimal strings, opaque is base64, objlnk is `"o:i"`, time is Unix seconds,
 * non-finite floats are `"NaN"`, `"Infinity"`, `"-Infinity"`.
 */
export const Scalar = z.union([z.string().max(limits.valueLength), z.number(), z.boolean()])
export type Scalar = z.infer<typeof Scalar>

/** What one resource (or resource instance) held at `time`, by the device's clock where it gave one; `receivedAt` is ours. */
export const Value = z
  .object({
    path: PathText,
    type: z.enum(valueTypes),
    value: Scalar,
    unit: z.string().optional(),
    time: Timestamp,
    receivedAt: Timestamp,
    source: z.enum(valueSources),
  })
  .meta({ id: 'Value' })
export type Value = z.infer<typeof Value>

/** A scalar that can be stored on its way to a device. */
const WriteScalar = Scalar.refine(
  (value) => typeof value !== 'string' || isStorable(value),
  'a text without NUL and half surrogate pairs',
)

/** What is written: one value, or `{ "0": …, "1": … }` for a multiple-instance resource, keyed by resource instance. */
export const WriteValue = z
  .union([
    WriteScalar,
    z
      .record(z.string().regex(/^(0|[1-9]\d{0,4})$/), WriteScalar)
      .refine(
        (all) => Object.keys(all).length <= limits.resourceInstancesPerWrite,
        `at most ${limits.resourceInstancesPerWrite} instances`,
      ),
  ])
  .meta({ id: 'WriteValue' })
export type WriteValue = z.infer<typeof WriteValue>
