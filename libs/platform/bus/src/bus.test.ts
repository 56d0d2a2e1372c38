import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { BusEvent } from '@fieldline/contracts'
import { Gatherer } from './bus.js'

describe('events that are gathered', () => {
  let sent: BusEvent[]
  let gatherer: Gatherer
  beforeEach(() => {
    vi.useFakeTimers()
    sent = []
    gatherer = new Gatherer((events) => void sent.push(...events))
  })
  afterEach(() => void vi.useRealTimers())

  it('stay apart by kind and organisation, and name each device once', () => {
    gatherer.add({ kind: 'device', organisationId: 'a', deviceIds: ['1', '2'] })
    gatherer.add({ kind: 'device', organisationId: 'b', deviceIds: ['3'] })
    gatherer.add({ kind: 'values', organisationId: 'a', deviceIds: ['1'] })
    gatherer.add({ kind: 'device', organisationId: 'a', deviceIds: ['2', '4'] })
    expect(sent).toEqual([])
    vi.advanceTimersByTime(50)
    expect(sent).toEqual([
      { kind: 'device', organisationId: 'a', deviceIds: ['1', '2', '4'] },
      { kind: 'device', organisationId: 'b', deviceIds: ['3'] },
      { kind: 'values', organisationId: 'a', deviceIds: ['1'] },
    ])
  })

  it('are not overtaken by one that leaves at once', () => {
    gatherer.add({ kind: 'device', organisationId: 'a', deviceIds: ['1'] })
    gatherer.add({ kind: 'candidate', organisationId: 'a' })
    gatherer.add({ kind: 'operation-queued', organisationId: 'a', deviceIds: ['1'] })
    expect(sent.map(({ kind }) => kind)).toEqual(['device', 'candidate', 'operation-queued'])
    vi.advanceTimersByTime(50)
    expect(sent).toHaveLength(3)
  })
})
