import { execFileSync, fork, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Question, Usage, Work, Worked } from './side.js'

/** What is measured, in a process of its own. */
export interface Side {
  readonly port: number
  usage(): Promise<Usage>
  work(work: Work): Promise<Worked>
  stop(): Promise<void>
}

/** Starts `sides/{name}` and waits until it is ready. */
export async function startSide(name: string): Promise<Side> {
  const child = fork(fileURLToPath(new URL(`./sides/${name}.js`, import.meta.url)), { execArgv: [] })
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

let compiled: string | undefined

/** Compiles the generator, once in this process. Throws in one sentence where there is no C compiler. */
function generator(): string {
  if (compiled !== undefined) return compiled
  const folder = mkdtempSync(join(tmpdir(), 'fieldline-bench-'))
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'load')
  try {
    execFileSync('cc', ['-O2', '-o', program, fileURLToPath(new URL('../native/load.c', import.meta.url))], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  } catch {
    throw new RangeError(
      'the load generator could not be compiled; this bench needs Linux and a C compiler, cc',
    )
  }
  return (compiled = program)
}

/** Starts the generator with these words. */
export function startLoad(...words: readonly (string | number)[]): Load {
  const child = spawn(generator(), words.map(String), { stdio: ['pipe', 'pipe', 'inherit'] })
  const waiting: { resolve: (line: string) => void; reject: (error: Error) => void }[] = []
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.resolve(line))
  child.on('exit', (code) => {
    for (const { reject } of waiting) reject(new Error(`the generator ended with ${code}`))
  })
  const nextLine = (): Promise<string> =>
    new Promise((resolve, reject) => void waiting.push({ resolve, reject }))
  const first = words[0] === 'devices' ? nextLine() : undefined
  return {
    async tell<T>(command: string) {
      await first
      const line = nextLine()
      child.stdin.write(`${command}\n`)
      return JSON.parse(await line) as T
    },
    stop: () => ended(child),
  }
}
