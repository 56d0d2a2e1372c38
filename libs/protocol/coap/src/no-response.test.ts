import { Code } from '@fieldline/bytes'
import { describe, expect, it } from 'vitest'
import { Type, noBytes } from './message.js'
import type { CoapRequest, CoapResponse } from './message.js'
import { blockOption, createWire, meter, option, valueOf } from './wire.test-support.js'
import type { Wire } from './wire.test-support.js'

const noResponse = 258
const write: CoapRequest = { code: Code.Put, uriPath: ['x'], uriQuery: [], payload: Uint8Array.of(1) }

function ask(wire: Wire, fields: Partial<CoapRequest>): { response?: CoapResponse; error?: unknown } {
  const outcome: { response?: CoapResponse; error?: unknown } = {}
  void wire.endpoint.request(meter, { ...write, ...fields }).then(
    (response) => (outcome.response = response),
    (error: unknown) => (outcome.error = error),
  )
  return outcome
}

describe('a request with No-Response that arrives (RFC 7967)', () => {
  const cases: [string, number, number, boolean][] = [
    ['2.04 to one that wants no 2.xx', 2, Code.Changed, false],
    ['4.04 to one that wants no 2.xx', 2, Code.NotFound, true],
    ['4.04 to one that wants no 4.xx', 8, Code.NotFound, false],
    ['5.00 to one that wants no 4.xx', 8, Code.InternalServerError, true],
    ['5.00 to one that wants no 5.xx', 16, Code.InternalServerError, false],
    ['2.04 to one that wants none at all', 26, Code.Changed, false],
    ['2.04 to one that wants them all', 0, Code.Changed, true],
  ]
  for (const [name, value, code, isSent] of cases) {
    it(`${isSent ? 'is answered' : 'is not answered'} ${name}`, () => {
      const wire = createWire()
      wire.endpoint.serve(() => ({ code, payload: noBytes }))
      const options = [option(11, 'x'), option(noResponse, value === 0 ? [] : [value])]
      wire.receive({ type: Type.NonConfirmable, code: Code.Put, messageId: 1, options })
      expect(wire.sent.map(({ message }) => message.code)).toEqual(isSent ? [code] : [])
      // RFC 7252 §4.2: a confirmable one is acknowledged all the same.
      wire.receive({ type: Type.Confirmable, code: Code.Put, messageId: 2, options })
      expect(wire.sent.at(-1)?.message).toMatchObject({
        type: 2,
        code: isSent ? code : Code.Empty,
        messageId: 2,
      })
      expect(wire.endpoint.counters.suppressedAnswers).toBe(isSent ? 0 : 2)
    })
  }

  it('is acknowledged again when it is repeated', () => {
    const wire = createWire()
    let calls = 0
    wire.endpoint.serve(() => ({ code: (calls++, Code.Changed), payload: noBytes }))
    for (let i = 0; i < 2; i++) {
      wire.receive({ code: Code.Put, messageId: 1, options: [option(noResponse, [2])] })
      expect(wire.take()).toMatchObject({ type: Type.Acknowledgement, code: Code.Empty })
    }
    expect(calls).toBe(1)
  })

  it('still has its blocks answered', () => {
    const wire = createWire()
    wire.endpoint.serve(() => ({ code: Code.Changed, payload: noBytes }))
    const block = { code: Code.Put, payload: new Uint8Array(16) }
    wire.receive({ ...block, messageId: 1, options: [blockOption(27, 0, true, 0), option(noResponse, [2])] })
    expect(wire.take().code).toBe(Code.Continue)
    wire.receive({ ...block, messageId: 2, options: [blockOption(27, 1, false, 0), option(noResponse, [2])] })
    expect(wire.take().code).toBe(Code.Empty)
  })
})

describe('a request with No-Response that is sent', () => {
  it('carries the option and resolves with 0.00 as it leaves, if it wants nothing and is non-confirmable', async () => {
    const wire = createWire()
    const outcome = ask(wire, { confirmable: false, noResponse: 26 })
    expect(valueOf(wire.take(), noResponse)).toEqual([26])
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Empty)
  })

  it('resolves with 0.00 on the acknowledgement, if it wants nothing and is confirmable', async () => {
    const wire = createWire()
    const outcome = ask(wire, { noResponse: 26 })
    const { messageId } = wire.take()
    await wire.settle()
    expect(outcome).toEqual({})
    wire.receive({ type: Type.Acknowledgement, code: Code.Empty, messageId })
    await wire.settle()
    expect(outcome.response?.code).toBe(Code.Empty)
  })

  it('resolves with the error that it wants, or with 0.00 when none has come in time', async () => {
    for (const comes of [true, false]) {
      const wire = createWire()
      const outcome = ask(wire, { confirmable: false, noResponse: 2 })
      const { token } = wire.take()
      if (comes) wire.receive({ type: Type.NonConfirmable, code: Code.NotFound, messageId: 9, token })
      wire.clock.advance(94_000)
      await wire.settle()
      expect(outcome.response?.code).toBe(comes ? Code.NotFound : Code.Empty)
      expect(wire.endpoint.counters.timeouts).toBe(0)
    }
  })
})
