import { describe, expect, it } from 'vitest'
import { Code } from '@fieldline/bytes'
import { createBench } from './bench.test-support.js'

const send = '[{"bn":"/3/0/","n":"9","v":15}]'
const senMlJson = 110

describe('a client that has proved who it is', () => {
  it('goes on from another session and address as the one that registered', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1').set(40002, 'psk:meter-1')
    const location = await bench.device(40001).register('meter-1')
    const moved = bench.device(40002)
    await expect(moved.request(Code.Post, '/dp', [], send, senMlJson)).resolves.toMatchObject({
      code: Code.Changed,
    })
    await expect(moved.request(Code.Post, `/${location}`)).resolves.toMatchObject({ code: Code.Changed })
    expect(bench.reports).toHaveLength(1)
    expect(bench.happened).toEqual([])
  })

  it('is asked where it spoke from last', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1').set(40002, 'psk:meter-1')
    await bench.device(40001).register('meter-1')
    const moved = bench.device(40002)
    await moved.request(Code.Post, '/dp', [], send, senMlJson)
    bench.queue('device-1', {})
    await bench.pass(50)
    expect(moved.asked).toEqual(['GET /3/0/0'])
  })

  it('may leave its endpoint name out from LwM2M 1.1 on: it is that of its proof', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1')
    const query = ['lt=60', 'lwm2m=1.1', 'b=U']
    const answer = await bench.device(40001).request(Code.Post, '/rd', query, '</3/0>', 40)
    expect(answer.code).toBe(Code.Created)
    expect([...bench.registrations.values()].map(({ endpoint }) => endpoint)).toEqual(['meter-1'])
  })

  it('is answered 4.00 under a name that is not its own', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1')
    bench.admit = 'mismatch'
    const query = ['ep=meter-2', 'lt=60', 'lwm2m=1.1', 'b=U']
    const answer = await bench.device(40001).request(Code.Post, '/rd', query, '</3/0>', 40)
    expect(answer.code).toBe(Code.BadRequest)
  })

  it('registers again from another address without a conflict of names', async () => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1').set(40002, 'psk:meter-1')
    await bench.device(40001).register('meter-1')
    await bench.device(40002).register('meter-1')
    expect(bench.happened).toEqual([])
  })

  it.each([
    ['with another proof', 'psk:meter-2'],
    ['without a proof', undefined],
  ])('is not taken for who knows its location, but comes %s', async (_how, identity) => {
    const bench = await createBench()
    bench.identities.set(40001, 'psk:meter-1')
    if (identity !== undefined) bench.identities.set(40002, identity)
    const location = await bench.device(40001).register('meter-1')
    const stranger = bench.device(40002)
    const answers = [
      await stranger.request(Code.Post, `/${location}`),
      await stranger.request(Code.Delete, `/${location}`),
      await stranger.request(Code.Post, '/dp', [], send, senMlJson),
    ]
    expect(answers.map(({ code }) => code)).toEqual([Code.NotFound, Code.NotFound, Code.NotFound])
    expect(bench.server.counters()).toMatchObject({ foreignIdentity: 2, updates: 0, registrations: 1 })
    expect(bench.reports).toEqual([])
  })
})
