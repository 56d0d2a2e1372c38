import { Code, seededRandom, toHex } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { LatestByToken } from './latest-by-token.js'
import { Type, noBytes } from './message.js'
import { NotificationOrder } from './notification-order.js'
import type { Notification } from './observe.js'
import type { LatestNotification, NotificationOptions } from './port.js'
import { createWire, meter, option } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const token = Uint8Array.of(1, 2, 3, 4)

/** A notification with an Observe value of three bytes. */
function notify(wire: Wire, messageId: number, observe: number | undefined, fields = {}): void {
  const value = observe === undefined ? [] : [option(6, [observe >> 16, (observe >> 8) & 255, observe & 255])]
  wire.receive({
    code: Code.Content,
    messageId,
    token,
    options: value,
    payload: Uint8Array.of(messageId),
    ...fields,
  })
}

function observing(options?: NotificationOptions): { wire: Wire; seen: Notification[] } {
  const wire = createWire()
  const seen: Notification[] = []
  wire.endpoint.onNotification((notification) => (seen.push(notification), 'ack'), undefined, options)
  return { wire, seen }
}
const ids = (seen: Notification[]) => seen.map(({ payload }) => payload[0])

describe('a notification that was overtaken (RFC 7641 §3.4)', () => {
  it('is acknowledged and not handed over', () => {
    const { wire, seen } = observing()
    for (const [messageId, observe] of [
      [1, 10],
      [2, 12],
      [3, 11],
      [4, 13],
    ]) {
      notify(wire, messageId, observe)
      expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, messageId })
    }
    expect(ids(seen)).toEqual([1, 2, 4])
    expect(wire.endpoint.counters).toMatchObject({ staleNotifications: 1, notifications: 3 })
  })

  it('is handed over and marked for who wants it', () => {
    const { wire, seen } = observing({ stale: 'deliver' })
    notify(wire, 1, 12)
    notify(wire, 2, 11)
    expect(seen.map(({ stale }) => stale)).toEqual([false, true])
  })

  it('is told by the 24-bit counter across its end, and by time after 128 s', () => {
    const { wire, seen } = observing()
    notify(wire, 1, 0xffffff)
    notify(wire, 2, 3)
    notify(wire, 3, 0xfffffe)
    expect(ids(seen)).toEqual([1, 2])
    wire.clock.advance(128_200)
    notify(wire, 4, 1)
    expect(ids(seen)).toEqual([1, 2, 4])
  })

  it('is also one that is older than the answer which began the observation', async () => {
    const { wire, seen } = observing()
    const request = { code: Code.Get, uriPath: ['3'], uriQuery: [], observe: 0, payload: noBytes }
    const response = wire.endpoint.request(meter, request, { token })
    const { messageId } = wire.take()
    notify(wire, messageId, 20, { type: Type.Acknowledgement })
    await response
    notify(wire, 70, 19)
    notify(wire, 71, 21)
    expect(ids(seen)).toEqual([71])
  })

  it('is not one with the same value: a device that does not count loses nothing', () => {
    const { wire, seen } = observing()
    notify(wire, 1, 5)
    notify(wire, 2, 5)
    expect(ids(seen)).toEqual([1, 2])
  })

  it('is not one whose newer one could not be handled', async () => {
    const wire = createWire()
    const seen: number[] = []
    wire.endpoint.onNotification(({ payload }) => {
      if (payload[0] === 2 && !seen.includes(2)) {
        seen.push(2)
        return Promise.reject(new Error('not stored'))
      }
      seen.push(payload[0])
      return 'ack'
    })
    notify(wire, 1, 10)
    notify(wire, 2, 12)
    await wire.settle()
    notify(wire, 3, 11)
    notify(wire, 2, 12)
    expect(seen).toEqual([1, 2, 3, 2])
  })

  it('has no place in an observation that has ended, by an error, a reset or a cancellation', async () => {
    const { wire, seen } = observing()
    const end = async (how: () => unknown, messageId: number) => {
      notify(wire, messageId, 100)
      await how()
      notify(wire, messageId + 1, 50)
      expect(ids(seen).at(-1)).toBe(messageId + 1)
      wire.clock.advance(300_000)
    }
    await end(() => notify(wire, 90, undefined, { code: Code.NotFound }), 10)
    await end(async () => {
      const request = { code: Code.Get, uriPath: ['3'], uriQuery: [], observe: 1, payload: noBytes }
      const response = wire.endpoint.request(meter, request, { token })
      const { messageId } = wire.sent.at(-1)!.message
      notify(wire, messageId, undefined, { type: Type.Acknowledgement })
      await response
    }, 20)
  })
})

describe('the order of notifications', () => {
  it('is kept where the caller keeps it', () => {
    const kept = new Map<string, LatestNotification>()
    const { wire, seen } = observing({
      latest: {
        latest: (of) => kept.get(toHex(of)),
        remember: (of, observe, atMs) => void kept.set(toHex(of), { observe, atMs }),
        forget: (of) => void kept.delete(toHex(of)),
      },
    })
    for (const [messageId, observe] of [
      [1, 10],
      [2, 12],
      [3, 11],
    ])
      notify(wire, messageId, observe)
    expect(ids(seen)).toEqual([1, 2])
    expect([...kept]).toMatchObject([['01020304', { observe: 12 }]])
    kept.clear()
    notify(wire, 4, 3)
    notify(wire, 5, undefined)
    expect(ids(seen)).toEqual([1, 2, 4, 5])
    expect(kept.size).toBe(0)
  })

  it('is known for as many observations as the limit, the latest ones', () => {
    let evicted = 0
    const latest = new LatestByToken(16, seededRandom(1), () => evicted++)
    const order = new NotificationOrder(latest)
    const name = (i: number) => Uint8Array.of(i >> 8, i)
    for (let i = 0; i < 100; i++) expect(order.admit(name(i), 10, 0)).toBeDefined()
    expect([latest.size, evicted]).toEqual([16, 84])
    for (let i = 84; i < 100; i++) expect(order.admit(name(i), 9, 0)).toBeUndefined()
    expect(order.admit(name(3), 9, 0)).toBeDefined()
  })

  it('behaves as a plain map does', () => {
    const latest = new LatestByToken(1024, seededRandom(2), () => undefined)
    const order = new NotificationOrder(latest)
    const plain = new Map<number, number>()
    const random = seededRandom(3)
    for (let i = 0; i < 20_000; i++) {
      const key = Math.floor(random.unit() * 300)
      const bytes = Uint8Array.of(key >> 8, key)
      if (random.unit() < 0.1) {
        order.forget(bytes)
        plain.delete(key)
      } else {
        const value = Math.floor(random.unit() * 1000)
        const newer = !(plain.get(key)! > value)
        expect(order.admit(bytes, value, 0) !== undefined).toBe(newer)
        if (newer) plain.set(key, value)
      }
      expect(latest.size).toBe(plain.size)
    }
  })
})
