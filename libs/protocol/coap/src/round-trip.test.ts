import { Code, seededRandom } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import { exchangeLifetime, maxTransmitSpan, maxTransmitWait, profiles } from './profile.js'
import type { TransmissionProfile } from './profile.js'
import { learn, timeoutOf } from './round-trip.js'
import type { RoundTrip } from './round-trip.js'
import { createWire, meter, otherMeter } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const read = { code: Code.Get, uriPath: ['3', '0'], uriQuery: [], payload: noBytes }
const unknown = (): RoundTrip => ({
  strong: 0,
  strongVariation: 0,
  weak: 0,
  weakVariation: 0,
  timeout: 0,
  learnedAt: 0,
})

/** One exchange whose acknowledgement comes after `rttMs`; answers how often it was retransmitted. */
async function exchange(wire: Wire, rttMs: number, peer = meter): Promise<number> {
  const before = wire.endpoint.counters.retransmissions
  const response = wire.endpoint.request(peer, read)
  const { messageId, token } = wire.take()
  wire.clock.advance(rttMs)
  wire.sent.length = 0
  wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token }, peer)
  await response
  return wire.endpoint.counters.retransmissions - before
}

describe('a fitting profile', () => {
  it('makes no spurious retransmission at round trips of 12 s under nb-iot', async () => {
    const wire = createWire({ profile: profiles['nb-iot'] })
    for (let i = 0; i < 200; i++) expect(await exchange(wire, 12_000)).toBe(0)
  })

  it('makes none where they are anything from 2 to 12 s, whatever was learned', async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const wire = createWire({ profile: profiles['nb-iot'], seed })
      const random = seededRandom(seed)
      for (let i = 0; i < 200; i++) expect(await exchange(wire, 2_000 + random.unit() * 10_000)).toBe(0)
    }
  })

  it('may be another for each peer and each request', () => {
    const wire = createWire({ profileOf: (peer) => (peer.id === meter.id ? profiles['nb-iot'] : undefined) })
    for (const peer of [meter, otherMeter]) wire.endpoint.request(peer, read).catch(() => undefined)
    void wire.endpoint
      .request({ ...meter, id: 'third' }, read, { profile: profiles['nb-iot-deep'] })
      .catch(() => undefined)
    wire.sent.length = 0
    wire.clock.advance(14_900)
    expect(new Set(wire.sent.map(({ peer }) => peer.id))).toEqual(new Set([otherMeter.id]))
    wire.clock.advance(7_700)
    expect(wire.sent.some(({ peer }) => peer.id === meter.id)).toBe(true)
    expect(wire.sent.some(({ peer }) => peer.id === 'third')).toBe(false)
  })
})

describe('learned round trips', () => {
  it('end the spurious retransmissions of a profile that is too hasty', async () => {
    const wire = createWire()
    let last = 0
    for (let i = 0; i < 30; i++) last = await exchange(wire, 12_000)
    expect(wire.endpoint.counters.retransmissions).toBeGreaterThan(0)
    expect(last).toBe(0)
    expect(await exchange(wire, 100, otherMeter)).toBe(0)
  })

  it('never make the first retransmission come sooner than the profile says', async () => {
    for (const profile of Object.values(profiles)) {
      const wire = createWire({ profile })
      for (let i = 0; i < 20; i++) await exchange(wire, 5)
      expect(await exchange(wire, profile.ackTimeoutMs - 100)).toBe(0)
    }
  })

  it('stretch the intervals, but neither the span of retransmissions nor the time to giving up', async () => {
    const wire = createWire()
    for (let i = 0; i < 30; i++) await exchange(wire, 20_000)
    const start = wire.clock.now()
    let failed = 0
    wire.endpoint.request(meter, read).catch(() => (failed = wire.clock.now() - start))
    let last = 0
    for (let at = 0; at < 120_000; at += 100) {
      if (wire.sent.length > 0) last = at
      wire.sent.length = 0
      wire.clock.advance(100)
      await wire.settle()
    }
    expect(last).toBeLessThanOrEqual(maxTransmitSpan(profiles.wired) + 100)
    expect(failed).toBeGreaterThan(80_000)
    expect(failed).toBeLessThanOrEqual(maxTransmitWait(profiles.wired) + 200)
  })

  it('take a sample without a retransmission at its word, one with a retransmission half, others not at all', () => {
    const strong = unknown()
    learn(strong, 10_000, 0, profiles.wired, 0)
    // RFC 6298 §2.2: 10 s and four times 5 s; half of it, and half of the 2 s before
    expect(strong.timeout).toBe(16_000)
    const weak = unknown()
    learn(weak, 10_000, 1, profiles.wired, 0)
    expect(weak.timeout).toBe(Math.round(0.25 * 15_000 + 0.75 * 2_000))
    const none = unknown()
    learn(none, 10_000, 3, profiles.wired, 0)
    learn(none, -5, 0, profiles.wired, 0)
    expect(none).toEqual(unknown())
  })

  it('follow a steady round trip, are bounded, and lose their weight with time', () => {
    const trip = unknown()
    for (let i = 0; i < 100; i++) learn(trip, 8_000, 0, profiles.wired, i)
    expect(timeoutOf(trip, profiles.wired, 100)).toBeGreaterThanOrEqual(8_000)
    expect(timeoutOf(trip, profiles.wired, 100)).toBeLessThan(9_000)
    expect(timeoutOf(trip, profiles.wired, 100 + 4 * 9_000)).toBeLessThan(5_500)
    expect(timeoutOf(trip, profiles.wired, 86_400_000)).toBe(2_000)
    expect(timeoutOf(trip, profiles['nb-iot'], 100)).toBe(15_000)
    for (let i = 0; i < 50; i++) learn(trip, 300_000, 0, profiles['nb-iot-deep'], i)
    expect(trip.timeout).toBe(60_000)
  })
})

describe('the times of each profile (RFC 7252 §4.8.2)', () => {
  const cases: [TransmissionProfile, number, number, number][] = [
    [profiles.wired, 45_000, 93_000, 247_000],
    [profiles['lte-m'], 135_000, 279_000, 341_000],
    [profiles['nb-iot'], 337_500, 697_500, 552_500],
    [profiles['nb-iot-deep'], 315_000, 675_000, 545_000],
  ]
  for (const [profile, span, wait, lifetime] of cases) {
    it(`follow from ACK_TIMEOUT: ${profile.name}`, () => {
      expect([maxTransmitSpan(profile), maxTransmitWait(profile), exchangeLifetime(profile)]).toEqual([
        span,
        wait,
        lifetime,
      ])
    })
  }
})
