import type { BusEvent } from '@fieldline/contracts'
import { chunkIds } from '@fieldline/contracts'

export type BusHandler = (event: BusEvent) => void

/**
 * Events between processes. They carry ids only and may be lost when a connection breaks: `onGap` tells who listens to read what it cares
 * about anew.
 */
export interface Bus {
  /** Sends an event, soon. Events about many devices are gathered for a moment and sent together. */
  publish(event: BusEvent): void
  /** Calls `handler` for every event of every process, this one's included. */
  subscribe(handler: BusHandler, onGap?: () => void): void
  /** Sends what is gathered and disconnects. */
  close(): Promise<void>
}

const GATHER_MS = 40

type Gathered = Extract<BusEvent, { kind: 'device' | 'values' | 'operation-queued' }>

function isGathered(event: BusEvent): event is Gathered {
  return event.kind === 'device' || event.kind === 'values' || event.kind === 'operation-queued'
}

/** Gathers events that differ only in their devices, so that a busy fleet costs one message a moment and not one a meter. */
export class Gatherer {
  readonly #waiting = new Map<string, { event: Gathered; ids: Set<string> }>()
  #timer: NodeJS.Timeout | undefined

  constructor(private readonly send: (events: readonly BusEvent[]) => void) {}

  add(event: BusEvent): void {
    if (!isGathered(event)) {
      this.flush() // an event never overtakes those before it
      this.send([event])
      return
    }
    const key = `${event.kind} ${event.organisationId}`
    const known = this.#waiting.get(key) ?? { event, ids: new Set<string>() }
    for (const id of event.deviceIds) known.ids.add(id)
    this.#waiting.set(key, known)
    // what somebody is waiting for leaves at once
    if (event.kind === 'operation-queued') this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const events = [...this.#waiting.values()].flatMap(({ event, ids }) =>
      chunkIds([...ids]).map((deviceIds) => ({ ...event, deviceIds })),
    )
    this.#waiting.clear()
    if (events.length > 0) this.send(events)
  }
}

/** An event as it arrived; undefined for what is not one. */
export function parseEvent(
  text: string,
  schema: { safeParse(input: unknown): { success: boolean; data?: BusEvent } },
): BusEvent | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined // not JSON: a message of somebody else on our channel
  }
}
