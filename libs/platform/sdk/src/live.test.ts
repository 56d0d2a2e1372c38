import { describe, expect, it } from 'vitest'
import { liveUrl, openLive, type LiveState } from './live.js'

class Stream {
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  closed = false
  readonly listeners = new Map<string, (message: { data: string }) => void>()
  addEventListener(name: string, listener: (message: { data: string }) => void) {
    this.listeners.set(name, listener)
  }
  close() {
    this.closed = true
  }
}

function listening() {
  const streams: Stream[] = []
  const waits: { ms: number; run: () => void; cancelled: boolean }[] = []
  const states: LiveState[] = []
  const events: unknown[] = []
  const live = openLive({
    baseUrl: '',
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    connect: () => {
      const stream = new Stream()
      streams.push(stream)
      return stream as unknown as EventSource
    },
    later: (ms, run) => {
      const wait = { ms, run, cancelled: false }
      waits.push(wait)
      return () => (wait.cancelled = true)
    },
  })
  return { live, streams, waits, states, events }
}

describe('live', () => {
  it('writes topics into the address', () => {
    expect(liveUrl('', { events: ['device', 'campaign'], endpoints: ['a:1', 'b'] })).toBe(
      '/v1/live?events=device%2Ccampaign&endpoint=a%3A1&endpoint=b',
    )
  })

  it('hands over events by name', () => {
    const { streams, events } = listening()
    streams[0]?.listeners.get('campaign')?.({ data: '{"status":"ok"}' })
    expect(events).toEqual([{ event: 'campaign', data: { status: 'ok' } }])
  })

  it('connects again after a pause that doubles, and starts over after a success', () => {
    const { streams, waits, states } = listening()
    streams[0]?.onerror?.()
    waits[0]?.run()
    streams[1]?.onerror?.()
    waits[1]?.run()
    streams[2]?.onopen?.()
    streams[2]?.onerror?.()
    expect(waits.map((wait) => wait.ms)).toEqual([1_000, 2_000, 1_000])
    expect(states).toEqual(['connecting', 'lost', 'lost', 'open', 'lost'])
    expect(streams.map((stream) => stream.closed)).toEqual([true, true, true])
  })

  it('stays closed once closed', () => {
    const { live, streams, waits, events } = listening()
    streams[0]?.onerror?.()
    live.close()
    expect(waits[0]?.cancelled).toBe(true)
    streams[0]?.listeners.get('campaign')?.({ data: '{}' })
    expect(events).toEqual([])
  })
})
