import { describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import { NoAnswer, noBytes } from '@fieldline/coap'
import type { CoapResponse } from '@fieldline/coap'
import { peerOf } from '@fieldline/transport'
import { createBench } from './bench.test-support.js'

const text = (value: string): CoapResponse => ({
  code: Code.Content,
  contentFormat: 0,
  payload: new TextEncoder().encode(value),
})
const battery = { objectId: 3, instanceId: 0, resourceId: 9 }
const server = peerOf('127.0.0.1', 5683)

describe('registration', () => {
  it('answers a Register with a location that an Update and a De-register then use', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    const location = await device.register('meter-1')
    expect(location).toMatch(/^rd\/[\w-]{8,}$/)
    await expect(device.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.Changed })
    await expect(device.request(Code.Delete, `/${location}`)).resolves.toMatchObject({ code: Code.Deleted })
    await expect(device.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.NotFound })
    expect(bench.happened).toEqual(['meter-1 deregistered'])
  })

  it('lets a registration lapse when its lifetime ends, and not before', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    const location = await device.register('meter-1')
    await bench.pass(50_000)
    await expect(device.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.Changed })
    await bench.pass(58_000)
    expect(bench.happened).toEqual([])
    await bench.pass(4_000)
    expect(bench.happened).toEqual(['meter-1 expired'])
    await expect(device.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.NotFound })
  })

  it('refuses an endpoint that the store does not admit with 4.03', async () => {
    const bench = await createBench()
    bench.admit = false
    const response = await bench
      .device(40001)
      .request(Code.Post, '/rd', ['ep=stranger', 'lt=60', 'lwm2m=1.1', 'b=U'], '</3/0>', 40)
    expect(response.code).toBe(Code.Forbidden)
  })

  it('reads version 1.0.0 as 1.0 and counts it', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.request(Code.Post, '/rd', ['ep=odd', 'lt=60', 'lwm2m=1.0.0'], '</3/0>', 40)
    expect([...bench.registrations.values()][0]?.version).toBe('1.0')
    expect(bench.server.counters().oddVersion).toBe(1)
  })

  it('replaces the first of two clients with one name, and says so with both addresses', async () => {
    const bench = await createBench()
    const first = bench.device(40001)
    const second = bench.device(40002)
    const location = await first.register('twin')
    await second.register('twin')
    expect(bench.happened).toEqual(['conflict 127.0.0.1:40001 127.0.0.1:40002'])
    await expect(first.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.NotFound })
    expect(bench.happened).toHaveLength(2)
    expect([...bench.registrations.values()].map(({ peer }) => peer.port)).toEqual([40002])
  })

  it('says nothing of a conflict when the same client registers again', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.register('meter-1')
    await device.register('meter-1')
    expect(bench.happened).toEqual([])
  })

  it('leaves a Register unanswered while it cannot be stored', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    bench.registrations.set = () => {
      throw new Error('the database is away')
    }
    await expect(device.register('meter-1')).rejects.toThrow('no answer in a second')
  })
})

describe('an Update that changes something', () => {
  it('is not answered until it is stored, also when it comes a second time', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    const location = await device.register('meter-1')
    let failures = 1
    bench.sink = async () => {
      if (failures-- > 0) throw new Error('the database is away')
    }
    const update = device.endpoint.request(server, {
      code: Code.Post,
      uriPath: location.split('/'),
      uriQuery: ['lt=120'],
      payload: noBytes,
    })
    await bench.pass(10_000)
    await expect(update).resolves.toMatchObject({ code: Code.Changed })
    expect(bench.happened).toEqual(['meter-1 changed lifetime'])
    await bench.pass(100_000)
    expect(bench.happened).toHaveLength(1)
  })
})

describe('a device that is known no more', () => {
  it('is answered 4.04 at its next Update', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    const location = await device.register('meter-1')
    bench.server.forget(['device-1'])
    await expect(device.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.NotFound })
  })
})

describe('downlink', () => {
  it('holds a request for a sleeping client and sends it within 100 ms of the answer to its next Update', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => text('meter'))
    const location = await device.register('sleeper', ['Q'])
    await bench.pass(20_000)
    bench.queue('device-1', {})
    await bench.pass(5_000)
    expect(device.asked).toEqual([])
    await device.request(Code.Post, `/${location}`)
    const answeredAt = bench.clock.now()
    await bench.pass(100)
    expect(device.asked).toEqual(['GET /3/0/0'])
    expect((bench.operations[0]?.sentAt ?? 0) - answeredAt).toBeLessThan(100)
    expect(bench.operations[0]?.outcome).toMatchObject({ type: 'answered', code: '2.05' })
    expect(bench.reports[0]?.nodes).toMatchObject([{ type: 'string', value: 'meter' }])
  })

  it('sends at once to a client without Queue Mode, one request at a time', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => text('meter'))
    await device.register('mains')
    bench.queue('device-1', {})
    bench.queue('device-1', { kind: 'execute', path: { objectId: 3, instanceId: 0, resourceId: 4 } })
    await bench.pass(200)
    expect(device.asked).toEqual(['GET /3/0/0', 'POST /3/0/4'])
  })

  it('writes in the next content format after 4.06, 4.15 or 5.00, and in no other after any other refusal', async () => {
    for (const refusal of [Code.NotAcceptable, Code.UnsupportedContentFormat, Code.InternalServerError]) {
      const bench = await createBench()
      let writes = 0
      const device = bench.device(40001, () => ({
        code: ++writes === 1 ? refusal : Code.Changed,
        payload: noBytes,
      }))
      await device.register('mains')
      const path = { objectId: 1, instanceId: 0, resourceId: 3 }
      bench.queue('device-1', { kind: 'write', path, nodes: [{ path, type: 'integer', value: 60 }] })
      await bench.pass(500)
      expect(device.asked).toEqual(['PUT /1/0/3', 'PUT /1/0/3'])
      expect(bench.operations[0]?.outcome).toMatchObject({ code: '2.04' })
    }
    const bench = await createBench()
    const device = bench.device(40001, () => ({ code: Code.MethodNotAllowed, payload: noBytes }))
    await device.register('mains')
    const path = { objectId: 1, instanceId: 0, resourceId: 3 }
    bench.queue('device-1', { kind: 'write', path, nodes: [{ path, type: 'integer', value: 60 }] })
    await bench.pass(500)
    expect(device.asked).toEqual(['PUT /1/0/3'])
  })

  it('never sends an execute again that was not answered', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => undefined)
    const location = await device.register('deaf', ['Q'])
    bench.queue('device-1', { kind: 'execute', path: { objectId: 3, instanceId: 0, resourceId: 4 } })
    await bench.pass(50_000)
    await device.request(Code.Post, `/${location}`)
    await bench.pass(60_000)
    await device.request(Code.Post, `/${location}`).catch(() => {})
    await bench.pass(60_000)
    expect(device.asked.filter((asked) => asked.startsWith('POST'))).toHaveLength(1)
    expect(bench.operations[0]?.outcome).toMatchObject({ type: 'no-answer' })
  })

  it('does not ask a device without Queue Mode again at once when it refuses to speak', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => {
      throw new NoAnswer()
    })
    await device.register('mains')
    bench.queue('device-1', {})
    const row = bench.operations[0]
    for (let i = 0; i < 100; i++) {
      await bench.pass(1_000)
      // what a store does with a read that was not answered
      if (row?.outcome) Object.assign(row, { state: 'queued', outcome: undefined })
    }
    expect(device.asked.length).toBeGreaterThan(1)
    expect(device.asked.length).toBeLessThan(12)
  })

  it('asks in the format of the first answer from then on, and falls back on 4.06', async () => {
    const bench = await createBench()
    const device = bench.device(40001, (request) => {
      if (request.accept === undefined)
        return { code: Code.Content, contentFormat: 11542, payload: new Uint8Array([0xc0 | 1, 9, 64]) }
      return request.accept === 11542 ? { code: Code.NotAcceptable, payload: noBytes } : text('64')
    })
    await device.register('tlv')
    bench.queue('device-1', { path: battery })
    await bench.pass(100)
    bench.queue('device-1', { path: battery })
    await bench.pass(100)
    expect(device.asked).toEqual(['GET /3/0/9', 'GET /3/0/9 accept 11542', 'GET /3/0/9'])
    expect(bench.happened).toEqual(['learned 11542'])
  })
})

describe('reporting', () => {
  const plan = { reads: [], observations: [{ path: battery, pmin: 1, pmax: 60 }] }
  const observing = (request: { observe?: number }): CoapResponse =>
    request.observe === 0 ? { ...text('80'), observe: 1 } : { code: Code.Changed, payload: noBytes }
  const notification = (token: Uint8Array, value: string, observe: number) => ({
    ...text(value),
    token,
    observe,
  })

  it('applies the plan after a Register and acknowledges a notification once it is stored', async () => {
    const bench = await createBench(plan)
    const device = bench.device(40001, observing)
    await device.register('meter-1')
    await bench.pass(100)
    expect(device.asked).toEqual(['PUT /3/0/9?pmin=1&pmax=60', 'GET /3/0/9 observe 0'])
    expect(bench.observations).toHaveLength(1)

    let stored: () => void = () => {}
    bench.sink = () => new Promise((resolve) => (stored = resolve))
    let result: string | undefined
    void device.endpoint
      .notify(server, notification(device.tokens.get('/3/0/9') as Uint8Array, '79', 2), { confirmable: true })
      .then((how) => (result = how))
    await bench.pass(1_500)
    expect(result).toBeUndefined()
    stored()
    await bench.pass(50)
    expect(result).toBe('acknowledged')
    expect(bench.reports.map(({ nodes }) => nodes[0]?.value)).toEqual([80, 79])
  })

  it('stores a notification once that had to be sent twice, and takes it anew where storing failed', async () => {
    const bench = await createBench(plan)
    const device = bench.device(40001, observing)
    await device.register('meter-1')
    await bench.pass(100)
    let failures = 1
    bench.sink = async () => {
      if (failures-- > 0) throw new Error('the database is away')
    }
    let result: string | undefined
    void device.endpoint
      .notify(server, notification(device.tokens.get('/3/0/9') as Uint8Array, '79', 2), { confirmable: true })
      .then((how) => (result = how))
    await bench.pass(8_000)
    expect(result).toBe('acknowledged')
    expect(bench.reports.map(({ nodes }) => nodes[0]?.value)).toEqual([80, 79])
  })

  it('goes on with an observation when the device refuses to begin it again', async () => {
    const bench = await createBench(plan)
    let refuses = false
    const device = bench.device(40001, (request) =>
      refuses ? { code: Code.MethodNotAllowed, payload: noBytes } : observing(request),
    )
    await device.register('meter-1')
    await bench.pass(100)
    const token = device.tokens.get('/3/0/9') as Uint8Array
    refuses = true
    bench.queue('device-1', { kind: 'observe', path: battery })
    await bench.pass(100)
    expect(bench.operations[0]?.outcome).toMatchObject({ code: '4.05' })
    let result: string | undefined
    void device.endpoint
      .notify(server, notification(token, '79', 2), { confirmable: true })
      .then((how) => (result = how))
    await bench.pass(100)
    expect(result).toBe('acknowledged')
    expect(bench.reports.map(({ nodes }) => nodes[0]?.value)).toEqual([80, 79])
  })

  it('goes on with observations of an earlier process', async () => {
    const earlier = await createBench(plan)
    const before = earlier.device(40001, observing)
    await before.register('meter-1')
    await earlier.pass(100)
    const bench = await createBench(plan, earlier)
    const device = bench.device(40001, observing)
    await bench.pass(100)
    expect(device.asked).toEqual([])
    let result: string | undefined
    void device.endpoint
      .notify(server, notification(before.tokens.get('/3/0/9') as Uint8Array, '78', 9), { confirmable: true })
      .then((how) => (result = how))
    await bench.pass(100)
    expect(result).toBe('acknowledged')
    expect(bench.reports[0]?.nodes).toMatchObject([{ value: 78 }])
  })

  it('does not end an observation because its client reports from another address before its Update', async () => {
    const earlier = await createBench(plan)
    const before = earlier.device(40001, observing)
    const location = await before.register('meter-1')
    await earlier.pass(100)
    for (const [id, registration] of earlier.registrations) {
      const peer = { ...registration.peer, id: '10.0.0.9:40001', address: '10.0.0.9' }
      earlier.registrations.set(id, { ...registration, peer })
    }
    const bench = await createBench(plan, earlier)
    const device = bench.device(40001, observing)
    const report = (value: string, confirmable: boolean) =>
      device.endpoint.notify(
        server,
        notification(before.tokens.get('/3/0/9') as Uint8Array, value, Number(value)),
        { confirmable },
      )
    await report('78', false)
    await bench.pass(1_000)
    expect(bench.reports).toEqual([])
    await device.request(Code.Post, `/${location}`)
    let result: string | undefined
    void report('79', true).then((how) => (result = how))
    await bench.pass(1_000)
    expect(result).toBe('acknowledged')
    expect(bench.reports[0]?.nodes).toMatchObject([{ value: 79 }])
  })

  it('asks again after a restart for what the device had not agreed to', async () => {
    const earlier = await createBench(plan)
    const deaf = earlier.device(40001, (request) => (request.observe === 0 ? undefined : observing(request)))
    await deaf.register('meter-1')
    await earlier.pass(100)
    expect(deaf.asked.at(-1)).toBe('GET /3/0/9 observe 0')
    const bench = await createBench(plan, earlier)
    const device = bench.device(40001, observing)
    await bench.pass(200)
    expect(device.asked).toContain('GET /3/0/9 observe 0')
    expect(bench.observations).toHaveLength(1)
  })

  it('answers a notification with a token it does not know with a reset', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.register('meter-1')
    let result: string | undefined
    void device.endpoint
      .notify(server, notification(new Uint8Array([1, 2, 3, 4]), '1', 1), { confirmable: true })
      .then((how) => (result = how))
    await bench.pass(100)
    expect(result).toBe('reset')
    expect(bench.server.counters().unknownToken).toBe(1)
  })

  it('stores a Send with the times it carries', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.register('meter-1')
    const body = '[{"bn":"/3/0/","bt":1700000000,"n":"9","v":80},{"n":"9","t":60,"v":79}]'
    await expect(device.request(Code.Post, '/dp', [], body, 110)).resolves.toMatchObject({
      code: Code.Changed,
    })
    expect(bench.reports[0]?.nodes.map(({ time, value }) => [time, value])).toEqual([
      [1_700_000_000_000, 80],
      [1_700_000_060_000, 79],
    ])
  })

  it('answers a Send that cannot be read with 4.00, and one from nowhere with 4.04', async () => {
    const bench = await createBench()
    const device = bench.device(40001)
    await device.register('meter-1')
    await expect(device.request(Code.Post, '/dp', [], '[{', 110)).resolves.toMatchObject({
      code: Code.BadRequest,
    })
    await expect(bench.device(40002).request(Code.Post, '/dp', [], '[]', 110)).resolves.toMatchObject({
      code: Code.NotFound,
    })
  })
})
