import { Queue as BullQueue } from 'bullmq'
import type { QueueJob, QueueJobName } from '@fieldline/contracts'
import { queueConnection } from './connection.js'
import type { QueueAddresses } from './connection.js'

/** The one queue of the product; a job's name says what it is. BullMQ allows no colon in it. */
export const QUEUE_NAME = 'fieldline'

/** A queue that is away must not hold up who only wanted to hurry somebody. */
const ANSWER_MS = 5_000

/** Puts wake-ups in line. Truth is in the database: a job that is lost is made again by the sweep. */
export interface Queue {
  /** `id` makes a job unique while it waits; `delayMs` lets it sleep first. Rejects after five seconds when the queue is away. */
  add<N extends QueueJobName>(
    name: N,
    payload: QueueJob<N>,
    options?: { id?: string; delayMs?: number },
  ): Promise<void>
  /** Makes a job of this name come again and again. */
  repeat<N extends QueueJobName>(name: N, payload: QueueJob<N>, everyMs: number): Promise<void>
  /** Whether the queue answers; throws what it says when it does not. */
  check(): Promise<{ waiting: number; active: number; failed: number }>
  close(): Promise<void>
}

/** Opens the queue for producing. */
export async function openQueue(addresses: QueueAddresses): Promise<Queue> {
  const queue = new BullQueue(QUEUE_NAME, {
    connection: await queueConnection(addresses),
    defaultJobOptions: {
      removeOnComplete: true,
      removeOnFail: { age: 86_400, count: 1_000 },
      attempts: 3,
      backoff: { type: 'exponential', delay: 1_000 },
    },
  })
  queue.on('error', () => {}) // every call reports its own failure
  return {
    async add(name, payload, { id, delayMs } = {}) {
      await inTime(
        queue.add(name, payload, {
          ...(id === undefined ? {} : { jobId: id }),
          ...(delayMs === undefined ? {} : { delay: delayMs }),
        }),
      )
    },
    async repeat(name, payload, everyMs) {
      await inTime(
        queue.upsertJobScheduler(
          `every-${name}`,
          { every: everyMs },
          { name, data: payload, opts: { attempts: 1 } },
        ),
      )
    },
    async check() {
      const counts = await inTime(queue.getJobCounts('waiting', 'active', 'failed'))
      return { waiting: counts.waiting ?? 0, active: counts.active ?? 0, failed: counts.failed ?? 0 }
    },
    close: () => queue.close(),
  }
}

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the queue does not answer')), ANSWER_MS)
  })
  work.catch(() => {}) // a failure after its time is nobody's any more
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
