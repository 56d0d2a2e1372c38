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
})
