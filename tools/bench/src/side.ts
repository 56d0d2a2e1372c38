import process from 'node:process'
import { setTimeout } from 'node:timers/promises'

const sweepMs = 50

/** What a side is asked: how much processor time it has used, what it holds, or to do its work. */
export type Question =
  { readonly ask: 'usage' } | { readonly ask: 'memory' } | { readonly ask: 'work'; readonly work: Work }

/** Work for a client: so many requests or bodies, at most `window` at a time, to `devices` addresses from 127.1.0.0 on. */
export interface Work {
  readonly count: number
  readonly window: number
  readonly devices: number
  readonly port: number
}

/** Processor time of all threads since the start, µs. */
export interface Usage {
  readonly userMicros: number
  readonly systemMicros: number
}

/** What JavaScript holds after garbage collection: objects, and the memory behind typed arrays. */
export interface Memory {
  readonly bytes: number
}

/** What came of work. */
export interface Worked {
  readonly right: number
  readonly wrong: number
}

/** Answers questions over the channel of a forked process, and says that it is ready. It ends with its parent. */
export function answerQuestions(port: number, work?: (work: Work) => Promise<Worked>): void {
  const answer = async (question: Question): Promise<Usage | Memory | Worked | undefined> => {
    if (question.ask === 'usage') return usage()
    return question.ask === 'memory' ? memory() : work?.(question.work)
  }
  process.on('message', (question: Question) => void answer(question).then((found) => process.send?.(found)))
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  return { userMicros: user, systemMicros: system }
}

async function memory(): Promise<Memory> {
  // the memory behind dead typed arrays is given back by another thread, a little later
  for (let again = 0; again < 3; again++) {
    globalThis.gc?.()
    await setTimeout(sweepMs)
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return { bytes: heapUsed + arrayBuffers }
}
