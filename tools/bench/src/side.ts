import process from 'node:process'

/** What a side is asked: how much processor time it has used, or to do its work. */
export type Question = { readonly ask: 'usage' } | { readonly ask: 'work'; readonly work: Work }

/** Work for a client: so many requests or bodies, at most `window` at a time, to `devices` addresses from 127.1.0.0 on. */
export interface Work {
  readonly count: number
  readonly window: number
  readonly devices: number
  readonly port: number
}

/** What a side is after its start, an answer to a question. */
export interface Usage {
  /** Time of all threads, µs. */
  readonly userMicros: number
  readonly systemMicros: number
  readonly rss: number
  readonly heapUsed: number
  readonly externalBytes: number
}

/** What came of work. */
export interface Worked {
  readonly right: number
  readonly wrong: number
}

/** Answers questions over the channel of a forked process, and says that it is ready. It ends with its parent. */
export function answerQuestions(port: number, work?: (work: Work) => Promise<Worked>): void {
  process.on('message', (question: Question) => {
    if (question.ask === 'usage') process.send?.(usage())
    else void work?.(question.work).then((worked) => process.send?.(worked))
  })
  process.on('disconnect', () => process.exit(0))
  process.send?.({ port })
}

function usage(): Usage {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed, external } = process.memoryUsage()
  return { userMicros: user, systemMicros: system, rss, heapUsed, externalBytes: external }
}
