import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { FreshnessRequired } from './errors.js'
import { Type, noBytes } from './message.js'
import type { CoapRequest, CoapResponse } from './message.js'
import {
  blockOption,
  createWire,
  meter,
  option,
  otherMeter,
  sampleBody,
  valueOf,
} from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const echo = 252
const execute: CoapRequest = { code: Code.Post, uriPath: ['3', '0', '4'], uriQuery: [], payload: noBytes }

/** Sends a request and keeps how it ends. */
function ask(wire: Wire, request: CoapRequest = execute): { response?: CoapResponse; error?: unknown } {
  const outcome: { response?: CoapResponse; error?: unknown } = {}
  void wire.endpoint.request(meter, request).then(
    (response) => (outcome.response = response),
    (error: unknown) => (outcome.error = error),
  )
  return outcome
}

describe('a client that is asked to prove freshness (RFC 9175 §2.3)', () => {
  it('sends its request again with the Echo value of a 4.01, under a new Message ID', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    const first = wire.take()
    expect(valueOf(first, echo)).toBeUndefined()
    wire.receive({
      ...first,
      type: Type.Acknowledgement,
      code: Code.Unauthorized,
      options: [option(echo, [7, 8])],
    })
    const second = wire.take()
    expect(second.messageId).not.toBe(first.messageId)
    expect(valueOf(second, echo)).toEqual([7, 8])
    expect(second.options.filter(({ number }) => number === 11)).toHaveLength(3)
    wire.receive({ ...second, type: Type.Acknowledgement, code: Code.Changed, options: [] })
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Changed)
  })

  it('begins a body in blocks anew', async () => {
    const wire = createWire()
    const outcome = ask(wire, { ...execute, code: Code.Put, payload: sampleBody(1500) })
    for (const [num, more, code, options] of [
      [0, true, Code.Continue, [blockOption(27, 0, true, 6)]],
      [1, false, Code.Unauthorized, [option(echo, [9])]],
      [0, true, Code.Continue, [blockOption(27, 0, true, 6)]],
      [1, false, Code.Changed, [blockOption(27, 1, false, 6)]],
    ] as const) {
      const block = wire.take()
      expect(valueOf(block, 27)).toEqual([(num << 4) | (more ? 8 : 0) | 6])
      wire.receive({ ...block, type: Type.Acknowledgement, code, options, payload: noBytes })
    }
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Changed)
  })

  it('gives up asking after two values and resolves with the 4.01', async () => {
    const wire = createWire()
    const outcome = ask(wire)
    for (let i = 0; i < 3; i++) {
      const message = wire.take()
      wire.receive({
        ...message,
        type: Type.Acknowledgement,
        code: Code.Unauthorized,
        options: [option(echo, [i])],
      })
    }
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Unauthorized)
    expect(wire.sent).toHaveLength(0)
  })

  it('sends a value that came unasked with its next request to that peer, once', async () => {
    const wire = createWire()
    ask(wire)
    const first = wire.take()
    wire.receive({ ...first, type: Type.Acknowledgement, code: Code.Changed, options: [option(echo, [5])] })
    await wire.settle()
    void wire.endpoint.request(otherMeter, execute).catch(() => undefined)
    expect(valueOf(wire.take(), echo)).toBeUndefined()
    ask(wire)
    const second = wire.take()
    expect(valueOf(second, echo)).toEqual([5])
    wire.receive({ ...second, type: Type.Acknowledgement, code: Code.Changed, options: [] })
    await wire.settle()
    ask(wire)
    expect(valueOf(wire.take(), echo)).toBeUndefined()
  })
})

describe('a server whose handler demands freshness', () => {
  const set = { code: Code.Post, options: [option(11, 'rd')], token: Uint8Array.of(1) }
  const demanding = (): { wire: Wire; handled: number[] } => {
    const wire = createWire()
    const handled: number[] = []
    wire.endpoint.serve((request) => {
      if (!request.isFresh(30_000)) throw new FreshnessRequired()
      handled.push(request.code)
      return { code: Code.Changed, payload: noBytes }
    })
    return { wire, handled }
  }
  /** Asks without a value; answers the one that is given. */
  const challenge = (wire: Wire, messageId: number, from = meter) => {
    wire.receive({ ...set, messageId }, from)
    const answer = wire.take()
    expect(answer.code).toBe(Code.Unauthorized)
    return option(echo, valueOf(answer, echo))
  }

  it('answers 4.01 with an Echo value, and acts when it comes back in time', () => {
    const { wire, handled } = demanding()
    const value = challenge(wire, 1)
    wire.clock.advance(30_000)
    wire.receive({ ...set, messageId: 2, options: [...set.options, value] })
    expect(wire.take().code).toBe(Code.Changed)
    expect(handled).toHaveLength(1)
    expect(wire.endpoint.counters.echoesDemanded).toBe(1)
  })

  it('takes no value that is too old, altered, of another peer or of another endpoint', () => {
    const { wire, handled } = demanding()
    const value = challenge(wire, 1)
    const altered = option(echo, [...value.value.slice(0, -1), value.value.at(-1)! ^ 1])
    const foreign = challenge(demanding().wire, 1)
    expect(challenge(createdWith(2), 1)).not.toEqual(value)
    wire.receive({ ...set, messageId: 2, options: [...set.options, value] }, otherMeter)
    wire.receive({ ...set, messageId: 3, options: [...set.options, altered] })
    wire.receive({ ...set, messageId: 4, options: [...set.options, option(echo, [1, 2, 3])] })
    wire.clock.advance(30_001)
    wire.receive({ ...set, messageId: 5, options: [...set.options, value] })
    expect(wire.sent.map(({ message }) => message.code)).toEqual(Array<number>(4).fill(Code.Unauthorized))
    expect(handled).toEqual([])
    expect(foreign.value).toHaveLength(14)
  })

  function createdWith(seed: number): Wire {
    const wire = createWire({ seed })
    wire.endpoint.serve(() => {
      throw new FreshnessRequired()
    })
    return wire
  }
})
