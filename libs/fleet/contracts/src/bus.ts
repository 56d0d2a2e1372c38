import { z } from 'zod'
import { limits } from './limits.js'
import { Id } from './primitives.js'

const ids = z.array(Id).min(1).max(limits.idsPerBusEvent)
const organisation = { organisationId: Id }

/**
 * Events between processes: identifiers only, never values; who hears one reads the rows. One schema per kind.
 * `operation-queued`, `operation-cancelled` and `credentials` go to the process that talks to devices; the rest tell that something changed.
 */
export const busEvents = {
  device: z.object({ kind: z.literal('device'), ...organisation, deviceIds: ids }),
  'device-removed': z.object({ kind: z.literal('device-removed'), ...organisation, deviceIds: ids }),
  credentials: z.object({ kind: z.literal('credentials'), ...organisation, deviceIds: ids }),
  values: z.object({ kind: z.literal('values'), ...organisation, deviceIds: ids }),
  'operation-queued': z.object({ kind: z.literal('operation-queued'), ...organisation, deviceIds: ids }),
  'operation-cancelled': z.object({
    kind: z.literal('operation-cancelled'),
    ...organisation,
    deviceIds: ids,
    operationId: Id,
  }),
  operation: z.object({ kind: z.literal('operation'), ...organisation, deviceIds: ids, operationIds: ids }),
  campaign: z.object({ kind: z.literal('campaign'), ...organisation, campaignId: Id }),
  task: z.object({ kind: z.literal('task'), ...organisation, campaignId: Id, deviceIds: ids }),
  candidate: z.object({ kind: z.literal('candidate'), ...organisation }),
  health: z.object({ kind: z.literal('health') }),
} as const
export type BusEventKind = keyof typeof busEvents

export const BusEvent = z.discriminatedUnion('kind', [
  busEvents.device,
  busEvents['device-removed'],
  busEvents.credentials,
  busEvents.values,
  busEvents['operation-queued'],
  busEvents['operation-cancelled'],
  busEvents.operation,
  busEvents.campaign,
  busEvents.task,
  busEvents.candidate,
  busEvents.health,
])
export type BusEvent = z.infer<typeof BusEvent>

/** Splits identifiers so that each event stays below the limit of one notification. */
export function chunkIds(all: readonly string[], size: number = limits.idsPerBusEvent): string[][] {
  const chunks: string[][] = []
  for (let start = 0; start < all.length; start += size) chunks.push(all.slice(start, start + size))
  return chunks
}
