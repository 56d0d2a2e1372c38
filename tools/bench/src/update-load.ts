import { costBetween, startClients, startSide } from './processes.js'
import type { Loaded } from './processes.js'
import type { Cost } from './rounds.js'

const peers = 10_000
const window = 200
/** The least share of requests that must have been answered rightly for a figure of ours to count. */
const leastAnswered = 0.99
/** A reference under load may answer late, twice or not at all; with less than this it is no longer the same work. */
const leastOfReference = 0.9

/** A server and how much it is asked: the slower ones less, so that each round takes about as long. */
export interface Subject {
  readonly side: 'own-server' | 'node-coap-server' | 'echo-server'
  readonly warmUp: number
  readonly measured: number
}

/** What was sent and answered over all rounds. */
export interface Answered {
  sent: number
  answered: number
  wrong: number
}

/** Nothing yet. */
export function noneAnswered(): Answered {
  return { sent: 0, answered: 0, wrong: 0 }
}

/**
 * CPU µs per answered Update of a fresh server process with 10,000 registered peers, warmed up. Throws where an answer of ours was wrong, or too
 * few came; wrong answers of a reference are counted, and have cost it as much as right ones. The echo registers nobody: its peers get back what
 * they sent.
 */
export async function updateCost(subject: Subject, total: Answered): Promise<Cost> {
  const side = await startSide(subject.side)
  const load = startClients(side.port, peers)
  try {
    const echo = subject.side === 'echo-server'
    const command = echo ? 'echo' : 'update'
    if (!echo) check(subject.side, await load.tell('register'))
    check(subject.side, await load.tell(`${command} ${subject.warmUp} ${window}`))
    const before = await side.usage()
    const loaded = await load.tell(`${command} ${subject.measured} ${window}`)
    const after = await side.usage()
    check(subject.side, loaded)
    total.sent += loaded.sent
    total.answered += loaded.answered
    total.wrong += loaded.wrong
    return costBetween(before, after, loaded.answered + loaded.wrong)
  } finally {
    await load.stop()
    await side.stop()
  }
}

/** Throws where the answers that came do not make a figure. */
export function check(side: Subject['side'], { sent, answered, wrong }: Loaded): void {
  const isOurs = side === 'own-server'
  if (isOurs && wrong > 0) throw new Error(`${side}: ${wrong} answers were wrong`)
  if (answered < sent * (isOurs ? leastAnswered : leastOfReference))
    throw new Error(`${side}: ${answered} of ${sent} requests were answered, ${wrong} wrongly`)
}

/** The share answered, and the number of wrong answers, for the result. */
export function answeredOf({ sent, answered, wrong }: Answered): { share: number; wrong: number } {
  return { share: Number((answered / sent).toFixed(5)), wrong }
}
