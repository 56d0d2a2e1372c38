import { execFileSync, fork, spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Cost } from './rounds.js'
import type { Memory, Question, Usage, Work, Worked } from './side.js'

/** What is measured, in a process of its own. */
export interface Side {
  readonly port: number
  usage(): Promise<Usage>
  memory(): Promise<Memory>
  work(work: Work): Promise<Worked>
  stop(): Promise<void>
}

/** Processor time between two answers, for each of `count`. */
export function costBetween(before: Usage, after: Usage, count: number): Cost {
  return {
    user: (after.userMicros - before.userMicros) / count,
    system: (after.systemMicros - before.systemMicros) / count,
  }
}

/** Starts `sides/{name}` with these words and waits until it is ready. */
export async function startSide(name: string, ...words: readonly string[]): Promise<Side> {
  const program = fileURLToPath(new URL(`./sides/${name}.js`, import.meta.url))
  const child = fork(program, words, { execArgv: ['--expose-gc'] })
  const next = <T>(): Promise<T> => nextMessage<T>(child, name)
  const ask = <T>(question: Question): Promise<T> => {
    const answer = next<T>()
    child.send(question)
    return answer
  }
  const { port } = await next<{ port: number }>()
  return {
    port,
    usage: () => ask<Usage>({ ask: 'usage' }),
    memory: () => ask<Memory>({ ask: 'memory' }),
    work: (work) => ask<Worked>({ ask: 'work', work }),
    stop: () => ended(child),
  }
}

function nextMessage<T>(child: ChildProcess, name: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const exited = (code: number | null): void => reject(new Error(`${name} ended with ${code}`))
    child.once('exit', exited)
    child.once('message', (message) => {
      child.removeListener('exit', exited)
      resolve(message as T)
    })
  })
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

/** What the generator counted for one command. */
export interface Loaded {
  readonly sent: number
  readonly answered: number
  readonly wrong: number
  readonly lost: number
  readonly seconds: number
}

/** What devices counted since they were asked last. */
export interface Served {
  readonly gets: number
  readonly blocks: number
  readonly bodies: number
  readonly wrong: number
}

/** The generator, which is not measured. */
export interface Load {
  /** Gives one command and waits for its line. */
  tell<T = Loaded>(command: string): Promise<T>
  stop(): Promise<void>
}

let compiled: readonly string[] | undefined

/** The program that makes the load and its first words: compiled once in this process, or the one in Node where there is no C compiler. */
function generator(): readonly string[] {
  if (compiled !== undefined) return compiled
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'load')
  const source = fileURLToPath(new URL('../native/load.c', import.meta.url))
  try {
    execFileSync('cc', ['-O2', '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] })
    compiled = [program]
  } catch {
    compiled = [process.execPath, fileURLToPath(new URL('./load-in-node.js', import.meta.url))]
  }
  return compiled
}

/** Which generator the load comes from. */
export function generatorName(): 'C' | 'Node' {
  return generator().length === 1 ? 'C' : 'Node'
}

/** `peers` clients of a server on this machine. */
export function startClients(serverPort: number, peers: number): Load {
  return new Generator('client', serverPort, peers)
}

/** Devices at 127.1.0.0 and on, all at one port. */
export async function startDevices(): Promise<Load & { readonly port: number }> {
  const generator = new Generator('devices')
  const { port } = await generator.line<{ port: number }>()
  return Object.assign(generator, { port })
}

class Generator implements Load {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []

  constructor(...words: readonly (string | number)[]) {
    const [program, ...first] = generator()
    this.#child = spawn(program, [...first, ...words.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] })
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line))
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`the generator ended with ${code}`))
    })
  }

  /** The next line it writes. */
  async line<T>(): Promise<T> {
    const line = await new Promise<string>((resolve, reject) => void this.#waiting.push({ resolve, reject }))
    return JSON.parse(line) as T
  }

  tell<T = Loaded>(command: string): Promise<T> {
    const line = this.line<T>()
    this.#child.stdin.write(`${command}\n`)
    return line
  }

  stop(): Promise<void> {
    return ended(this.#child)
  }
}
