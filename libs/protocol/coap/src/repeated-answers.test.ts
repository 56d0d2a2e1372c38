import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapMessage, CoapRequest } from './message.js'
import { blockOption, createWire, meter, sampleBody } from './wire.test-support.js'

const block1 = 27
const block2 = 23
const body = sampleBody(1_500)
const read: CoapRequest = { code: Code.Get, uriPath: ['5'], uriQuery: [], payload: noBytes }
const write: CoapRequest = { ...read, code: Code.Put, payload: body }

/** The answer of a peer to the first block, and that to the second. */
const answers: Record<string, [CoapRequest, Partial<CoapMessage>, Partial<CoapMessage>]> = {
  'a body that we send': [
    write,
    { code: Code.Continue, options: [blockOption(block1, 0, true, 6)] },
    { code: Code.Changed, options: [blockOption(block1, 1, false, 6)] },
  ],
  'a body that we read': [
    read,
    { code: Code.Content, options: [blockOption(block2, 0, true, 6)], payload: body.subarray(0, 1_024) },
    { code: Code.Content, options: [blockOption(block2, 1, false, 6)], payload: body.subarray(1_024) },
  ],
}

describe('a peer that answers each transmission of a request, every time separately', () => {
  it.each([
    // each block has a token of its own: nobody waits for the first one any more
    ['a body that we send', false, Type.Reset],
    ['a body that we read', false, Type.Reset],
    ['a body that we send', true, Type.Acknowledgement],
  ])('does not disturb %s (with one token: %s)', async (what, oneTokenPerBody, type) => {
    const [request, first, second] = answers[what]!
    const wire = createWire({ oneTokenPerBody })
    const response = wire.endpoint.request(meter, request)
    const { token } = wire.take()
    wire.receive({ ...first, token, messageId: 100 })
    wire.take()
    const next = wire.take()
    wire.receive({ ...first, token, messageId: 101 })
    expect(wire.take()).toMatchObject({ type, messageId: 101 })
    expect(Buffer.compare(next.token, token) === 0).toBe(oneTokenPerBody)
    wire.receive({ ...second, token: next.token, messageId: 102 })
    expect((await response).code).toBe(second.code)
  })
})
