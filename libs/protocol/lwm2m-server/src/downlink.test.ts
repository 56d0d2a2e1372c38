import { Code } from '@fieldline/bytes'
import { NoAnswer, noBytes } from '@fieldline/coap'
import { describe, expect, it } from 'vitest'
import { createBench } from './bench.test-support.js'

describe('requests that wait', () => {
  it.each([4_000, 35_000, 48_000, 58_000])(
    'sends what a sleeper did not hear again when it comes after %i ms, and the next request after it',
    async (wakesAt) => {
      const bench = await createBench()
      let listens = true
      const done: string[] = []
      const device = bench.device(40001, ({ uriPath }) => {
        if (!listens) throw new NoAnswer()
        done.push(uriPath.join('/'))
        return { code: Code.Changed, payload: noBytes }
      })
      const location = await device.register('sleeper', ['Q'])
      listens = false
      for (const resourceId of [4, 5])
        bench.queue('device-1', { kind: 'execute', path: { objectId: 3, instanceId: 0, resourceId } })
      await bench.pass(wakesAt)
      listens = true
      await device.request(Code.Post, `/${location}`)
      await bench.pass(100)
      expect(done).toEqual(['3/0/4', '3/0/5'])
      expect(bench.operations.map(({ outcome }) => outcome)).toMatchObject([
        { code: '2.04' },
        { code: '2.04' },
      ])
    },
  )

  it('goes on with what is queued while the store is being asked', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => ({
      code: Code.Content,
      payload: new TextEncoder().encode('meter'),
      contentFormat: 0,
    }))
    await device.register('mains')
    bench.queue('device-1', {})
    await bench.pass(20)
    for (let i = 0; i < 40; i++) {
      bench.queue('device-1', {})
      await bench.pass(i % 4)
    }
    await bench.pass(3_000)
    expect(bench.operations.every(({ outcome }) => outcome?.type === 'answered')).toBe(true)
  })

  it('asks a store that failed again after a while, though nobody tells that something waits', async () => {
    const bench = await createBench()
    const device = bench.device(40001, () => ({ code: Code.Changed, payload: noBytes }))
    await device.register('mains')
    bench.asking = () => Promise.reject(new Error('the database is away'))
    bench.queue('device-1', { kind: 'execute', path: { objectId: 3, instanceId: 0, resourceId: 4 } })
    await bench.pass(1_000)
    expect(bench.happened).toEqual(['failed downlink: Error: the database is away'])
    bench.asking = async () => {}
    await bench.pass(30_000)
    expect(device.asked).toEqual(['POST /3/0/4'])
    expect(bench.operations[0]?.outcome).toMatchObject({ code: '2.04' })
  })

  it('waits for the answer of a device that moved before it was asked', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter').set(40002, 'psk:meter')
    const payload = new TextEncoder().encode('meter')
    const before = bench.device(40001, () => ({ code: Code.Content, payload, contentFormat: 0 }))
    const location = await before.register('meter')
    let stored = (): void => undefined
    const storing = new Promise<void>((resolve) => (stored = resolve))
    bench.sink = () => storing
    bench.queue('device-1', { kind: 'read' })
    bench.queue('device-1', { kind: 'execute', path: { objectId: 3, instanceId: 0, resourceId: 4 } })
    const moved = bench.device(40002, () => ({ code: Code.Changed, payload: noBytes }))
    // what was read and the Update are stored in one moment: then the next request leaves, and the Update is answered
    const update = moved.request(Code.Post, `/${location}`, ['lt=90'])
    await bench.pass(50)
    stored()
    await update
    await bench.pass(100)
    expect(moved.asked).toEqual(['POST /3/0/4'])
    expect(bench.operations.map(({ outcome }) => outcome)).toMatchObject([{ code: '2.05' }, { code: '2.04' }])
  })

  it('asks a sleeper that moved before it had answered where it is now', async () => {
    const path = { objectId: 3, instanceId: 0, resourceId: 9 }
    const bench = await createBench({ reads: [], observations: [{ path, pmin: 60 }] })
    bench.identities.set(40001, 'psk:meter').set(40002, 'psk:meter')
    const location = await bench.device(40001, () => undefined).register('meter', ['Q'])
    await bench.pass(100)
    const moved = bench.device(40002, () => ({ code: Code.Changed, payload: noBytes }))
    await moved.request(Code.Post, `/${location}`)
    await bench.pass(100)
    expect(moved.asked).toEqual(['PUT /3/0/9?pmin=60', 'GET /3/0/9 observe 0'])
  })
})
