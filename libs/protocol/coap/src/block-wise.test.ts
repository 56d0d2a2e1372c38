import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { NoAnswer, RequestError } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapMessage, CoapRequest, CoapResponse } from './message.js'
import type { IncomingRequest } from './port.js'
import { createWire, meter, option, sampleBody, valueOf } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const block1 = 27
const block2 = 23
const size1 = 60
const changed: CoapResponse = { code: Code.Changed, payload: noBytes }
const body = sampleBody(2_500)

function block(number: number, num: number, more: boolean, szx: number) {
  const value = (num << 4) | (more ? 8 : 0) | szx
  return option(number, value === 0 ? [] : value < 256 ? [value] : [value >> 8, value & 255])
}

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

describe('a request body in blocks, sent', () => {
  const write: CoapRequest = { code: Code.Put, uriPath: ['5', '0', '0'], uriQuery: [], payload: body }
  const start = (wire: Wire, request = write) => {
    const outcome: { code?: number; error?: RequestError } = {}
    void wire.endpoint.request(meter, request).then(
      (response) => (outcome.code = response.code),
      (error: unknown) => (outcome.error = error as RequestError),
    )
    return outcome
  }
  const answer = (
    wire: Wire,
    { messageId, token }: CoapMessage,
    code: number,
    ...options: CoapMessage['options']
  ) => wire.receive({ type: Type.Acknowledgement, code, messageId, token, options })

  it('is one block after another, with its size in the first', async () => {
    const wire = createWire()
    const outcome = start(wire)
    const parts: number[] = []
    for (const num of [0, 1, 2]) {
      expect(wire.sent).toHaveLength(1)
      const message = wire.take()
      expect(valueOf(message, block1)).toEqual([(num << 4) | (num < 2 ? 8 : 0) | 6])
      expect(valueOf(message, size1)).toEqual(num === 0 ? [0x09, 0xc4] : undefined)
      parts.push(...message.payload)
      answer(wire, message, num < 2 ? Code.Continue : Code.Changed, block(block1, num, num < 2, 6))
    }
    await wire.settle()
    expect(parts).toEqual([...body])
    expect(outcome.code).toBe(Code.Changed)
  })

  it('goes on in the smaller blocks that the peer asks for, an empty option being the smallest', async () => {
    for (const szx of [2, 0]) {
      const wire = createWire()
      const outcome = start(wire)
      const parts: number[] = []
      for (let i = 0; wire.sent.length > 0; i++) {
        const message = wire.take()
        const [high = 0, low] = valueOf(message, block1) as number[]
        const num = (low === undefined ? high : (high << 8) | low) >> 4
        expect(num * (i === 0 ? 1_024 : 16 << szx)).toBe(parts.length)
        parts.push(...message.payload)
        const more = parts.length < body.length
        answer(wire, message, more ? Code.Continue : Code.Changed, block(block1, num, false, szx))
        await wire.settle()
      }
      expect(parts).toEqual([...body])
      expect(outcome.code).toBe(Code.Changed)
    }
  })

  it('starts again in smaller blocks after 4.13 with a hint, also if it was not in blocks', async () => {
    for (const payload of [body, body.subarray(0, 600)]) {
      const wire = createWire()
      start(wire, { ...write, payload })
      answer(wire, wire.take(), Code.RequestEntityTooLarge, block(block1, 0, true, 4))
      const again = wire.take()
      expect(valueOf(again, block1)).toEqual([8 | 4])
      expect(again.payload).toEqual(payload.subarray(0, 256))
    }
  })

  it('stops at the first error', async () => {
    const wire = createWire()
    const outcome = start(wire)
    answer(wire, wire.take(), Code.MethodNotAllowed, block(block1, 0, true, 6))
    await wire.settle()
    expect(outcome.code).toBe(Code.MethodNotAllowed)
    expect(wire.sent).toHaveLength(0)
  })

  it('stops at 4.13 without a smaller block', async () => {
    const wire = createWire()
    const outcome = start(wire)
    answer(wire, wire.take(), Code.RequestEntityTooLarge)
    await wire.settle()
    expect(outcome.code).toBe(Code.RequestEntityTooLarge)
  })

  it('is rejected, not thrown, when the peer answers with another block, a larger size, or none', async () => {
    for (const options of [[block(block1, 3, true, 6)], [option(block1, [0x0f])], []]) {
      const wire = createWire()
      const outcome = start(wire)
      answer(wire, wire.take(), Code.Continue, ...options)
      await wire.settle()
      expect(outcome.error).toMatchObject({ reason: 'bad-response', acknowledged: true })
    }
  })

  it('lets other requests pass between its blocks, but no second body', () => {
    const wire = createWire()
    start(wire)
    start(wire)
    start(wire, { code: Code.Get, uriPath: ['3'], uriQuery: [], payload: noBytes })
    answer(wire, wire.take(), Code.Continue, block(block1, 0, true, 6))
    const read = wire.take()
    expect(read.code).toBe(Code.Get)
    answer(wire, read, Code.Content)
    expect(valueOf(wire.take(), block1)).toEqual([0x1e])
  })
})

describe('a long answer, received', () => {
  const read: CoapRequest = {
    code: Code.Get,
    uriPath: ['3'],
    uriQuery: [],
    accept: 110,
    observe: 0,
    payload: noBytes,
  }
  const start = (wire: Wire, request = read) => {
    const outcome: { response?: CoapResponse; error?: RequestError } = {}
    void wire.endpoint.request(meter, request).then(
      (response) => (outcome.response = response),
      (error: unknown) => (outcome.error = error as RequestError),
    )
    return outcome
  }
  const give = (wire: Wire, num: number, more: boolean, szx = 6, tag = 1, all = body) => {
    const { messageId, token } = wire.take()
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      options: [
        option(4, [tag]),
        ...(num === 0 ? [option(6, [9])] : []),
        option(12, [110]),
        block(block2, num, more, szx),
      ],
      payload: all.subarray(num * (16 << szx), (num + 1) * (16 << szx)),
    })
  }

  it('is put together; later blocks are asked for without Observe and with another token', async () => {
    const wire = createWire()
    const outcome = start(wire)
    const { token } = wire.sent[0].message
    give(wire, 0, true)
    const next = wire.sent[0].message
    expect(next.token).not.toEqual(token)
    expect(next.options).toEqual([option(11, '3'), option(17, [110]), block(block2, 1, false, 6)])
    give(wire, 1, true)
    give(wire, 2, false)
    await wire.settle()
    expect(outcome.response).toMatchObject({ code: Code.Content, contentFormat: 110, observe: 9 })
    expect(outcome.response?.payload).toEqual(body)
  })

  it('may be a single block with an empty option', async () => {
    const wire = createWire()
    const outcome = start(wire)
    const { messageId, token } = wire.take()
    wire.receive({
      type: Type.Acknowledgement,
      code: Code.Content,
      messageId,
      token,
      options: [option(block2), option(block1)],
      payload: Uint8Array.of(1),
    })
    await wire.settle()
    expect(outcome.response?.payload).toEqual(Uint8Array.of(1))
  })

  it('is begun again when its entity tag changes, but not for ever', async () => {
    const wire = createWire()
    const outcome = start(wire)
    give(wire, 0, true, 6, 1)
    give(wire, 1, true, 6, 2)
    expect(valueOf(wire.sent[0].message, block2)).toEqual([6])
    give(wire, 0, true, 6, 2)
    give(wire, 1, true, 6, 2)
    give(wire, 2, false, 6, 2)
    await wire.settle()
    expect(outcome.response?.payload).toEqual(body)

    const restless = start(wire)
    for (let tag = 1; !restless.error && tag < 20; tag++) {
      give(wire, tag % 2 === 1 ? 0 : 1, true, 6, tag)
      await wire.settle()
    }
    expect(restless.error).toMatchObject({ reason: 'bad-response' })
  })

  it('over the limit is given up', async () => {
    const wire = createWire({ limits: { maxBody: 2_000 } })
    const outcome = start(wire)
    give(wire, 0, true)
    give(wire, 1, true)
    await wire.settle()
    expect(outcome.error).toMatchObject({ reason: 'too-large', acknowledged: true })
  })

  it('with a block out of order or cut short is rejected', async () => {
    for (const damage of ['order', 'length']) {
      const wire = createWire()
      const outcome = start(wire)
      give(wire, 0, true)
      if (damage === 'order') give(wire, 2, false)
      else give(wire, 1, true, 6, 1, body.subarray(0, 1_500))
      await wire.settle()
      expect(outcome.error).toMatchObject({ reason: 'bad-response' })
    }
  })

  it('continues in smaller blocks if the peer shrinks them', async () => {
    const wire = createWire()
    const outcome = start(wire)
    give(wire, 0, true, 6)
    for (let num = 4; num * 256 < body.length; num++) give(wire, num, (num + 1) * 256 < body.length, 4)
    await wire.settle()
    expect(outcome.response?.payload).toEqual(body)
  })

  it('is asked for in small blocks if we want them so', () => {
    const wire = createWire({ limits: { blockSize: 64 } })
    start(wire)
    expect(valueOf(wire.take(), block2)).toEqual([2])
  })
})
