import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapRequest, CoapResponse } from './message.js'
import { wheelOf } from './timer-wheel.js'
import { blockOption, createWire, meter, option, sampleBody } from './wire.test-support.js'

const get: CoapRequest = { code: Code.Get, uriPath: ['a'], uriQuery: [], payload: noBytes }

describe('after an endpoint was closed', () => {
  it('an answer that was promised separately starts nothing any more', async () => {
    const wire = createWire()
    let answer: (response: CoapResponse) => void = () => undefined
    wire.endpoint.serve((request) => {
      request.acknowledge()
      return new Promise((resolve) => (answer = resolve))
    })
    wire.receive({})
    wire.take()
    await wire.endpoint.close()
    answer({ code: Code.Content, payload: noBytes })
    await wire.settle()
    expect(wire.sent).toEqual([])
    expect(wheelOf(wire.clock).size).toBe(0)
  })

  it('the rest of a notification is not asked for any more', async () => {
    const wire = createWire()
    let path: (request: CoapRequest) => void = () => undefined
    wire.endpoint.onNotification(
      () => 'ack',
      () => new Promise((resolve) => (path = resolve)),
    )
    wire.receive({
      code: Code.Content,
      token: Uint8Array.of(1),
      options: [option(6, [1]), blockOption(23, 0, true, 0)],
      payload: sampleBody(16),
    })
    await wire.endpoint.close()
    path(get)
    await wire.settle()
    expect(wire.sent.filter(({ message }) => message.code === Code.Get)).toEqual([])
    expect(wheelOf(wire.clock).size).toBe(0)
  })
})

describe('what cannot be written', () => {
  /** An option value of this length has no place in a message. */
  const etag = new Uint8Array(70_000)

  it('as a notification is refused, and the peer can be spoken to as before', async () => {
    const wire = createWire()
    const notification = { code: Code.Content, etag, token: Uint8Array.of(1), payload: noBytes }
    await expect(Promise.resolve().then(() => wire.endpoint.notify(meter, notification))).rejects.toThrow(
      'option 4 of 70000 bytes',
    )
    wire.endpoint.request(meter, get).catch(() => undefined)
    expect(wire.take()).toMatchObject({ code: Code.Get })
  })

  it('as a separate response is answered 5.00, and the peer can be spoken to as before', async () => {
    const wire = createWire()
    wire.endpoint.serve((request) => {
      request.acknowledge()
      return Promise.resolve({ code: Code.Content, etag, payload: noBytes })
    })
    wire.receive({})
    await wire.settle()
    wire.take()
    const failure = wire.take()
    expect(failure).toMatchObject({ code: Code.InternalServerError })
    wire.receive({
      ...failure,
      type: Type.Acknowledgement,
      code: Code.Empty,
      token: noBytes,
      options: [],
      payload: noBytes,
    })
    wire.endpoint.request(meter, get).catch(() => undefined)
    expect(wire.take()).toMatchObject({ code: Code.Get })
  })
})
