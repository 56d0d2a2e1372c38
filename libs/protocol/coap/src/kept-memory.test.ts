import { Code, ManualClock } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Assemblies } from './assembly.js'
import { ResponseBody } from './body-transfer.js'
import { createCounters } from './counters.js'
import type { CoapResponse } from './message.js'
import type { RequestFields } from './option-reading.js'
import { defaultLimits } from './port.js'
import { Representations } from './representations.js'
import { TimerWheel } from './timer-wheel.js'

/** A block that came at the end of a datagram full of options that nobody knows. */
const blockOfLong = (length: number): Uint8Array => new Uint8Array(60_000).subarray(60_000 - length)
const answerWith = (payload: Uint8Array): CoapResponse => ({ code: Code.Content, payload })

describe('what is kept of a peer costs what it is counted', () => {
  const assembliesOf = (limits = {}) => {
    const clock = new ManualClock()
    const wheel = new TimerWheel(clock)
    const all = { ...defaultLimits, ...limits }
    const assemblies = new Assemblies(all, 247_000, createCounters(), wheel, () => clock.now())
    return (num: number, more: boolean, key = 'key') => {
      const fields = { block1: { num, more, szx: 0 } } as RequestFields
      return assemblies.take(key, 'peer', fields, blockOfLong(16), clock.now())
    }
  }

  it('blocks of a request without the datagrams that they came in', () => {
    const take = assembliesOf()
    take(0, true)
    const outcome = take(1, false)
    expect(outcome.kind === 'body' && outcome.assembly?.chunks[0].buffer.byteLength).toBe(16)
  })

  it('bodies being assembled with the names that they are found by', () => {
    const take = assembliesOf({ maxAssemblyBytes: 1_000 })
    expect(take(0, true, 'short')).toMatchObject({ code: Code.Continue })
    expect(take(0, true, 'x'.repeat(1_000))).toMatchObject({ code: Code.ServiceUnavailable })
  })

  it('blocks of a response without the datagrams that they came in', () => {
    const body = new ResponseBody(defaultLimits)
    expect(body.add(answerWith(blockOfLong(16)), { num: 0, more: false, szx: 0 }, undefined)).toBe('whole')
    expect(body.whole().payload.buffer.byteLength).toBe(16)
  })

  it('long answers with the names that they are found by', () => {
    const counters = createCounters()
    const kept = new Representations(2_000, 247_000, counters)
    for (const name of ['a', 'b', 'c', 'd'])
      kept.put(name.repeat(900), 'peer', answerWith(new Uint8Array(20)), 0)
    expect([kept.size, counters.representationsEvicted]).toEqual([2, 2])
    expect(kept.get('d'.repeat(900), 0)).toBeDefined()
  })
})
