import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import type { RequestError } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapMessage, CoapRequest, CoapResponse } from './message.js'
import { blockOption as block, createWire, meter, option, sampleBody, valueOf } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const block1 = 27
const block2 = 23
const size1 = 60
const body = sampleBody(2_500)

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

/** Answers every block of a body; gives the tokens and block numbers that arrived, until `refuse` gives a code for one. */
function takeBody(wire: Wire, refuse: (num: number) => number | undefined = () => undefined) {
  const tokens: string[] = []
  const nums: number[] = []
  let refusal: number | undefined
  while (wire.sent.length > 0 && refusal === undefined) {
    const { messageId, token, options } = wire.take()
    const [high = 0, low] = options.find(({ number }) => number === block1)!.value
    const value = low === undefined ? high : (high << 8) | low
    const num = value >> 4
    const more = (value & 8) !== 0
    tokens.push(Buffer.from(token).toString('hex'))
    nums.push(num)
    refusal = refuse(num)
    const code = refusal ?? (more ? Code.Continue : Code.Changed)
    wire.receive({
      type: Type.Acknowledgement,
      code,
      messageId,
      token,
      options: [block(block1, num, more, 6)],
    })
  }
  return { nums, tokens: new Set(tokens).size }
}

describe('the tokens of the blocks of a body', () => {
  const ask = (wire: Wire, code: Code = Code.Put, payload = body) => {
    const outcome: { code?: number } = {}
    const request = { code, uriPath: ['5', '0', '0'], uriQuery: [], payload }
    void wire.endpoint.request(meter, request).then((response) => (outcome.code = response.code))
    return outcome
  }
  const whole = [0, 1, 2]

  it('are all different', () => {
    const wire = createWire()
    ask(wire, Code.Post)
    expect(takeBody(wire)).toEqual({ nums: whole, tokens: 3 })
  })

  it('are one where the endpoint is told so', () => {
    const wire = createWire({ oneTokenPerBody: true })
    ask(wire, Code.Post)
    expect(takeBody(wire)).toEqual({ nums: whole, tokens: 1 })
  })

  it.each([
    ['4.08 to any request', Code.RequestEntityIncomplete, Code.Post, 2],
    ['4.04 to the second block of any request', Code.NotFound, Code.Post, 1],
    ['5.00 to one that may be done twice', Code.InternalServerError, Code.Put, 2],
  ])('are one in a second try after %s, and for a while after', async (_, refusal, code, at) => {
    const wire = createWire()
    const outcome = ask(wire, code)
    const first = takeBody(wire, (num) => (num === at ? refusal : undefined))
    expect(first).toEqual({ nums: whole.slice(0, at + 1), tokens: at + 1 })
    expect(takeBody(wire)).toEqual({ nums: whole, tokens: 1 })
    await wire.settle()
    expect(outcome.code).toBe(Code.Changed)
    expect(wire.endpoint.counters.bodiesSentAgain).toBe(1)
    const tokens: number[] = []
    for (let i = 0; i < 18; i++) {
      ask(wire, Code.Post)
      tokens.push(takeBody(wire).tokens)
    }
    // the peer may only have restarted in the middle of a body
    expect(tokens).toEqual([...new Array<number>(16).fill(1), 3, 3])
  })

  it('are tried as one only once, and the outcome of that is the outcome', async () => {
    const wire = createWire()
    const refuse = (num: number) => (num === 2 ? Code.RequestEntityIncomplete : undefined)
    const outcome = ask(wire)
    takeBody(wire, refuse)
    expect(takeBody(wire, refuse).tokens).toBe(1)
    await wire.settle()
    expect(outcome.code).toBe(Code.RequestEntityIncomplete)
    expect(wire.sent).toHaveLength(0)
  })

  it.each([
    ['5.00 to what might be done twice', Code.InternalServerError, Code.Post, 2, body],
    ['4.08 to the first block', Code.RequestEntityIncomplete, Code.Put, 0, body],
    ['4.00', Code.BadRequest, Code.Put, 2, body],
    ['4.04 to the last of three blocks', Code.NotFound, Code.Post, 2, body],
    ['4.08 when more than 16 KiB have left', Code.RequestEntityIncomplete, Code.Put, 16, sampleBody(20_000)],
  ])('get no second try after %s', async (_, refusal, code, at, payload) => {
    const wire = createWire()
    const outcome = ask(wire, code, payload)
    takeBody(wire, (num) => (num === at ? refusal : undefined))
    await wire.settle()
    expect(outcome.code).toBe(refusal)
    expect(wire.sent).toHaveLength(0)
  })

  it('are one in a second try when 16 KiB have left', () => {
    const wire = createWire()
    ask(wire, Code.Put, sampleBody(20_000))
    takeBody(wire, (num) => (num === 15 ? Code.RequestEntityIncomplete : undefined))
    expect(takeBody(wire).tokens).toBe(1)
  })

  it('are that of the observation in a request to observe, without a second try', async () => {
    const wire = createWire()
    const token = wire.endpoint.newToken()
    const request = { code: Code.Fetch, uriPath: ['x'], uriQuery: [], observe: 0, payload: body }
    const response = wire.endpoint.request(meter, request, { token })
    expect(wire.sent[0].message.token).toEqual(token)
    const refuse = (num: number) => (num === 1 ? Code.RequestEntityIncomplete : undefined)
    expect(takeBody(wire, refuse)).toEqual({ nums: [0, 1], tokens: 1 })
    expect((await response).code).toBe(Code.RequestEntityIncomplete)
  })

  it('are followed by others for the rest of the answer', () => {
    for (const oneTokenPerBody of [false, true]) {
      const wire = createWire({ oneTokenPerBody })
      const request = { code: Code.Post, uriPath: ['x'], uriQuery: [], payload: noBytes }
      void wire.endpoint.request(meter, request)
      const { messageId, token } = wire.take()
      const options = [block(block2, 0, true, 6)]
      const payload = body.subarray(0, 1_024)
      wire.receive({ type: Type.Acknowledgement, code: Code.Content, messageId, token, options, payload })
      expect(Buffer.compare(wire.take().token, token) === 0).toBe(oneTokenPerBody)
    }
  })
})
