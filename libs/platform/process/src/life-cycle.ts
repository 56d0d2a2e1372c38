import type { Logger } from './log.js'

const STOP_MS = 7_000 // the supervisor kills after nine seconds; an orchestrator usually after thirty
const ORPHAN_MS = 3_000 // without a parent nobody would kill us

/**
 * Ends the process now: well by SIGTERM as if nobody listened to it, badly by SIGKILL. `process.exit` alone can wait for ever: Node joins its
 * threads, and one that compiles may never come. Such a process neither lives nor is it started again. Process 1 of a container takes no signal
 * from itself; it exits.
 */
function leave(code: 0 | 1): void {
  process.removeAllListeners('SIGTERM')
  process.kill(process.pid, code === 0 ? 'SIGTERM' : 'SIGKILL')
  process.exit(code)
}

/**
 * Runs a process from start to orderly stop: `start` gives back what stops it. Ends badly when `start` fails, says `ready` to a parent that
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
      leave(1)
    }, limitMs).unref()
    void (stop?.() ?? Promise.resolve()).then(
      () => leave(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed')
        leave(1)
      },
    )
  }
  process.on('SIGTERM', () => end('SIGTERM', STOP_MS))
  process.on('SIGINT', () => end('SIGINT', STOP_MS))
  process.on('disconnect', () => end('the supervisor is gone', ORPHAN_MS))
  // it may have gone before anybody listened
  if (process.connected === false) end('the supervisor is gone', ORPHAN_MS)
  process.stdout.on('error', () => end('nobody reads the log', ORPHAN_MS))
  process.on('unhandledRejection', (error) =>
    log.error({ err: error }, 'a promise nobody waited for was rejected'),
  )
  process.on('uncaughtException', (error) => {
    log.fatal({ err: error }, 'uncaught')
    leave(1)
  })
  try {
    stop = await start()
  } catch (error) {
    log.fatal({ err: error }, 'could not start')
    leave(1)
  }
  process.send?.('ready')
}
