import { z } from 'zod'
import { Campaign, Task } from './campaigns.js'
import { Device } from './devices.js'
import { limits } from './limits.js'
import { Endpoint, Id } from './primitives.js'
import { Operation } from './operations.js'
import { Value } from './values.js'

/** Server-sent events: event name -> shape of its `data`. Each carries the whole new state of its thing, so a lost one does no lasting harm. */
export const liveEvents = {
  device: Device,
  values: z.object({ endpoint: Endpoint, values: z.array(Value) }),
  operation: Operation,
  campaign: Campaign,
  task: z.object({ campaignId: Id, task: Task }),
} as const
export type LiveEventName = keyof typeof liveEvents
export type LiveEvent = {
  [E in LiveEventName]: { event: E; data: z.infer<(typeof liveEvents)[E]> }
}[LiveEventName]

export const liveEventNames = Object.keys(liveEvents) as LiveEventName[]

const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

/** `events=device,values` chooses kinds (default all); `endpoint=` (repeatable) restricts to devices; `campaign=` adds its tasks. */
export const LiveQuery = z.object({
  events: commaList.pipe(z.array(z.enum(liveEventNames as [LiveEventName, ...LiveEventName[]]))).optional(),
  endpoint: z
    .union([Endpoint.transform((one) => [one]), z.array(Endpoint).max(limits.liveEndpoints)])
    .optional(),
  campaign: Id.optional(),
})
export type LiveQuery = z.infer<typeof LiveQuery>
