import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapRequest } from './message.js'
import type { Notification } from './observe.js'
import { createWire, meter, option, sampleBody, valueOf } from './wire.test-support.js'

const token = Uint8Array.of(8, 8, 8, 8)
const notification = {
  code: Code.Content,
  messageId: 21,
  token,
  options: [option(6, [5])],
  payload: Uint8Array.of(42),
}
const reread: CoapRequest = { code: Code.Get, uriPath: ['19', '0'], uriQuery: [], payload: noBytes }

describe('a notification', () => {
  it('is acknowledged when its handler has finished, not before; a duplicate is acknowledged again', async () => {
    const wire = createWire()
    const seen: Notification[] = []
    let commit: (decision: 'ack') => void = () => undefined
    wire.endpoint.onNotification((given) => {
      seen.push(given)
      return new Promise((resolve) => (commit = resolve))
    })
    wire.receive(notification)
    wire.receive(notification)
    await wire.settle()
    expect(wire.sent).toHaveLength(0)
    commit('ack')
    await wire.settle()
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: 0, messageId: 21 })
    wire.receive(notification)
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: 0, messageId: 21 })
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({
      token,
      observe: 5,
      confirmable: true,
      complete: true,
      payload: Uint8Array.of(42),
    })
  })

  it('is answered with a reset, confirmable or not, when the handler wants no more', () => {
    const wire = createWire()
    wire.endpoint.onNotification(() => 'reset')
    wire.receive(notification)
    wire.receive({ ...notification, type: Type.NonConfirmable, messageId: 22 })
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 21 })
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 22 })
  })

  it('that nobody waits for is answered with a reset', () => {
    const wire = createWire()
    wire.receive(notification)
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 21 })
  })

  it('is forgotten when its handler fails, so that the retransmission is new', async () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.onNotification(() => {
      calls++
      if (calls === 1) throw new Error('down')
      return calls === 2 ? Promise.reject(new Error('down')) : 'ack'
    })
    for (let i = 0; i < 3; i++) {
      expect(wire.sent).toHaveLength(0)
      wire.receive(notification)
      await wire.settle()
    }
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, messageId: 21 })
    expect(wire.endpoint.counters).toMatchObject({ withheld: 2, notifications: 3 })
  })

  it('that is non-confirmable is not acknowledged, and taken once', () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.onNotification(() => {
      calls++
      return 'ack'
    })
    wire.receive({ ...notification, type: Type.NonConfirmable })
    wire.receive({ ...notification, type: Type.NonConfirmable })
    expect(calls).toBe(1)
    expect(wire.sent).toHaveLength(0)
  })

  it('whose Message ID equals that of an open request to another peer is still a notification', () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.onNotification(() => {
      calls++
      return 'ack'
    })
    wire.endpoint.request(meter, reread).catch(() => undefined)
    const { messageId } = wire.take()
    wire.receive({ ...notification, messageId })
    expect(calls).toBe(1)
  })

  it('during the cancellation of its observation does not end the cancellation', async () => {
    const wire = createWire()
    const seen: (number | undefined)[] = []
    wire.endpoint.onNotification((given) => {
      seen.push(given.observe)
      return 'ack'
    })
    const cancelled = wire.endpoint.request(meter, { ...reread, observe: 1 }, { token })
    const { messageId } = wire.take()
    wire.receive(notification)
    expect(seen).toEqual([5])
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      payload: Uint8Array.of(1),
    })
    expect((await cancelled).payload).toEqual(Uint8Array.of(1))
  })

  it('with a critical option that is not understood is reset', () => {
    const wire = createWire()
    wire.endpoint.onNotification(() => 'ack')
    wire.receive({ ...notification, options: [option(6, [5]), option(2001)] })
    expect(wire.take()).toMatchObject({ type: Type.Reset, messageId: 21 })
  })
})

describe('a notification longer than a block', () => {
  const body = sampleBody(2_500)
  const block = (num: number, more: boolean) => option(23, [(num << 4) | (more ? 8 : 0) | 6])
  const first = {
    ...notification,
    options: [option(4, [1]), option(6, [5]), block(0, true)],
    payload: body.subarray(0, 1024),
  }

  it('is fetched whole with requests of another token, then handed over, then acknowledged', async () => {
    const wire = createWire()
    const seen: Notification[] = []
    wire.endpoint.onNotification(
      (given) => {
        seen.push(given)
        return 'ack'
      },
      () => reread,
    )
    wire.receive(first)
    for (const num of [1, 2]) {
      await wire.settle()
      const { messageId, token: fresh, options } = wire.take()
      expect(fresh).not.toEqual(token)
      expect(options).toEqual([option(11, '19'), option(11, '0'), option(23, [(num << 4) | 6])])
      wire.receive({
        type: Type.Acknowledgement,
        code: Code.Content,
        messageId,
        token: fresh,
        options: [option(4, [1]), block(num, num < 2)],
        payload: body.subarray(num * 1024, (num + 1) * 1024),
      })
      expect(seen).toHaveLength(0)
    }
    await wire.settle()
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ complete: true, observe: 5, token })
    expect(seen[0].payload).toEqual(body)
    expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, messageId: 21 })
  })

  it('is handed over incomplete if the rest cannot be fetched or nobody knows its path', async () => {
    for (const path of [reread, undefined]) {
      const wire = createWire()
      const seen: Notification[] = []
      wire.endpoint.onNotification(
        (given) => {
          seen.push(given)
          return 'ack'
        },
        () => path,
      )
      wire.receive(first)
      await wire.settle()
      wire.clock.advance(100_000)
      await wire.settle()
      expect(seen).toHaveLength(1)
      expect(seen[0]).toMatchObject({ complete: false })
    }
  })
})

describe('notify', () => {
  const content = { code: Code.Content, observe: 3, token, payload: Uint8Array.of(1) }

  it('tells whether a confirmable notification was acknowledged, reset or lost', async () => {
    const wire = createWire()
    const acknowledged = wire.endpoint.notify(meter, content)
    const message = wire.take()
    expect(message).toMatchObject({ type: Type.Confirmable, code: Code.Content, token })
    expect(valueOf(message, 6)).toEqual([3])
    wire.receive({ type: Type.Acknowledgement, code: 0, messageId: message.messageId })
    expect(await acknowledged).toBe('acknowledged')
    const reset = wire.endpoint.notify(meter, content)
    wire.receive({ type: Type.Reset, code: 0, messageId: wire.take().messageId })
    expect(await reset).toBe('reset')
    const lost = wire.endpoint.notify(meter, content)
    wire.clock.advance(100_000)
    expect(await lost).toBe('timeout')
  })

  it('tells of a reset that answers a non-confirmable notification', async () => {
    const wire = createWire()
    const gone: Uint8Array[] = []
    wire.endpoint.onObserverGone((observer) => gone.push(observer))
    expect(await wire.endpoint.notify(meter, content, { confirmable: false })).toBe('acknowledged')
    const { type, messageId } = wire.take()
    expect(type).toBe(Type.NonConfirmable)
    wire.receive({ type: Type.Reset, code: 0, messageId })
    wire.receive({ type: Type.Reset, code: 0, messageId })
    expect(gone).toEqual([token])
  })

  it('sends the first block of what is longer and serves the others from the handler', async () => {
    const wire = createWire()
    const body = sampleBody(2_000)
    wire.endpoint.serve(() => ({ code: Code.Content, payload: body }))
    void wire.endpoint.notify(meter, { ...content, payload: body })
    const first = wire.take()
    expect(valueOf(first, 23)).toEqual([0x0e])
    wire.receive({ messageId: 70, options: [option(11, 'x'), option(23, [0x16])] })
    const second = wire.take()
    expect(valueOf(second, 4)).toEqual(valueOf(first, 4))
    expect(valueOf(second, 23)).toEqual([0x16])
    expect([...first.payload, ...second.payload]).toEqual([...body])
  })
})
