import { Worker } from 'bullmq'
import { queueJobs } from '@fieldline/contracts'
import type { QueueJob, QueueJobName } from '@fieldline/contracts'
import type { Logger } from '@fieldline/process'
import { queueConnection } from './connection.js'
import type { QueueAddresses } from './connection.js'
import { QUEUE_NAME } from './queue.js'

/** Exactly one handler for every job name: a missing one does not compile. */
export type JobHandlers = { readonly [N in QueueJobName]: (payload: QueueJob<N>) => Promise<void> }

/** Takes jobs and hands each to its handler; gives back what stops it, after the jobs under way. */
export async function startProcessors(
  addresses: QueueAddresses,
  handlers: JobHandlers,
  log: Logger,
  concurrency = 4,
): Promise<() => Promise<void>> {
  const worker = new Worker(
    QUEUE_NAME,
    async (job) => {
      const name = job.name as QueueJobName
      const schema = queueJobs[name]
      if (!schema) throw new Error(`no handler for the job ${job.name}`)
      const run = handlers[name] as (payload: unknown) => Promise<void>
      await run(schema.parse(job.data))
    },
    { connection: await queueConnection(addresses), concurrency },
  )
  worker.on('failed', (job, error) => log.error({ err: error, job: job?.name }, 'job failed'))
  let lastError = 0
  worker.on('error', (error) => {
    // an outage repeats the same error many times a second
    if (Date.now() - lastError < 5_000) return
    lastError = Date.now()
    log.warn({ err: error }, 'queue: trouble')
  })
  await worker.waitUntilReady()
  return () => worker.close()
}
