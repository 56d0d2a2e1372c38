// @ts-check

const TERM_MS = 5_000 // then SIGKILL

/** The passing commands of a start (npm, the build, initdb, a migration): what a stop must reach before the product runs. */
export class Steps {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  #running = new Set()
  #stopping = false

  /** Takes a child that leads a process group of its own; one that begins after the stop is stopped at once. @param {import('node:child_process').ChildProcess} child */
  add(child) {
    if (child.pid === undefined) return // it never began
    this.#running.add(child)
    child.on('close', () => this.#running.delete(child))
    if (this.#stopping) signalGroup(child, 'SIGKILL')
  }

  /** Ends every step, with all that it began in its group, and waits for that. */
  async stop() {
    this.#stopping = true
    await Promise.all(
      [...this.#running].map(async (child) => {
        const closed = new Promise((resolve) => child.once('close', resolve))
        const late = new Promise((resolve) => setTimeout(resolve, TERM_MS + 2_000).unref())
        signalGroup(child, 'SIGTERM')
        const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), TERM_MS)
        await Promise.race([closed, late]) // a pipe that a stranger holds must not hold us
        clearTimeout(timer)
        signalGroup(child, 'SIGKILL') // the leader is gone; others of its group may not be
      }),
    )
  }
}

/** @param {import('node:child_process').ChildProcess} child @param {NodeJS.Signals} signal */
function signalGroup({ pid }, signal) {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // nobody is left
  }
}
