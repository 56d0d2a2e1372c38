import { z } from 'zod'
import { limits } from './limits.js'

const encoder = new TextEncoder()

// Control characters can neither be typed nor stored (PostgreSQL refuses NUL); half a surrogate pair has no UTF-8 form.
const unprintable = /[\p{Cc}\p{Cs}]/u
const unstorable = /[\0\p{Cs}]/u

/** Length in UTF-8 bytes, as it travels. */
export function utf8Length(text: string): number {
  return encoder.encode(text).length
}

/** Whether text is what a person types: no control characters, no half surrogate pairs. */
export function isPrintable(text: string): boolean {
  return !unprintable.test(text)
}

/** Whether text can be kept: PostgreSQL's holds no NUL, and half a surrogate pair is no character. */
export function isStorable(text: string): boolean {
  return !unstorable.test(text)
}

/** Endpoint Client Name: 1 to 255 UTF-8 bytes, no control characters; colons are usual. @see LwM2M Core 1.2 §6.2.1 */
export const Endpoint = z
  .string()
  .min(1, 'an endpoint name has at least one character')
  .refine(
    (text) => utf8Length(text) <= limits.endpointBytes,
    `at most ${limits.endpointBytes} bytes of UTF-8`,
  )
  .refine(isPrintable, 'control characters are not allowed')
  .refine((text) => text !== '.' && text !== '..', 'no address can name it')
  .meta({
    id: 'Endpoint',
    description: 'Endpoint Client Name, at most 255 bytes of UTF-8',
    examples: ['urn:imei:490154203237518'],
  })

// Not named in the OpenAPI document: a nullable reference to a named schema comes out as one that null can never fit.
export const Id = z.uuid()

/** A moment as it leaves us: RFC 3339 in UTC. */
export const Timestamp = z.iso.datetime()

/** A moment as it may come in: RFC 3339 with any offset. */
export const TimestampInput = z.iso.datetime({ offset: true })

/** Object to Resource Instance: `/3`, `/3/0`, `/3/0/9`, `/3/0/7/1`; each number 0..65534. @see LwM2M Core 1.2 §7.2 */
export const PathText = z
  .string()
  .max(24)
  .regex(/^(\/(0|[1-9]\d{0,4})){1,4}$/, 'a path looks like /3, /3/0, /3/0/9 or /3/0/7/1')
  .refine(
    (path) =>
      path
        .split('/')
        .slice(1)
        .every((part) => Number(part) <= 65_534),
    'identifiers go up to 65534',
  )
  .meta({ id: 'Path', examples: ['/3/0/9'] })

/** One line of text written by a person. */
export function line(maxLength: number) {
  return z.string().trim().min(1).max(maxLength).refine(isPrintable, 'control characters are not allowed')
}

export const Cursor = z.string().min(1).max(limits.cursorLength)

/** `limit` and `cursor` of a list. */
export function pageQuery(defaultLimit: number = limits.pageDefault, maxLimit: number = limits.pageMax) {
  return {
    limit: z.coerce.number().int().min(1).max(maxLimit).default(defaultLimit),
    cursor: Cursor.optional(),
  }
}

/** `{ items, nextCursor }`: the shape of every list. `nextCursor` null means the end. */
export function list<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export interface List<T> {
  items: T[]
  nextCursor: string | null
}

/** How many have `key`: one row of a breakdown. */
export const Count = z.object({ key: z.string(), count: z.number().int() }).meta({ id: 'Count' })
