import type { Logger } from './log.js'

const STOP_MS = 7_000 // the supervisor kills after nine seconds; an orchestrator usually after thirty
const ORPHAN_MS = 4_000 // without a parent nobody would kill us

/**
 * Runs a process from start to orderly stop: `start` gives back what stops it. Ends with 1 when `start` fails, says `ready` to a parent that
 * listens, stops on SIGTERM, SIGINT or when that parent is gone, and is cut short when stopping takes too long.
 */
export async function runProcess(log: Logger, start: () => Promise<() => Promise<void>>): Promise<void> {
  let stop: (() => Promise<void>) | undefined
  let stopping = false
  const end = (reason: string, limitMs: number): void => {
    if (stopping) return
    stopping = true
    log.info({ reason }, 'stopping')
    setTimeout(() => {
      log.error('stopping took too long')
      process.exit(1)
    }, limitMs).unref()
    void (stop?.() ?? Promise.resolve()).then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        process.exit(1)
      },
    )
  }
  process.on('SIGTERM', () => end('SIGTERM', STOP_MS))
  process.on('SIGINT', () => end('SIGINT', STOP_MS))
  process.on('disconnect', () => end('the supervisor is gone', ORPHAN_MS))
  process.stdout.on('error', () => end('nobody reads the log', ORPHAN_MS))
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a promise nobody waited for was rejected'),
  )
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught')
    process.exit(1)
  })
  try {
    stop = await start()
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    process.exit(1)
  }
  process.send?.('ready')
}
