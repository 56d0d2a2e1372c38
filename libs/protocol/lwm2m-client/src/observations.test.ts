import { decode } from '@fieldline/codec'
import { observeRequest, parseSend, writeAttributesRequest } from '@fieldline/lwm2m'
import { parsePath } from '@fieldline/object-model'
import type { Node, ResourceValue } from '@fieldline/object-model'
import { beforeEach, describe, expect, test } from 'vitest'
import { Bench, definitions, serverPort } from './bench.test-support.js'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

describe('reporting', () => {
  const path = parsePath('/3424/0/1')
  const token = Uint8Array.of(9, 9)
  let notified: { value: ResourceValue; at: number; observe: number | undefined }[]

  beforeEach(() => {
    notified = []
    bench.server.onNotification((notification) => {
      const [{ value }] = decode(notification.contentFormat!, notification.payload, {
        base: path,
        definitions,
        now: bench.clock.now(),
      })
      notified.push({ value, at: bench.clock.now(), observe: notification.observe })
      return 'ack'
    })
  })

  async function observed(
    attributes: Parameters<typeof writeAttributesRequest>[1],
    continuous = false,
  ): Promise<void> {
    await bench.started({ continuous, queueMode: !continuous })
    await bench.ask(writeAttributesRequest(path, attributes))
    expect((await bench.ask(observeRequest(path), token)).observe).toBeDefined()
  }

  test('nothing is reported while nothing changes and pmax has not passed', async () => {
    await observed({ pmin: 5, pmax: 60 })
    await bench.pass(20_000)
    expect(await bench.during(bench.client.report())).toBe(0)
  })

  test('a change waits for pmin', async () => {
    await observed({ pmin: 30, pmax: 600 })
    bench.volume = 13
    expect(await bench.during(bench.client.report())).toBe(0)
    await bench.pass(30_000)
    expect(await bench.during(bench.client.report())).toBe(1)
    expect(notified.map(({ value }) => value)).toEqual([13])
  })

  test('after pmax the value is reported though it is the same', async () => {
    await observed({ pmin: 5, pmax: 60 })
    await bench.pass(61_000)
    expect(await bench.during(bench.client.report())).toBe(1)
  })

  test('st asks for a step, gt and lt for a crossing', async () => {
    await observed({ pmin: 0, st: 2 })
    bench.volume = 14
    expect(await bench.during(bench.client.report())).toBe(0)
    bench.volume = 14.5
    expect(await bench.during(bench.client.report())).toBe(1)
    await bench.ask(writeAttributesRequest(path, { st: null, gt: 20, lt: 5 }))
    bench.volume = 19
    expect(await bench.during(bench.client.report())).toBe(0)
    bench.volume = 21
    expect(await bench.during(bench.client.report())).toBe(1)
    bench.volume = 4
    expect(await bench.during(bench.client.report())).toBe(1)
  })

  test('the default periods of the Server object stand behind the attributes', async () => {
    bench.settings.period = 100
    await observed({})
    bench.volume = 13
    await bench.pass(50_000)
    expect(await bench.during(bench.client.report())).toBe(0)
    await bench.pass(51_000)
    expect(await bench.during(bench.client.report())).toBe(1)
  })

  test('a client that is always on reports by itself, with growing Observe values', async () => {
    await observed({ pmin: 2, pmax: 8 }, true)
    await bench.pass(33_000)
    expect(notified).toHaveLength(4)
    const values = notified.map(({ observe }) => observe!)
    expect([...values].sort((a, b) => a - b)).toEqual(values)
    for (const [at, { at: time }] of notified.entries())
      if (at > 0) expect(time - notified[at - 1].at).toBeLessThan(8_600)
  })

  test('a client that is always on reports by itself what pmin held back', async () => {
    await observed({ pmin: 30, pmax: 600 }, true)
    const began = bench.clock.now()
    bench.volume = 13
    expect(await bench.during(bench.client.report())).toBe(0)
    await bench.pass(32_000)
    expect(notified.map(({ value }) => value)).toEqual([13])
    expect(notified[0].at - began).toBeGreaterThan(29_000)
  })

  test('a client that was killed goes on with Observe values that it has not used', async () => {
    await observed({ pmin: 0 })
    const state = bench.client.state()
    for (const volume of [13, 14, 15]) {
      bench.volume = volume
      expect(await bench.during(bench.client.report())).toBe(1)
    }
    await bench.client.stop()
    const again = bench.makeClient({ state })
    await again.wake()
    await bench.during(again.contact())
    bench.volume = 16
    expect(await bench.during(again.report())).toBe(1)
    const values = notified.map(({ observe }) => observe!)
    expect(notified.map(({ value }) => value)).toEqual([13, 14, 15, 16])
    expect(values[3]).toBeGreaterThan(Math.max(...values.slice(0, 3)))
  })

  test('what was acknowledged is told with its values', async () => {
    await observed({ pmin: 0 })
    bench.volume = 15
    await bench.during(bench.client.report())
    expect(bench.delivered).toMatchObject([{ how: 'notify', path: '/3424/0/1', nodes: [{ value: 15 }] }])
  })

  test('a reset ends the observation', async () => {
    await observed({ pmin: 0 })
    bench.server.onNotification(() => 'reset')
    bench.volume = 15
    await bench.during(bench.client.report())
    expect(bench.client.observed).toBe(0)
    expect(bench.delivered).toEqual([])
  })

  test('what was not acknowledged is reported again at the next occasion', async () => {
    await observed({ pmin: 0 })
    bench.volume = 15
    bench.network.cut(serverPort, true)
    expect(await bench.during(bench.client.report(), 100_000)).toBe(0)
    bench.network.cut(serverPort, false)
    expect(await bench.during(bench.client.report())).toBe(1)
    expect(notified.at(-1)?.value).toBe(15)
  })

  test('an observation ends with a GET of Observe 1', async () => {
    await observed({ pmin: 0 })
    await bench.ask({ ...observeRequest(path), observe: 1 }, token)
    expect(bench.client.observed).toBe(0)
  })

  test('a new registration begins without observations', async () => {
    await observed({ pmin: 0 })
    bench.registrations.clear()
    await bench.during(bench.client.contact())
    expect(bench.client.observed).toBe(0)
  })

  test('a Send carries values with their times', async () => {
    await bench.started()
    const time = bench.clock.now() - 60_000
    const nodes: Node[] = [
      { path, type: 'float', value: 12, time },
      { path, type: 'float', value: 12.5, time: time + 30_000 },
    ]
    expect(await bench.during(bench.client.send(nodes))).toBe('acknowledged')
    const { payload, contentFormat } = bench.uplinks.at(-1)!
    const got = parseSend(payload, contentFormat, { definitions, now: bench.clock.now() })
    expect(got.map((node) => [node.value, node.time])).toEqual([
      [12, time],
      [12.5, time + 30_000],
    ])
    expect(bench.delivered).toHaveLength(1)
  })
})
