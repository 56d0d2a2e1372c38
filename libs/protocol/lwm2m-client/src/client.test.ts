import { Code, ProtocolError } from '@fieldline/bytes'
import { observeRequest, parseRegister, readRequest } from '@fieldline/lwm2m'
import { parsePath } from '@fieldline/object-model'
import { beforeEach, describe, expect, test } from 'vitest'
import { Bench, serverPort } from './bench.test-support.js'
import type { Contact } from './client.js'

let bench: Bench
beforeEach(() => {
  bench = new Bench()
})

describe('registration', () => {
  test('a Register says endpoint, lifetime, version, queue mode, objects and formats', async () => {
    await bench.started()
    const asked = parseRegister(bench.uplinks[0].uriQuery, bench.uplinks[0].payload)
    expect(asked).toMatchObject({
      endpoint: 'urn:imei:004810010000017',
      lifetime: 600,
      version: '1.1',
      queueMode: true,
    })
    expect(asked.objectLinks.versions.get(3424)).toBe('1.1')
    expect(asked.objectLinks.instances).toContainEqual({ objectId: 3, instanceId: 0 })
    expect(asked.objectLinks.contentFormats).toEqual([11542, 110, 112])
  })

  test('a client of 1.0 says queue mode in its binding', async () => {
    await bench.started({ version: '1.0' })
    expect(bench.uplinks[0].uriQuery).toContain('b=UQ')
  })

  test('the next contact is an Update, and says a lifetime that has changed', async () => {
    let lifetime = 600
    await bench.started({ lifetime: () => lifetime })
    lifetime = 900
    expect(await bench.during(bench.client.contact())).toEqual({ kind: 'updated' })
    expect(bench.uplinks[1]).toMatchObject({ uriPath: ['rd', 'r1'], uriQuery: ['lt=900'] })
    await bench.during(bench.client.contact())
    expect(bench.uplinks[2].uriQuery).toEqual([])
  })

  test('an Update that is answered 4.04 leads to a Register', async () => {
    await bench.started()
    bench.registrations.clear()
    expect(await bench.during(bench.client.contact())).toEqual({ kind: 'registered' })
    expect(bench.uplinks.map(({ uriPath }) => uriPath.length)).toEqual([1, 2, 1])
  })

  test('a refusal is told with its code', async () => {
    bench.server.serve(() => {
      throw new ProtocolError(Code.Forbidden, 'not known')
    })
    bench.client = bench.makeClient()
    await bench.client.wake()
    expect(await bench.during(bench.client.contact())).toMatchObject({
      kind: 'refused',
      code: Code.Forbidden,
    })
    expect(bench.client.registered).toBe(false)
  })

  test('a server that does not answer is unreachable after the last retransmission', async () => {
    bench.network.cut(serverPort, true)
    bench.client = bench.makeClient()
    await bench.client.wake()
    const contact: Contact = await bench.during(bench.client.contact(), 100_000)
    expect(contact.kind).toBe('unreachable')
  })

  test('a restarted client goes on with an Update from a new port and keeps its observations', async () => {
    await bench.started()
    await bench.ask(observeRequest(parsePath('/3424/0/1')), Uint8Array.of(1, 2))
    const before = bench.client.localAddress
    const state = JSON.parse(JSON.stringify(bench.client.state()))
    await bench.client.stop()
    bench.client = bench.makeClient({ state })
    await bench.client.wake()
    expect(await bench.during(bench.client.contact())).toEqual({ kind: 'updated' })
    expect(bench.client.localAddress).not.toBe(before)
    expect(bench.registrations.get('r1')?.id).toBe(bench.client.localAddress)
    bench.server.onNotification(() => 'ack')
    expect(await bench.during(bench.client.report())).toBe(1)
  })

  test('a De-register ends the registration', async () => {
    await bench.started()
    await bench.during(bench.client.deregister())
    expect(bench.uplinks.at(-1)).toMatchObject({ code: Code.Delete, uriPath: ['rd', 'r1'] })
    expect(bench.client.registered).toBe(false)
  })
})

describe('sleep', () => {
  test('a sleeping client hears nothing, and hears again from the same port', async () => {
    await bench.started()
    const { port } = bench.here()
    bench.client.sleep()
    const request = bench.server.request(bench.here(), readRequest(parsePath('/3424/0/1')))
    await bench.pass(1_500)
    await bench.client.wake()
    expect(bench.here().port).toBe(port)
    expect((await bench.during(request, 4_000)).code).toBe(Code.Content)
  })

  test('a client that rebinds wakes at a new port', async () => {
    await bench.started()
    const { port } = bench.here()
    bench.client.sleep()
    await bench.client.wake(true)
    expect(bench.here().port).not.toBe(port)
  })

  test('quiet begins anew with each request', async () => {
    await bench.started()
    let quiet = false
    void bench.client.quietFor(5_000).then(() => (quiet = true))
    await bench.pass(3_000)
    void bench.server.request(bench.here(), readRequest(parsePath('/3424/0/1')))
    await bench.pass(3_000)
    expect(quiet).toBe(false)
    await bench.pass(3_000)
    expect(quiet).toBe(true)
  })
})
