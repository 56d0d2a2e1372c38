// @ts-check
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, quietEnvironment } from './layout.mjs'
import { Complaint, say } from './say.mjs'

const MAX_LOG_BYTES = 5 * 1024 * 1024 // a file and its predecessor are kept
const FIRST_RESTART_MS = 500
const LAST_RESTART_MS = 30_000
const SETTLED_MS = 60_000 // a child that ran this long starts again without delay
const TERM_MS = 9_000 // then SIGKILL; PostgreSQL is given what is left of 15 s

/**
 * @typedef {{ name: string, command: string, args: string[], env?: Record<string, string | undefined>, cwd?: string, cleanUp?: () => Promise<void> }} ChildSpec
 * @typedef {{ spec: ChildSpec, process?: import('node:child_process').ChildProcess, startedAt: number, ready: boolean, delay: number, timer?: NodeJS.Timeout, log: ReturnType<typeof boundedLog> }} Child
 */

/** Appends to `<name>.log`, turning it over to `<name>.1.log` when it is full. @param {string} folder @param {string} name */
function boundedLog(folder, name) {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `${name}.log`)
  let size = existsSync(path) ? statSync(path).size : 0
  let stream = createWriteStream(path, { flags: 'a' })
  return {
    path,
    /** @param {Buffer} chunk */
    write(chunk) {
      if (size + chunk.length > MAX_LOG_BYTES) {
        stream.end()
        renameSync(path, join(folder, `${name}.1.log`))
        stream = createWriteStream(path, { flags: 'w' })
        size = 0
      }
      size += chunk.length
      stream.write(chunk)
    },
    end: () => stream.end(),
  }
}

/** Starts children, restarts those that die, and stops them in the reverse order. */
export class Supervisor {
  /** @type {Child[]} */
  #children = []
  #stopping = false

  /** @param {string} logFolder */
  constructor(logFolder) {
    this.logFolder = logFolder
  }

  /** @param {ChildSpec} spec */
  start(spec) {
    /** @type {Child} */
    const child = {
      spec,
      startedAt: 0,
      ready: false,
      delay: FIRST_RESTART_MS,
      log: boundedLog(this.logFolder, spec.name),
    }
    this.#children.push(child)
    this.#spawn(child)
    return child
  }

  /** @param {Child} child */
  #spawn(child) {
    if (this.#stopping) return
    const { spec } = child
    child.startedAt = Date.now()
    const started = spawn(spec.command, spec.args, {
      cwd: spec.cwd ?? root,
      env: { ...process.env, ...quietEnvironment, ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'], // the channel's end tells the child that we are gone
      detached: true, // a group of its own: a terminal's Ctrl-C must not stop PostgreSQL first
    })
    child.process = started
    started.stdout?.on('data', (chunk) => child.log.write(chunk))
    started.stderr?.on('data', (chunk) => child.log.write(chunk))
    started.on('message', (message) => (child.ready ||= message === 'ready'))
    started.on('error', (error) => child.log.write(Buffer.from(`${error.message}\n`)))
    started.on('exit', (code, signal) => this.#ended(child, code, signal))
  }

  /** @param {Child} child @param {number | null} code @param {NodeJS.Signals | null} signal */
  #ended(child, code, signal) {
    child.process = undefined
    if (this.#stopping) return
    if (Date.now() - child.startedAt > SETTLED_MS) child.delay = FIRST_RESTART_MS
    say(
      `${child.spec.name} ended (${signal ?? `exit ${code}`}), starts again in ${child.delay / 1000} s; its log is ${child.log.path}`,
    )
    child.timer = setTimeout(() => void this.#again(child), child.delay)
    child.delay = Math.min(child.delay * 2, LAST_RESTART_MS)
  }

  /** What a killed guard left running is stopped first: it would hold the port or the data. @param {Child} child */
  async #again(child) {
    await child.spec.cleanUp?.()
    this.#spawn(child)
  }

  /** The running children's process ids by name. */
  get pids() {
    return Object.fromEntries(
      this.#children.flatMap(({ spec, process: running }) =>
        running?.pid ? [[spec.name, running.pid]] : [],
      ),
    )
  }

  /** @param {Child} child @param {number} milliseconds */
  async #stopOne(child, milliseconds) {
    const running = child.process
    if (!running) return
    const gone = new Promise((resolve) => running.once('exit', resolve))
    running.kill('SIGTERM')
    const timer = setTimeout(() => {
      try {
        process.kill(-(running.pid ?? 0), 'SIGKILL')
      } catch {
        running.kill('SIGKILL')
      }
    }, milliseconds)
    await gone
    clearTimeout(timer)
  }

  /** Waits for the child to say `ready` over its channel, for at most `seconds`. @param {Child} child @param {number} seconds */
  async ready(child, seconds) {
    const until = Date.now() + seconds * 1000
    while (!child.ready) {
      if (Date.now() > until || this.#stopping)
        throw new Complaint(
          `${child.spec.name} did not become ready in ${seconds} s; its log is ${child.log.path}`,
        )
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** Stops everything: the database last. */
  async stop() {
    if (this.#stopping) return
    this.#stopping = true
    for (const child of this.#children) clearTimeout(child.timer)
    const isDatabase = (/** @type {Child} */ { spec }) => spec.name === 'postgres'
    await Promise.all(
      this.#children.filter((child) => !isDatabase(child)).map((child) => this.#stopOne(child, TERM_MS)),
    )
    await Promise.all(this.#children.filter(isDatabase).map((child) => this.#stopOne(child, 5_000)))
    for (const child of this.#children) {
      await child.spec.cleanUp?.()
      child.log.end()
    }
  }
}
