// @ts-check
import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdirSync, openSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { root, quietEnvironment } from './layout.mjs'
import { Complaint, say } from './say.mjs'

const MAX_LOG_BYTES = 5 * 1024 * 1024 // a file and its predecessor are kept
const REOPEN_MS = 1_000 // a log that cannot be written is tried again no more often
const FIRST_RESTART_MS = 500
const LAST_RESTART_MS = 30_000
const SETTLED_MS = 60_000 // a child that ran this long starts again without delay
const TERM_MS = 9_000 // then SIGKILL; PostgreSQL is given what is left of 15 s

/**
 * @typedef {{ name: string, command: string, args: string[], env?: Record<string, string | undefined>, cwd?: string, cleanUp?: () => Promise<void> }} ChildSpec
 * @typedef {{ spec: ChildSpec, process?: import('node:child_process').ChildProcess, startedAt: number, ready: boolean, delay: number, timer?: NodeJS.Timeout, log: ReturnType<typeof boundedLog> }} Child
 */

/**
 * Appends to `<name>.log`, turning it over to `<name>.1.log` when it is full. What cannot be written (a full disk, a folder that was
 * removed) is lost, and nothing else: the supervisor goes on, and the log does when it can.
 * @param {string} folder @param {string} name @param {number} [most] bytes in one file
 */
export function boundedLog(folder, name, most = MAX_LOG_BYTES) {
  const path = join(folder, `${name}.log`)
  /** @type {import('node:fs').WriteStream | undefined} */
  let stream
  let size = 0
  let openedAt = 0
  const open = (/** @type {'a' | 'w'} */ flags) => {
    openedAt = Date.now()
    stream = undefined
    try {
      mkdirSync(folder, { recursive: true })
      size = flags === 'a' && existsSync(path) ? statSync(path).size : 0
      const fd = openSync(path, flags) // at once: a stream that opens later could miss the turning over
      const opened = createWriteStream(path, { fd })
      opened.on('error', () => {
        if (stream === opened) stream = undefined
      })
      stream = opened
    } catch {
      // tried again later
    }
  }
  const turnOver = () => {
    stream?.end()
    try {
      renameSync(path, join(folder, `${name}.1.log`))
    } catch {
      // the old lines are given up: the size has its bound whatever happens
    }
    open('w')
  }
  open('a')
  return {
    path,
    /** @param {Buffer} chunk */
    write(chunk) {
      if (!stream && Date.now() - openedAt >= REOPEN_MS) open('a')
      if (stream && size > 0 && size + chunk.length > most) turnOver()
      size += chunk.length
      stream?.write(chunk)
    },
    end: () => stream?.end(),
  }
}

/** Starts children, restarts those that die, and stops them in the reverse order. */
export class Supervisor {
  /** @type {Child[]} */
  #children = []
  #stopping = false
  /** @type {Promise<void> | undefined} */
  #stopped

  /** @param {string} logFolder */
  constructor(logFolder) {
    this.logFolder = logFolder
  }

  /** Whether `stop` was called. */
  get stopping() {
    return this.#stopping
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
    started.on('error', (error) => {
      child.log.write(Buffer.from(`${error.message}\n`))
      if (started.pid === undefined) this.#ended(child, null, null) // it never began: there will be no exit
    })
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

  /** Stops everything, the database last. Every call gives the same promise: the end of it all. */
  stop() {
    return (this.#stopped ??= this.#stopAll())
  }

  async #stopAll() {
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
