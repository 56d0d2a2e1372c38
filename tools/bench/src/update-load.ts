import { costBetween, startClients, startSide } from './processes.js'
import type { Loaded } from './processes.js'
import type { Cost } from './rounds.js'

const peers = 10_000
const window = 200
/** The least share of requests that must have been answered for a figure to count. */
const leastAnswered = 0.99

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
}

/**
 * CPU µs per answered Update of a fresh server process with 10,000 registered peers, warmed up. Throws where an answer was wrong, or too few
 * came. The echo registers nobody: its peers get back what they sent.
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
    return costBetween(before, after, loaded.answered)
  } finally {
    await load.stop()
    await side.stop()
  }
}

function check(side: string, { sent, answered, wrong }: Loaded): void {
  if (wrong > 0) throw new Error(`${side}: ${wrong} answers were wrong`)
  if (answered < sent * leastAnswered)
    throw new Error(`${side}: ${answered} of ${sent} requests were answered`)
}

/** The share answered, for the result. */
export function share({ sent, answered }: Answered): number {
  return Number((answered / sent).toFixed(5))
}
