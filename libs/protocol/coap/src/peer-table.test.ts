import { Code, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { createCounters } from './counters.js'
import { Type, noBytes } from './message.js'
import type { Peer } from './message.js'
import { PeerTable } from './peer-table.js'
import { exchangeLifetime, profiles } from './profile.js'
import { createWire, meter } from './wire.test-support.js'

const peerNumber = (i: number): Peer => ({ id: `192.0.2.1:${i}`, address: '192.0.2.1', port: i })
const lifetime = exchangeLifetime(profiles.wired)

describe('peers', () => {
  it('with nothing under way are a row, from which their Message IDs and round trips go on', () => {
    const peers = new PeerTable(1024, seededRandom(1), createCounters())
    const state = peers.open(meter)!
    const first = state.takeMessageId(1_700_000_000_000)
    Object.assign(state, { strong: 1_234, timeout: 5_678, learnedAt: 1_700_000_000_000 })
    peers.retire(state)
    expect([peers.size, peers.remembered]).toEqual([0, 1])
    const again = peers.open(meter)!
    expect(again).not.toBe(state)
    expect(again.takeMessageId(1_700_000_000_000)).toBe(first + 1)
    expect(again.strong).toBe(1_240)
    expect(again.timeout).toBe(5_680)
    expect(again.learnedAt).toBe(1_700_000_000_000)
    expect(peers.remembered).toBe(1)
  })

  it('keep their object while there is more to them than fits into a row', () => {
    const peers = new PeerTable(1024, seededRandom(1), createCounters())
    for (const more of [
      { outstanding: 1 },
      { echo: noBytes },
      { abandoned: 1 },
      { notified: [] },
      { bodiesWithOneToken: 1 },
    ]) {
      const state = Object.assign(peers.open(meter)!, more)
      peers.retire(state)
      expect(peers.find(meter)).toBe(state)
      Object.assign(state, {
        outstanding: 0,
        echo: undefined,
        abandoned: 0,
        notified: undefined,
        bodiesWithOneToken: 0,
      })
      peers.retire(state)
      expect(peers.find(meter)).toBeUndefined()
    }
  })

  it('are remembered up to the limit, the latest ones', () => {
    const counters = createCounters()
    const peers = new PeerTable(16, seededRandom(1), counters)
    for (let i = 0; i < 100; i++) peers.retire(peers.open(peerNumber(i))!)
    expect(peers.remembered).toBe(16)
    expect(counters.peersEvicted).toBe(84)
    expect(peers.size).toBe(0)
  })

  it('leave nothing but their row after a request', async () => {
    const wire = createWire()
    const response = wire.endpoint.request(meter, {
      code: Code.Get,
      uriPath: [],
      uriQuery: [],
      payload: noBytes,
    })
    const first = wire.take()
    wire.receive({ ...first, type: Type.Acknowledgement, code: Code.Content, options: [] })
    await response
    void wire.endpoint
      .request(meter, { code: Code.Get, uriPath: [], uriQuery: [], payload: noBytes })
      .catch(() => 0)
    expect(wire.take().messageId).toBe(first.messageId + 1)
  })
})

describe('Message IDs to one peer (RFC 7252 §4.4)', () => {
  it('are not used again within EXCHANGE_LIFETIME', () => {
    const state = new PeerTable(16, seededRandom(1), createCounters()).open(meter)!
    const usedAt = new Map<number, number>()
    let now = 1_000
    let shortest = Number.POSITIVE_INFINITY
    for (let i = 0; i < 300_000; i++) {
      now += state.messageIdWait(now, profiles.wired) + (i % 3)
      const id = state.takeMessageId(now)
      const before = usedAt.get(id)
      if (before !== undefined) shortest = Math.min(shortest, now - before)
      usedAt.set(id, now)
    }
    expect(usedAt.size).toBe(0x10000)
    expect(shortest).toBeGreaterThanOrEqual(lifetime)
  })

  it('pass over those of unacknowledged messages', () => {
    const state = new PeerTable(16, seededRandom(1), createCounters()).open(meter)!
    const busy = { messageId: (state.nextMessageId + 1) & 0xffff }
    state.addUnacknowledged(busy as never)
    const taken = [state.takeMessageId(1), state.takeMessageId(1)]
    expect(taken).not.toContain(busy.messageId)
  })

  it('that are used up make a request wait, not fail, and a non-confirmable notification be counted and refused', async () => {
    const wire = createWire()
    const once = { code: Code.Content, token: Uint8Array.of(1), payload: noBytes }
    let sent = 0
    const refused = async () =>
      wire.endpoint.notify(meter, once, { confirmable: false }).then(
        () => (sent++, false),
        () => true,
      )
    while (!(await refused())) wire.sent.length = 0
    expect(sent).toBeGreaterThanOrEqual(0x8000)
    expect(wire.endpoint.counters.messageIdsExhausted).toBe(1)
    const request = { code: Code.Get, uriPath: [], uriQuery: [], payload: noBytes }
    wire.endpoint.request(meter, request).catch(() => undefined)
    expect(wire.sent).toHaveLength(0)
    wire.clock.advance(lifetime + 200)
    expect(wire.sent).toHaveLength(1)
  })
})
