import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { NoAnswer } from './errors.js'
import { noBytes } from './message.js'
import type { CoapMessage, CoapResponse } from './message.js'
import type { IncomingRequest } from './port.js'
import { blockOption as block, createWire, option, sampleBody, valueOf } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const block1 = 27
const block2 = 23
const size1 = 60
const changed: CoapResponse = { code: Code.Changed, payload: noBytes }
const body = sampleBody(2_500)

describe('a request body in blocks, received', () => {
  let nextId = 0
  const send = (
    wire: Wire,
    num: number,
    more: boolean,
    szx = 6,
    fields: Partial<CoapMessage> = {},
    all = body,
  ) => {
    const size = 16 << szx
    wire.receive({
      code: Code.Post,
      messageId: nextId++,
      // A new token for each block is allowed (RFC 7959 §2.5).
      token: Uint8Array.of(nextId),
      options: [option(11, 'rd'), option(12, [40]), option(15, 'ep=x'), block(block1, num, more, szx)],
      payload: all.subarray(num * size, (num + 1) * size),
      ...fields,
    })
  }
  const recorder = (wire: Wire) => {
    const seen: IncomingRequest[] = []
    wire.endpoint.serve((request) => {
      seen.push(request)
      return changed
    })
    return seen
  }

  it('reaches the handler once, whole; every block but the last is answered 2.31', () => {
    const wire = createWire()
    const seen = recorder(wire)
    send(wire, 0, true)
    send(wire, 1, true)
    for (const num of [0, 1]) {
      const answer = wire.take()
      expect(answer.code).toBe(Code.Continue)
      expect(valueOf(answer, block1)).toEqual([(num << 4) | 8 | 6])
    }
    send(wire, 2, false)
    const last = wire.take()
    expect(last.code).toBe(Code.Changed)
    expect(valueOf(last, block1)).toEqual([0x26])
    expect(seen).toHaveLength(1)
    expect(seen[0]).toMatchObject({ uriPath: ['rd'], contentFormat: 40 })
    expect(seen[0].payload).toEqual(body)
  })

  it('may be a single block, also with an empty option', () => {
    const wire = createWire()
    const seen = recorder(wire)
    send(wire, 0, false, 6, {}, body.subarray(0, 100))
    send(wire, 0, false, 0, {}, body.subarray(0, 16))
    expect(seen.map(({ payload }) => payload.length)).toEqual([100, 16])
    expect(valueOf({ ...wire.sent[1].message }, block1)).toEqual([])
  })

  it('with a gap, or without its beginning, is refused with 4.08', () => {
    const wire = createWire()
    const seen = recorder(wire)
    send(wire, 1, true)
    expect(wire.take().code).toBe(Code.RequestEntityIncomplete)
    send(wire, 0, true)
    expect(wire.take().code).toBe(Code.Continue)
    send(wire, 2, false)
    expect(wire.take().code).toBe(Code.RequestEntityIncomplete)
    expect(seen).toHaveLength(0)
    expect(wire.endpoint.counters.blocksRefused).toBe(2)
  })

  it('may repeat its latest block under a new Message ID', () => {
    const wire = createWire()
    const seen = recorder(wire)
    send(wire, 0, true)
    send(wire, 1, true)
    send(wire, 1, true)
    send(wire, 2, false)
    expect(wire.sent.map(({ message }) => message.code)).toEqual([0x5f, 0x5f, 0x5f, Code.Changed])
    expect(seen[0].payload).toEqual(body)
  })

  it('over the limit is refused with 4.13 and Size1, at once if announced', () => {
    const wire = createWire({ limits: { maxBody: 2_048 } })
    const seen = recorder(wire)
    send(wire, 0, true, 6, {
      options: [option(11, 'rd'), block(block1, 0, true, 6), option(size1, [0x09, 0xc4])],
    })
    const early = wire.take()
    expect(early.code).toBe(Code.RequestEntityTooLarge)
    expect(valueOf(early, size1)).toEqual([0x08, 0x00])
    for (const num of [0, 1, 2]) send(wire, num, num < 2)
    expect(wire.sent.map(({ message }) => message.code)).toEqual([0x5f, 0x5f, Code.RequestEntityTooLarge])
    expect(seen).toHaveLength(0)
  })

  it('is asked for in smaller blocks if we want them so', () => {
    const wire = createWire({ limits: { blockSize: 256 } })
    const seen = recorder(wire)
    send(wire, 0, true, 6)
    expect(valueOf(wire.take(), block1)).toEqual([8 | 4])
    for (let num = 4; num * 256 < body.length; num++) send(wire, num, (num + 1) * 256 < body.length, 4)
    expect(seen[0].payload).toEqual(body)
  })

  it('of two resources, or with two Request-Tags, is kept apart', () => {
    const wire = createWire()
    const seen = recorder(wire)
    const tagged = (tag: number, num: number, more: boolean) => ({
      options: [option(11, 'dp'), block(block1, num, more, 6), option(292, [tag])],
    })
    for (const num of [0, 1, 2]) {
      send(wire, num, num < 2, 6, tagged(1, num, num < 2))
      send(wire, num, num < 2, 6, tagged(2, num, num < 2))
      send(wire, num, num < 2)
    }
    expect(seen.map(({ payload }) => payload.length)).toEqual([2_500, 2_500, 2_500])
  })

  it('with a wrong block length or the reserved size exponent is refused', () => {
    const wire = createWire()
    send(wire, 0, true, 6, { payload: body.subarray(0, 1_000) })
    expect(wire.take().code).toBe(Code.BadRequest)
    send(wire, 0, true, 6, { options: [option(block1, [0x0f])] })
    expect(wire.take().code).toBe(Code.BadRequest)
  })

  it('is forgotten after EXCHANGE_LIFETIME without a block', () => {
    const wire = createWire()
    send(wire, 0, true)
    wire.clock.advance(247_000)
    send(wire, 1, true)
    wire.take()
    expect(wire.take().code).toBe(Code.RequestEntityIncomplete)
    expect(wire.endpoint.counters.assembliesDropped).toBe(1)
  })

  it('finds no room while others are being assembled, and pushes out those that do not move', () => {
    const wire = createWire({ limits: { maxAssemblies: 1 } })
    const other = { options: [option(11, 'dp'), block(block1, 0, true, 6)] }
    send(wire, 0, true)
    send(wire, 0, true, 6, other)
    wire.take()
    const refused = wire.take()
    expect(refused.code).toBe(Code.ServiceUnavailable)
    expect(valueOf(refused, 14)).toEqual([30])
    wire.clock.advance(31_000)
    send(wire, 0, true, 6, other)
    expect(wire.take().code).toBe(Code.Continue)
  })

  it('is complete again if its last block is repeated after NoAnswer', async () => {
    const wire = createWire()
    const seen: IncomingRequest[] = []
    wire.endpoint.serve((request) => {
      seen.push(request)
      return seen.length === 1 ? Promise.reject(new NoAnswer()) : changed
    })
    for (const num of [0, 1]) send(wire, num, true)
    wire.sent.length = 0
    const messageId = nextId
    send(wire, 2, false)
    send(wire, 2, false)
    await wire.settle()
    expect(wire.sent).toHaveLength(0)
    expect(seen).toHaveLength(1)
    send(wire, 2, false, 6, { messageId })
    expect(wire.take().code).toBe(Code.Changed)
    expect(seen[1].payload).toEqual(body)
  })
})

describe('a long answer', () => {
  it('is given in blocks with an entity tag and its size, the handler asked once', () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.serve(() => {
      calls++
      return { code: Code.Content, contentFormat: 40, payload: body }
    })
    const parts: number[] = []
    for (const num of [0, 1, 2]) {
      const options = num === 0 ? [option(11, 'x')] : [option(11, 'x'), block(block2, num, false, 6)]
      wire.receive({ messageId: num, options })
      const answer = wire.take()
      expect(valueOf(answer, block2)).toEqual([(num << 4) | (num < 2 ? 8 : 0) | 6])
      expect(valueOf(answer, 4)).toHaveLength(8)
      expect(valueOf(answer, 12)).toEqual([40])
      parts.push(...answer.payload)
    }
    expect(parts).toEqual([...body])
    expect(calls).toBe(1)
  })

  it('comes in the block size that is asked for', () => {
    const wire = createWire()
    wire.endpoint.serve(() => ({ code: Code.Content, payload: body.subarray(0, 40) }))
    wire.receive({ messageId: 1, options: [option(block2)] })
    expect(wire.take().payload).toHaveLength(16)
    wire.receive({ messageId: 2, options: [block(block2, 2, false, 0)] })
    const last = wire.take()
    expect(last.payload).toEqual(body.subarray(32, 40))
    expect(valueOf(last, block2)).toEqual([0x20])
    wire.receive({ messageId: 3, options: [block(block2, 3, false, 0)] })
    expect(wire.take().code).toBe(Code.BadRequest)
  })

  it('is made again for a later block that is no longer kept, unless the method has effects', () => {
    const wire = createWire()
    wire.endpoint.serve(() => ({ code: Code.Content, payload: body }))
    wire.receive({ messageId: 1, options: [block(block2, 1, false, 6)] })
    expect(wire.take().payload).toEqual(body.subarray(1_024, 2_048))
    wire.receive({ messageId: 2, code: Code.Post, options: [block(block2, 1, false, 6)] })
    expect(wire.take().code).toBe(Code.RequestEntityIncomplete)
  })

  it('to an observation carries Observe in the first block only', () => {
    const wire = createWire()
    wire.endpoint.serve(() => ({ code: Code.Content, observe: 4, payload: body }))
    wire.receive({ messageId: 1, options: [option(6)] })
    expect(valueOf(wire.take(), 6)).toEqual([4])
    wire.receive({ messageId: 2, options: [block(block2, 1, false, 6)] })
    expect(valueOf(wire.take(), 6)).toBeUndefined()
  })
})
