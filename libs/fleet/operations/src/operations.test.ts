import { DomainError, operationKinds, type CreateOperation } from '@fieldline/contracts'
import {
  definitionsOf,
  firstDefinition,
  registryDefinitions,
  type ObjectDefinition,
} from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  defaultExpiry,
  expectedDelivery,
  isRepeatable,
  isTerminal,
  parseExpiry,
  step,
  validateOperation,
  type ContactForecast,
  type OperationContext,
  type OperationEvent,
  type OperationStatus,
} from './index.js'

const valve: ObjectDefinition = {
  id: 33_001,
  name: 'Gas shut-off valve',
  version: '1.0',
  lwm2mVersion: '1.0',
  urn: '',
  multiple: false,
  mandatory: false,
  resources: new Map([
    [
      1,
      {
        id: 1,
        name: 'Position',
        operations: 'RW',
        multiple: false,
        mandatory: true,
        type: 'integer',
        range: '',
        units: '',
      },
    ],
  ]),
}
const context: OperationContext = {
  definition: firstDefinition(definitionsOf([valve]), registryDefinitions),
  endpoint: 'urn:imei:1',
}

function judge(request: CreateOperation, change: Partial<OperationContext> = {}): string {
  try {
    validateOperation(request, { ...context, ...change })
    return 'accepted'
  } catch (error) {
    if (error instanceof DomainError) return `${error.code} ${error.field}`
    throw error
  }
}

describe('a request', () => {
  const verdicts: [CreateOperation, string][] = [
    [{ kind: 'read', path: '/3/0/9' }, 'accepted'],
    [{ kind: 'read', path: '/3' }, 'accepted'],
    [{ kind: 'read', path: '/33333/0/1' }, 'accepted'],
    [{ kind: 'read', path: '/3/0/26241' }, 'accepted'],
    [{ kind: 'read', path: '/3/0/4' }, 'not-readable path'],
    [{ kind: 'read', path: '/5/0/0' }, 'not-readable path'],
    [{ kind: 'read', path: '/0/0' }, 'not-readable path'],
    [{ kind: 'read', path: '/3/0/9', value: 1 }, 'invalid-request value'],
    [{ kind: 'read', path: '/' }, 'invalid-request path'],
    [{ kind: 'read', path: 'x' }, 'invalid-request path'],
    [{ kind: 'observe', path: '/3/0/9' }, 'accepted'],
    [{ kind: 'observe', path: '/3/0/4' }, 'not-readable path'],
    [{ kind: 'cancel-observe', path: '/3/0/9' }, 'accepted'],
    [{ kind: 'discover', path: '/3' }, 'accepted'],
    [{ kind: 'discover', path: '/3/0/7/1' }, 'invalid-request path'],
    [{ kind: 'write', path: '/1/0/3', value: 3_600 }, 'accepted'],
    [{ kind: 'write', path: '/1/0/3' }, 'invalid-request value'],
    [{ kind: 'write', path: '/1/0/3', value: 'soon' }, 'wrong-type value'],
    [{ kind: 'write', path: '/1/0/3', value: 1.5 }, 'wrong-type value'],
    [{ kind: 'write', path: '/1/0/3', value: { 0: 1 } }, 'wrong-type value'],
    [{ kind: 'write', path: '/1/0/3/0', value: 1 }, 'invalid-request path'],
    [{ kind: 'write', path: '/1/0', value: { 3: 1 } }, 'unsupported path'],
    [{ kind: 'write', path: '/1', value: 1 }, 'invalid-request path'],
    [{ kind: 'write', path: '/3/0/0', value: 'x' }, 'read-only path'],
    [{ kind: 'write', path: '/3/0/4', value: 1 }, 'read-only path'],
    [{ kind: 'write', path: '/10266/0/6005', value: '99999999999999999999' }, 'wrong-type value'],
    [{ kind: 'write', path: '/10272/0/6019', value: 0 }, 'out-of-range value'],
    [{ kind: 'write', path: '/10272/0/6019', value: 60 }, 'accepted'],
    [{ kind: 'write', path: '/33333/0/1', value: 1 }, 'unsupported path'],
    [{ kind: 'write', path: '/3/0/26241', value: 1 }, 'unsupported path'],
    [{ kind: 'write', path: '/3442/0/1120', value: { 0: 1, 7: 2 } }, 'accepted'],
    [{ kind: 'write', path: '/3442/0/1120', value: { 0: 1, 7: 'x' } }, 'wrong-type value'],
    [{ kind: 'write', path: '/3442/0/1120', value: 1 }, 'wrong-type value'],
    [{ kind: 'write', path: '/3442/0/1120/3', value: 1 }, 'accepted'],
    [{ kind: 'execute', path: '/1/0/8' }, 'accepted'],
    [{ kind: 'execute', path: '/3441/0/3', value: "0='a b'" }, 'wrong-type value'],
    [{ kind: 'execute', path: '/3441/0/3', value: "0='ab',1" }, 'accepted'],
    [{ kind: 'execute', path: '/3/0/9' }, 'not-executable path'],
    [{ kind: 'execute', path: '/33333/0/1' }, 'unsupported path'],
    [{ kind: 'execute', path: '/3/0' }, 'invalid-request path'],
  ]
  for (const [request, verdict] of verdicts)
    it(`to ${request.kind} ${request.path} ${JSON.stringify(request.value) ?? ''}: ${verdict}`, () =>
      expect(judge(request)).toBe(verdict))

  it('that clears a register or moves a valve is refused, confirmed or not', () => {
    for (const confirm of [undefined, 'urn:imei:1']) {
      expect(judge({ kind: 'execute', path: '/3424/0/2', confirm })).toBe('hazard-refused path')
      expect(judge({ kind: 'write', path: '/3306/0/5850', value: true, confirm })).toBe('hazard-refused path')
      expect(judge({ kind: 'write', path: '/33001/0/1', value: 1, confirm })).toBe('hazard-refused path')
    }
  })
  it('that may cut the device off or restarts it needs its name typed again', () => {
    for (const request of [
      { kind: 'write', path: '/1/0/1', value: 60 },
      { kind: 'execute', path: '/3/0/4' },
      { kind: 'execute', path: '/3/0/5' },
    ] as const) {
      expect(judge(request)).toBe('confirmation-required confirm')
      expect(judge({ ...request, confirm: 'urn:imei:2' })).toBe('confirmation-required confirm')
      expect(judge({ ...request, confirm: 'urn:imei:1' })).toBe('accepted')
      expect(judge({ ...request, confirm: 'urn:imei:1' }, { bulk: true })).toBe('hazard-refused path')
    }
  })
  it('that is wrong is called wrong before anybody is asked to confirm it', () => {
    expect(judge({ kind: 'write', path: '/1/0/1', value: 'x' })).toBe('wrong-type value')
  })
  it('whose reading moves a delivery pointer is made for one device, never for many', () => {
    for (const path of ['/10266/0/6029', '/10266/0', '/10266']) {
      expect(judge({ kind: 'read', path })).toBe('accepted')
      expect(judge({ kind: 'read', path }, { bulk: true })).toBe('hazard-refused path')
    }
  })
  it('becomes typed nodes', () => {
    expect(
      validateOperation({ kind: 'write', path: '/3442/0/1120', value: { 0: '9223372036854775807' } }, context)
        .nodes,
    ).toEqual([
      {
        path: { objectId: 3442, instanceId: 0, resourceId: 1120, resourceInstanceId: 0 },
        type: 'integer',
        value: 9223372036854775807n,
      },
    ])
  })
  it('may name its end between 10 seconds and 30 days', () => {
    expect(parseExpiry('1970-01-01T00:01:00Z', 0)).toBe(60_000)
    for (const text of ['1970-01-01T00:00:05Z', '1969-01-01T00:00:00Z', '1971-01-01T00:00:00Z', 'soon'])
      expect(() => parseExpiry(text, 0)).toThrow(DomainError)
  })
})

const queued: OperationStatus = { kind: 'execute', state: 'queued', expiresAt: 1_000, attempts: 0 }
function run(operation: OperationStatus, ...events: [OperationEvent, number][]) {
  let result: ReturnType<typeof step> = { operation, effects: [] }
  for (const [event, now] of events) result = step(result.operation, event, now)
  return result
}
const dispatch: OperationEvent = { type: 'dispatch', answerBy: 500 }

describe('an operation', () => {
  it('is sent, answered and done', () => {
    expect(run(queued, [dispatch, 10]).effects[0]).toEqual({ kind: 'send' })
    expect(run(queued, [dispatch, 10], [{ type: 'answered', code: '2.04' }, 20]).operation).toMatchObject({
      state: 'succeeded',
      code: '2.04',
      sentAt: 10,
      finishedAt: 20,
    })
    expect(run(queued, [dispatch, 10], [{ type: 'answered', code: '4.05' }, 20]).operation.state).toBe(
      'failed',
    )
  })
  it('that is past its end is not sent', () => {
    const late = run(queued, [dispatch, 1_000])
    expect(late.operation.state).toBe('expired')
    expect(late.effects).not.toContainEqual({ kind: 'send' })
  })
  it('that changes something and got no answer is unknown', () => {
    for (const event of [{ type: 'no-answer' }, { type: 'recovered' }] as const) {
      for (const kind of ['write', 'execute'] as const)
        expect(run({ ...queued, kind }, [dispatch, 10], [event, 20]).operation.state).toBe('unknown')
      for (const kind of ['read', 'discover', 'observe', 'cancel-observe'] as const)
        expect(run({ ...queued, kind }, [dispatch, 10], [event, 20]).operation).toMatchObject({
          state: 'queued',
          attempts: 1,
        })
    }
    expect(run(queued, [dispatch, 10], [{ type: 'tick' }, 499]).operation.state).toBe('sent')
    expect(run(queued, [dispatch, 10], [{ type: 'tick' }, 500]).operation.state).toBe('unknown')
  })
  it('that never left may be tried again', () => {
    expect(run(queued, [dispatch, 10], [{ type: 'not-sent' }, 11]).operation).toEqual(queued)
  })
  it('can be taken back while it waits and not after', () => {
    expect(run(queued, [{ type: 'cancel' }, 5]).operation.state).toBe('cancelled')
    expect(() => run(queued, [dispatch, 10], [{ type: 'cancel' }, 20])).toThrow(/cannot be taken back/)
    expect(() => run(queued, [{ type: 'cancel' }, 5], [{ type: 'cancel' }, 6])).toThrow(/ended already/)
  })
  it('never leaves a terminal state, and never leaves us twice when it changes something', () => {
    const events = fc.array(
      fc.tuple(
        fc.oneof(
          fc.nat(2_000).map((answerBy): OperationEvent => ({ type: 'dispatch', answerBy })),
          fc.constantFrom<OperationEvent>(
            { type: 'answered', code: '2.04' },
            { type: 'answered', code: '5.00' },
            { type: 'no-answer' },
            { type: 'recovered' },
            { type: 'tick' },
            { type: 'cancel' },
          ),
        ),
        fc.nat(300),
      ),
      { maxLength: 30 },
    )
    fc.assert(
      fc.property(fc.constantFrom(...operationKinds), events, (kind, story) => {
        let operation: OperationStatus = { ...queued, kind }
        let now = 0
        let sends = 0
        for (const [event, pause] of story) {
          now += pause
          const before = operation
          try {
            const result = step(operation, event, now)
            operation = result.operation
            sends += result.effects.filter((effect) => effect.kind === 'send').length
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError)
          }
          if (isTerminal(before.state)) expect(operation).toBe(before)
        }
        if (!isRepeatable(kind)) expect(sends).toBeLessThanOrEqual(1)
        const end = step(step(operation, { type: 'tick' }, 1e9).operation, { type: 'tick' }, 1e9).operation
        expect(isTerminal(end.state)).toBe(true)
      }),
    )
  })
})

describe('the forecast', () => {
  const hour = 3_600_000
  const now = Date.UTC(2025, 10, 3, 2)
  const sleeper: ContactForecast = {
    registration: 'registered',
    queueMode: true,
    awakeUntil: now - 1,
    expectedAt: now + 160 * 60_000,
    lateAt: now + 3 * hour,
    silentAt: now + 99 * hour,
    cadenceSeconds: 24 * 3_600,
    graceSeconds: 50 * 60,
  }
  it('tells when a sleeper will hear, and how far that may be off', () => {
    const expected = now + 160 * 60_000
    expect(expectedDelivery(sleeper, now)).toEqual({ at: expected, graceSeconds: 3_000 })
    expect(expectedDelivery({ ...sleeper, graceSeconds: undefined }, now)).toEqual({ at: expected })
  })
  it('is at once for a device that is awake, and unknown for one never heard', () => {
    expect(expectedDelivery({ ...sleeper, awakeUntil: now + 1 }, now)).toEqual({ at: now })
    expect(expectedDelivery({ ...sleeper, registration: 'provisioned', expectedAt: null }, now)).toBeNull()
  })
  it('after a missed contact is the next of the same rhythm', () => {
    const next = now + 160 * 60_000 + 24 * hour
    expect(expectedDelivery(sleeper, now + 4 * hour)).toEqual({ at: next, graceSeconds: 3_000 })
  })
  it('gives an operation two expected contacts, ten minutes at least and a week at most', () => {
    expect(defaultExpiry(sleeper, now)).toBe(now + (160 + 24 * 60 + 50) * 60_000)
    expect(
      defaultExpiry({ ...sleeper, expectedAt: now + 1, cadenceSeconds: 60, graceSeconds: 30 }, now),
    ).toBe(now + 600_000)
    expect(defaultExpiry({ ...sleeper, cadenceSeconds: 30 * 86_400 }, now)).toBe(now + 7 * 24 * hour)
    expect(defaultExpiry({ ...sleeper, expectedAt: null }, now)).toBe(now + 7 * 24 * hour)
    expect(defaultExpiry(sleeper, now + 10 * hour)).toBeGreaterThan(now + 10 * hour + 24 * hour)
  })
})
