import { z } from 'zod'
import { Timestamp } from './primitives.js'

export const componentStates = ['ok', 'degraded', 'down'] as const

/** Fieldline's own health: the worst component decides `status`. Counters only ever grow within one run of a process. */
export const Health = z
  .object({
    status: z.enum(componentStates),
    components: z.record(
      z.string(),
      z.object({
        status: z.enum(componentStates),
        detail: z.string().optional(),
        since: Timestamp.optional(),
      }),
    ),
    counters: z.record(z.string(), z.number()),
  })
  .meta({ id: 'Health' })
export type Health = z.infer<typeof Health>
