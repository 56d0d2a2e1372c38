import { ManualClock, seededRandom } from '@fieldline/bytes'
import type { Peer } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { parsePath } from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LiveRegistration } from './live-registration.js'
import type { Registration } from './ports.js'
import { changed, changes, memoryInUse, names, peers, registrationOf } from './registrations.test-support.js'
import { Registry } from './registry.js'
import { nameOf } from './same-client.js'

type Mutable = { -readonly [Name in keyof Registration]: Registration[Name] }

/** The same in plain objects and maps. */
class Plain {
  readonly all: Mutable[] = []
  readonly #byLocation = new Map<string, Mutable>()
  readonly #byEndpoint = new Map<string, Mutable>()
  readonly #byDevice = new Map<string, Mutable>()
  readonly #byClient = new Map<string, Mutable>()

  add(registration: Mutable): void {
    const before = this.#byEndpoint.get(registration.endpoint)
    if (before) this.remove(before)
    this.all.push(registration)
    this.#byLocation.set(registration.location, registration)
    this.#byEndpoint.set(registration.endpoint, registration)
    this.#byDevice.set(registration.deviceId, registration)
    this.#byClient.set(nameOf(registration.peer), registration)
  }

  remove(registration: Mutable): void {
    this.all.splice(this.all.indexOf(registration), 1)
    const maps: [Map<string, Mutable>, string][] = [
      [this.#byLocation, registration.location],
      [this.#byEndpoint, registration.endpoint],
      [this.#byDevice, registration.deviceId],
      [this.#byClient, nameOf(registration.peer)],
    ]
    for (const [map, key] of maps) if (map.get(key) === registration) map.delete(key)
  }

  move(registration: Mutable, peer: Peer): void {
    const name = nameOf(registration.peer)
    if (this.#byClient.get(name) === registration) this.#byClient.delete(name)
    registration.peer = peer
    this.#byClient.set(nameOf(peer), registration)
  }

  found({ location, endpoint, deviceId, peer }: Registration): (Registration | undefined)[] {
    return [
      this.#byLocation.get(location),
      this.#byEndpoint.get(endpoint),
      this.#byDevice.get(deviceId),
      this.#byClient.get(nameOf(peer)),
    ]
  }
}

function found(registry: Registry, { location, endpoint, deviceId, peer }: Registration): unknown[] {
  return [
    registry.byLocation(location),
    registry.byEndpoint(endpoint),
    registry.byDevice(deviceId),
    registry.byClient(peer),
  ].map((registration) => registration?.values())
}

const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'update', 'move', 'remove', 'wait'),
  at: fc.nat(),
  name: fc.nat({ max: 5 }),
  other: fc.nat({ max: 5 }),
  peer: peers,
  change: changes,
})

describe('the registry', () => {
  it('is what plain objects in maps would be, whatever comes and goes, and who holds one sees it live and after its end', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(names, { minLength: 6, maxLength: 6 }),
        fc.array(step, { maxLength: 100, size: 'max' }),
        (pool, steps) => {
          const clock = new ManualClock(Date.UTC(2026, 0, 1))
          const expired: unknown[] = []
          const registry = new Registry(clock, seededRandom(7), (over) => expired.push(over.values()))
          const plain = new Plain()
          const held: { view: LiveRegistration; values: Mutable }[] = []
          const due: unknown[] = []
          for (const [n, { kind, at, name, other, peer, change }] of steps.entries()) {
            const now = clock.now()
            const values = plain.all[at % plain.all.length]
            const view = held.find((one) => one.values === values)?.view
            if (kind === 'add') {
              const added = registrationOf({
                endpoint: pool[name],
                deviceId: pool[other],
                location: other === 0 ? pool[name] : `location-${n}`,
                peer,
                registeredAt: now,
                awakeUntil: now + n,
                ...changed(now, change),
              })
              plain.add(added as Mutable)
              held.push({ view: registry.add({ ...added }), values: added as Mutable })
            } else if (kind === 'wait') {
              clock.advance(1_000)
              for (const over of [...plain.all])
                if (over.expiresAt <= clock.now()) {
                  plain.remove(over)
                  due.push(over)
                }
            } else if (values && view) {
              if (kind === 'remove') {
                plain.remove(values)
                registry.remove(view)
              } else if (kind === 'move') {
                expect(view.isAt(peer)).toBe(values.peer.id === peer.id)
                plain.move(values, peer)
                view.moved(peer)
              } else {
                const { updatedAt, expiresAt, ...terms } = changed(now, change)
                Object.assign(values, terms, { updatedAt, expiresAt, awakeUntil: now + 5 })
                view.change(terms)
                view.updated(updatedAt, expiresAt)
                view.awakeUntil = now + 5
              }
            }
          }
          expect(registry.size).toBe(plain.all.length)
          expect(expired).toHaveLength(due.length)
          expect(expired).toEqual(expect.arrayContaining(due))
          for (const { view, values } of held) {
            expect(view.isLive).toBe(plain.all.includes(values))
            expect(view.values()).toEqual(values)
            expect(view.identity).toBe(values.peer.identity)
            expect(view.isAt(values.peer)).toBe(true)
            expect(found(registry, values)).toEqual(plain.found(values))
          }
        },
      ),
    )
  })

  it('keeps the object of a peer that has proved who it is', () => {
    const registry = new Registry(new ManualClock(), seededRandom(7), () => {})
    const peer: Peer = { id: 'dtls:1', address: '192.0.2.1', port: 5683, identity: 'psk:1' }
    expect(registry.add(registrationOf({ peer })).peer).toBe(peer)
    expect(registry.byClient({ ...peer, id: 'dtls:2' })?.peer).toBe(peer)
    expect(registry.byClient(peerOf('192.0.2.1', 5683))).toBeUndefined()
  })

  it('takes a proof that looks like an address for no address', () => {
    const registry = new Registry(new ManualClock(), seededRandom(7), () => {})
    const plain = registry.add(registrationOf())
    const peer: Peer = { id: 'dtls:1', address: '192.0.2.9', port: 1, identity: '192.0.2.1:5683' }
    expect(registry.byClient(peer)).toBeUndefined()
    registry.add(registrationOf({ endpoint: 'other', deviceId: 'device-2', location: 'l', peer }))
    expect(registry.byClient(plain.peer)?.deviceId).toBe('device-1')
    expect(registry.byClient(peer)?.deviceId).toBe('device-2')
  })
})

describe('a registration that somebody holds', () => {
  const start = Date.UTC(2026, 0, 1)

  it('stays readable after its end, whoever has its row since and however many have ended', () => {
    const clock = new ManualClock(start)
    const registry = new Registry(clock, seededRandom(7), () => {})
    const held: [LiveRegistration, Registration][] = []
    for (let i = 0; i < 500; i++) {
      const values = registrationOf({ location: `location-${i}`, updatedAt: start + i })
      const view = registry.add(values)
      held.push([view, values], [registry.byEndpoint(values.endpoint)!, values])
      if (i % 50 === 0) clock.advance(1_000)
    }
    expect(registry.size).toBe(1)
    for (const [view, values] of held) {
      expect(view.isLive).toBe(values.location === 'location-499')
      expect(view.values()).toEqual(values)
    }
  })

  it('is kept no longer than somebody holds it', () => {
    const registry = new Registry(new ManualClock(start), seededRandom(7), () => {})
    const churn = (from: number): void => {
      for (let i = from; i < from + 5_000; i++) {
        const identity = `${i}`.padEnd(1_000)
        registry.add(registrationOf({ peer: { id: `${i}`, address: '', port: 0, identity } }))
      }
    }
    churn(0)
    const before = memoryInUse()
    let held: LiveRegistration | undefined = registry.byDevice('device-1')
    churn(5_000)
    expect(memoryInUse() - before).toBeGreaterThan(5 * 2 ** 20)
    expect(held?.identity).toBe('4999'.padEnd(1_000))
    held = undefined
    expect(memoryInUse() - before).toBeLessThan(2 ** 20)
  })

  it('is not changed after its end, nor is who has its row', () => {
    const registry = new Registry(new ManualClock(start), seededRandom(7), () => {})
    const values = registrationOf()
    const view = registry.add(values)
    registry.remove(view)
    const next = registrationOf({ endpoint: 'other' })
    const other = registry.add(next)
    view.change({ binding: 'UQ', lifetime: 5 })
    view.updated(1, 2)
    view.moved(peerOf('192.0.2.7', 1))
    view.awakeUntil = 3
    registry.remove(view)
    expect(view.values()).toEqual(values)
    expect(other.values()).toEqual(next)
    expect(other.isLive).toBe(true)
  })

  it.each([
    ['ends within a second after its lifetime of 60 s', 60, 61_000],
    ['does not end with a lifetime of 0', 0, 10 * 365 * 86_400_000],
    ['does not end in ten years with a lifetime of 2^32 - 1 s', 2 ** 32 - 1, 10 * 365 * 86_400_000],
  ])('%s', (_what, lifetime, later) => {
    let now = start
    const due: (() => void)[] = []
    const clock = {
      now: () => now,
      after: (_ms: number, run: () => void) => ({ cancel() {}, at: due.push(run) }),
    }
    const expired: string[] = []
    const registry = new Registry(clock, seededRandom(7), ({ deviceId }) => expired.push(deviceId))
    const end = lifetime === 0 ? Number.POSITIVE_INFINITY : start + lifetime * 1_000
    const view = registry.add(registrationOf({ lifetime, expiresAt: end }))
    expect([view.lifetime, view.expiresAt]).toEqual([lifetime, end])
    now += later
    due.pop()?.()
    expect(expired).toEqual(lifetime === 60 ? ['device-1'] : [])
  })

  it('takes its observations with it', () => {
    const registry = new Registry(new ManualClock(start), seededRandom(7), () => {})
    const observe = (deviceId: string, number: number): Uint8Array => {
      const token = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, number)
      const path = parsePath(`/3/0/${number}`)
      registry.observations.add({ token, deviceId, organisationId: 'o', path, origin: 'plan' })
      return token
    }
    registry.add(registrationOf())
    registry.add(registrationOf({ endpoint: 'other', deviceId: 'device-2', location: 'l' }))
    const tokens = [observe('device-1', 1), observe('device-1', 2), observe('device-2', 3)]
    const again = registry.add(registrationOf({ location: 'again' }))
    expect(tokens.map((token) => registry.observations.byToken(token)?.deviceId)).toEqual([
      undefined,
      undefined,
      'device-2',
    ])
    observe('device-1', 4)
    registry.remove(again)
    expect(registry.observations.size).toBe(1)
  })
})
