import { z } from 'zod'
import { limits } from './limits.js'
import { Endpoint, Id, PathText, Timestamp, TimestampInput, line, pageQuery } from './primitives.js'
import { Value, WriteValue } from './values.js'

export const operationKinds = ['read', 'write', 'execute', 'discover', 'observe', 'cancel-observe'] as const
export type OperationKind = (typeof operationKinds)[number]
export const operationStates = [
  'queued',
  'sent',
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'unknown',
] as const
export type OperationState = (typeof operationStates)[number]

/** What came back: values of a read or the first report of an observation, links of a discover. */
export const OperationResult = z
  .object({
    values: z.array(Value).optional(),
    links: z.array(z.object({ path: z.string(), attributes: z.record(z.string(), z.string()) })).optional(),
    missing: z.array(PathText).optional(),
    text: z.string().optional().meta({ description: 'The outcome in words where it is not plain success' }),
  })
  .meta({ id: 'OperationResult' })
export type OperationResult = z.infer<typeof OperationResult>

/** One durable request to one device. `code` is the CoAP response code as text, such as `4.05`. */
export const Operation = z
  .object({
    id: Id,
    endpoint: Endpoint,
    kind: z.enum(operationKinds),
    path: PathText,
    value: WriteValue.optional(),
    state: z.enum(operationStates),
    code: z.string().optional(),
    result: OperationResult.optional(),
    expectedAt: Timestamp.optional(),
    expectedGraceSeconds: z
      .number()
      .optional()
      .meta({ description: 'How far the contact usually strays from expectedAt, either way' }),
    expiresAt: Timestamp,
    createdAt: Timestamp,
    sentAt: Timestamp.optional(),
    finishedAt: Timestamp.optional(),
    campaignId: Id.optional(),
    createdBy: z.string().optional(),
  })
  .meta({ id: 'Operation' })
export type Operation = z.infer<typeof Operation>

/** `value` is what is written, or the arguments of an execute. `confirm` repeats the endpoint name where a hazard asks for it. */
export const CreateOperation = z
  .strictObject({
    kind: z.enum(operationKinds),
    path: PathText,
    value: WriteValue.optional(),
    expiresAt: TimestampInput.optional(),
    confirm: z.string().max(limits.endpointBytes).optional(),
  })
  .meta({ id: 'CreateOperation' })
export type CreateOperation = z.infer<typeof CreateOperation>

export const OperationsQuery = z.object({ state: z.enum(operationStates).optional(), ...pageQuery() })
export type OperationsQuery = z.infer<typeof OperationsQuery>
export const IdParams = z.object({ id: Id })
export const CancelBody = z.strictObject({ reason: line(limits.reasonLength).optional() }).optional()
/** Request headers, lower case as HTTP/2 and Node give them. @see RFC 7240 §4.3 */
export const PreferHeader = z.object({ prefer: z.string().max(200).optional() })

/** Seconds of `Prefer: wait=N`, cut to the limit; 0 where the header is absent or says something else. */
export function preferredWait(prefer: string | undefined): number {
  const found = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,6})"?/i.exec(prefer ?? '')
  return found === null ? 0 : Math.min(Number(found[1]), limits.waitSeconds)
}
