import { Code, ProtocolError } from '@fieldline/bytes'
import { createCoapEndpoint, noBytes } from '@fieldline/coap'
import type { CoapEndpoint, IncomingRequest, Peer } from '@fieldline/coap'
import type { ClientLink } from '@fieldline/lwm2m-client'
import { createUdpTransport, peerOf } from '@fieldline/transport'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openNodeCoapLink } from './node-coap-link.js'
import { openOwnLink } from './own-link.js'
import { systemClock, systemRandom } from './system.js'

const stacks = { ours: openOwnLink, 'node-coap': openNodeCoapLink }

describe.each(Object.keys(stacks) as (keyof typeof stacks)[])('a link on %s', (stack) => {
  let server: CoapEndpoint
  let link: ClientLink
  let heard: { request: IncomingRequest; peer: Peer }[]

  beforeEach(async () => {
    const transport = await createUdpTransport({ host: '127.0.0.1', port: 0 })
    server = createCoapEndpoint({ transport, clock: systemClock, random: systemRandom })
    heard = []
    server.serve((request, peer) => {
      heard.push({ request, peer })
      return request.uriPath.length === 1
        ? { code: Code.Created, locationPath: ['rd', 'a b'], payload: noBytes }
        : { code: Code.NotFound, payload: noBytes }
    })
    link = await stacks[stack]({
      host: '127.0.0.1',
      server: peerOf('127.0.0.1', transport.port),
      loss: 0,
    })
  })

  afterEach(async () => {
    await link.close()
    await server.close()
  })

  const here = (): Peer => peerOf('127.0.0.1', Number(link.localAddress.split(':')[1]))

  test('brings requests to the server and its answers back', async () => {
    const registered = await link.request({
      code: Code.Post,
      uriPath: ['rd'],
      uriQuery: ['ep=urn:imei:1', 'lt=60'],
      contentFormat: 40,
      payload: Uint8Array.of(60, 62),
    })
    expect(registered).toMatchObject({ code: Code.Created, locationPath: ['rd', 'a b'] })
    expect(heard[0].request).toMatchObject({ uriQuery: ['ep=urn:imei:1', 'lt=60'], contentFormat: 40 })
    expect(heard[0].peer.port).toBe(here().port)
    const lost = await link.request({ code: Code.Post, uriPath: ['rd', 'x'], uriQuery: [], payload: noBytes })
    expect(lost.code).toBe(Code.NotFound)
  })

  test('answers the server on the same port, with formats above 255', async () => {
    link.serve(({ uriPath, accept }) => ({
      code: Code.Content,
      contentFormat: accept,
      payload: new TextEncoder().encode(uriPath.join('.')),
    }))
    const answer = await server.request(here(), {
      code: Code.Get,
      uriPath: ['3', '0', '1'],
      uriQuery: [],
      accept: 11542,
      payload: noBytes,
    })
    expect(answer).toMatchObject({ code: Code.Content, contentFormat: 11542 })
    expect(new TextDecoder().decode(answer.payload)).toBe('3.0.1')
  })

  test('answers a refusal with its code', async () => {
    link.serve(() => {
      throw new ProtocolError(Code.MethodNotAllowed, 'no')
    })
    const get = { code: Code.Get, uriPath: ['3'], uriQuery: [], payload: noBytes }
    expect((await server.request(here(), get)).code).toBe(Code.MethodNotAllowed)
    expect((await server.request(here(), { ...get, observe: 0 })).code).toBe(Code.MethodNotAllowed)
  })

  test('notifies with the token of an observation, and hears whether it is wanted', async () => {
    link.serve(() => ({ code: Code.Content, contentFormat: 112, observe: 1, payload: Uint8Array.of(128) }))
    const token = server.newToken()
    const get = { code: Code.Get, uriPath: ['3', '0', '9'], uriQuery: [], observe: 0, payload: noBytes }
    const first = await server.request(here(), get, { token })
    expect(first.observe).toBe(1)
    const notified: number[][] = []
    server.onNotification((notification) => {
      notified.push([notification.observe!, notification.contentFormat!, ...notification.payload])
      return notified.length === 1 ? 'ack' : 'reset'
    })
    const notification = { code: Code.Content, contentFormat: 11542, token, payload: Uint8Array.of(1, 2) }
    expect(await link.notify({ ...notification, observe: 2 })).toBe('acknowledged')
    expect(await link.notify({ ...notification, observe: 300 })).toBe('reset')
    expect(notified).toEqual([
      [2, 11542, 1, 2],
      [300, 11542, 1, 2],
    ])
  })

  test('hears nothing while it is deaf', async () => {
    let asked = 0
    link.serve(() => {
      asked++
      return { code: Code.Content, payload: noBytes }
    })
    link.hear(false)
    const get = { code: Code.Get, uriPath: ['3'], uriQuery: [], confirmable: false, payload: noBytes }
    const ignored = server.request(here(), get, { responseTimeoutMs: 50 }).catch(() => 'silence')
    expect(await ignored).toBe('silence')
    link.hear(true)
    expect((await server.request(here(), get)).code).toBe(Code.Content)
    expect(asked).toBe(1)
  })

  test('rejects what is under way when it closes', async () => {
    server.serve(() => new Promise(() => undefined))
    const request = link.request({ code: Code.Post, uriPath: ['rd'], uriQuery: [], payload: noBytes })
    const outcome = expect(request).rejects.toMatchObject({ reason: 'closed' })
    await link.close()
    await outcome
  })
})
