import { z } from 'zod'
import { Id } from './primitives.js'

/** Queue jobs are wake-ups: ids and the version `v` of the row they were made for, never state. One schema per job name. */
export const queueJobs = {
  'campaign-tick': z.strictObject({ campaignId: Id, v: z.number().int() }),
  'campaign-chunk': z.strictObject({ campaignId: Id, chunk: z.number().int().min(0), v: z.number().int() }),
  sweep: z.strictObject({ v: z.number().int() }),
} as const
export type QueueJobName = keyof typeof queueJobs
export type QueueJob<N extends QueueJobName> = z.infer<(typeof queueJobs)[N]>

/** Devices per campaign chunk. */
export const campaignChunkSize = 500
