import type { LiveEvent, LiveEventName } from '@fieldline/contracts'
import { pathOf } from './addresses.js'
import { queryText } from './client.js'

/** What to hear: kinds of events (default all), devices, and the campaign whose tasks are wanted too. */
export interface LiveTopics {
  events?: readonly LiveEventName[]
  endpoints?: readonly string[]
  campaign?: string
}

/** `connecting` for the first time, `open`, or `lost` and trying again. */
export type LiveState = 'connecting' | 'open' | 'lost'

export interface LiveOptions extends LiveTopics {
  baseUrl: string
  onEvent: (event: LiveEvent) => void
  onState?: (state: LiveState) => void
  /** Stands in for the browser's own. */
  connect?: (address: string) => EventSource
  /** Runs something later; gives what takes it back. */
  later?: (ms: number, run: () => void) => () => void
}

const heard: Readonly<Record<LiveEventName, true>> = {
  device: true,
  values: true,
  operation: true,
  campaign: true,
  task: true,
}
const firstPauseMs = 1_000
const longestPauseMs = 15_000

function browserLater(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, ms)
  return () => clearTimeout(timer)
}

/** The address of the stream for these topics. */
export function liveUrl(baseUrl: string, { events, endpoints, campaign }: LiveTopics): string {
  const query = {
    events: events === undefined ? undefined : events.join(','),
    endpoint: endpoints,
    campaign,
  }
  return `${baseUrl.replace(/\/+$/, '')}${pathOf('live')}${queryText(query)}`
}

/**
 * Listens to changes until closed. A browser's EventSource gives up for good when the server answers with an error (which a restart of
 * the API looks like), so a lost stream is replaced after a pause that doubles from 1 s to 15 s.
 */
export function openLive(options: LiveOptions): { close(): void } {
  const { onEvent, onState, connect = (address) => new EventSource(address), later = browserLater } = options
  const address = liveUrl(options.baseUrl, options)
  let source: EventSource | undefined
  let takeBack: (() => void) | undefined
  let pause = firstPauseMs
  let closed = false

  const drop = () => {
    source?.close()
    source = undefined
  }
  const begin = () => {
    takeBack = undefined
    const current = connect(address)
    source = current
    current.onopen = () => {
      pause = firstPauseMs
      onState?.('open')
    }
    current.onerror = () => {
      if (closed || source !== current) return
      drop()
      onState?.('lost')
      takeBack = later(pause, begin)
      pause = Math.min(pause * 2, longestPauseMs)
    }
    for (const event of Object.keys(heard) as LiveEventName[]) {
      current.addEventListener(event, (message: Event) => {
        if (closed || source !== current) return
        onEvent({ event, data: JSON.parse((message as MessageEvent).data as string) } as LiveEvent)
      })
    }
  }
  onState?.('connecting')
  begin()
  return {
    close() {
      closed = true
      takeBack?.()
      drop()
    },
  }
}
