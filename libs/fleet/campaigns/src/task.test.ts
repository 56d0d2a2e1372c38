import type { CampaignState, OperationState, WriteValue } from '@fieldline/contracts'
import { registryDefinitions } from '@fieldline/object-model'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkRecipe,
  countTasks,
  explainTask,
  isTaskOver,
  newTask,
  preflight,
  stepTask,
  tally,
  withOperation,
  type TaskContext,
  type TaskEvent,
  type TaskStatus,
} from './index.js'

const context: TaskContext = { write: [{ path: '/1/0/3', value: 3_600 }], typeOf: () => 'integer' }
const twoPaths: TaskContext = { ...context, write: [...context.write, { path: '/1/0/2', value: 60 }] }

/** Drives one task and plays the store: each created operation gets the next number. */
function drive(ctx: TaskContext = context) {
  let task = newTask()
  let operations = 0
  const cancelled: string[] = []
  const created: string[] = []
  const send = (event: TaskEvent, now = 0) => {
    const result = stepTask(task, event, ctx, now)
    task = result.task
    for (const effect of result.effects) {
      if (effect.kind === 'cancel-operation') cancelled.push(effect.operationId)
      if (effect.kind !== 'create-operation') continue
      operations += 1
      created.push(`${effect.operation.kind} ${effect.operation.path}`)
      task = withOperation(task, `op${operations}`)
    }
    return result.effects
  }
  return {
    send,
    created,
    cancelled,
    get task() {
      return task
    },
    release: () => send({ type: 'release' }),
    offer: (campaign: CampaignState = 'running', awake = true) =>
      send({ type: 'offer', campaign, awake, expiresAt: 100 }),
    outcome: (
      state: OperationState,
      more: { code?: string; found?: WriteValue; operationId?: string } = {},
    ) => send({ type: 'operation', operationId: `op${operations}`, state, expiresAt: 100, ...more }),
  }
}
type Driver = ReturnType<typeof drive>
function offered(ctx?: TaskContext): Driver {
  const driver = drive(ctx)
  driver.release()
  driver.offer()
  return driver
}

describe('a task', () => {
  it('is written, read back and confirmed', () => {
    const one = drive()
    one.release()
    expect(one.task.state).toBe('queued')
    one.offer('running', false)
    expect(one.task.state).toBe('waiting_wake')
    one.send({ type: 'contact', campaign: 'running', waveActive: true, expiresAt: 1 })
    expect(one.task.state).toBe('offered')
    one.outcome('sent')
    expect(one.task.state).toBe('applying')
    one.outcome('succeeded', { code: '2.04' })
    expect(one.task.state).toBe('verifying')
    one.outcome('succeeded', { code: '2.05', found: '3600' })
    expect(one.task).toMatchObject({ state: 'verified', differences: [] })
    expect(one.created).toEqual(['write /1/0/3', 'read /1/0/3'])
  })
  it('writes every path, then reads every path back', () => {
    const one = offered(twoPaths)
    for (const found of [undefined, undefined, 3_600, 59]) one.outcome('succeeded', { found })
    expect(one.created).toEqual(['write /1/0/3', 'write /1/0/2', 'read /1/0/3', 'read /1/0/2'])
    expect(one.task).toMatchObject({ state: 'failed', code: 'read-back-differs' })
    expect(explainTask(one.task, null, 0)).toBe(
      'Not updated: it accepted the value and reads back another: /1/0/2 is 59 instead of 60',
    )
  })
  it('that accepts the write and reads back nothing is not confirmed', () => {
    const one = offered()
    one.outcome('succeeded')
    one.outcome('succeeded')
    expect(one.task).toMatchObject({
      state: 'failed',
      code: 'read-back-differs',
      differences: [{ found: null }],
    })
  })
  it('that is refused by the device fails with the code in words', () => {
    const one = offered()
    one.outcome('failed', { code: '4.05' })
    expect(one.task).toMatchObject({ state: 'failed', code: 'rejected', responseCode: '4.05' })
    expect(explainTask(one.task, null, 0)).toContain('4.05 Method Not Allowed')
  })
  it('whose write is unknown is resolved by reading, not by a second write', () => {
    for (const [found, state] of [
      [3_600, 'verified'],
      [60, 'failed'],
    ] as const) {
      const one = offered()
      one.outcome('sent')
      one.outcome('unknown')
      expect(one.created).toEqual(['write /1/0/3', 'read /1/0/3'])
      one.outcome('succeeded', { found })
      expect(one.task.state).toBe(state)
      if (state === 'failed') expect(one.task.code).toBe('not-applied')
    }
  })
  it('whose write never left gets another turn, three times at most', () => {
    const one = offered()
    one.outcome('expired')
    expect(one.task.state).toBe('queued')
    one.offer()
    one.outcome('expired')
    one.offer()
    one.outcome('expired')
    expect(one.task).toMatchObject({ state: 'failed', code: 'not-delivered' })
  })
  it('whose read-back does not come is asked three times, then not confirmed', () => {
    const one = offered()
    one.outcome('succeeded')
    for (const state of ['expired', 'expired', 'expired'] as const) one.outcome(state)
    expect(one.task).toMatchObject({ state: 'failed', code: 'not-confirmed' })
    expect(one.created.filter((operation) => operation.startsWith('read'))).toHaveLength(3)
  })
  it('is not offered unless the campaign is running', () => {
    for (const campaign of ['draft', 'validating', 'paused', 'completing', 'finished', 'aborted'] as const) {
      const one = drive()
      one.release()
      expect(one.offer(campaign)).toEqual([])
      expect(one.task.state).toBe('queued')
    }
  })
  it('ignores news of operations that are not awaited', () => {
    const one = offered()
    expect(one.outcome('succeeded', { operationId: 'stranger' })).toEqual([])
    one.outcome('succeeded')
    expect(
      one.send({ type: 'operation', operationId: 'op1', state: 'failed', code: '5.00', expiresAt: 1 }),
    ).toEqual([])
    expect(one.task.state).toBe('verifying')
  })
  it('that a pause takes back before it left waits for its turn again', () => {
    const one = offered()
    one.send({ type: 'withhold' })
    expect(one.cancelled).toEqual(['op1'])
    one.outcome('cancelled')
    expect(one.task.state).toBe('queued')
    one.offer()
    expect(one.task.state).toBe('offered')
    one.outcome('cancelled')
    expect(one.task).toMatchObject({ state: 'cancelled', code: 'operation-cancelled' })
  })
  it('that had left when the pause came goes on', () => {
    const one = offered()
    one.send({ type: 'withhold' })
    one.outcome('sent')
    one.outcome('succeeded')
    one.outcome('succeeded', { found: 3_600 })
    expect(one.task.state).toBe('verified')
  })
  it('in flight is not cut by an abort; what has not begun is skipped', () => {
    const waiting = drive()
    waiting.send({ type: 'close' })
    expect(waiting.task.state).toBe('skipped')
    const unsent = offered()
    unsent.send({ type: 'withhold' })
    unsent.send({ type: 'close' })
    unsent.outcome('cancelled')
    expect(unsent.task.state).toBe('cancelled')
    const flying = offered()
    flying.outcome('sent')
    expect(flying.send({ type: 'close' })).toEqual([])
    flying.outcome('succeeded')
    flying.outcome('succeeded', { found: 3_600 })
    expect(flying.task.state).toBe('verified')
  })
  it('becomes silent at its deadline in every undecided state, and its unsent operation is taken back', () => {
    const one = offered()
    expect(one.send({ type: 'tick', silentAt: 10 }, 9)).toEqual([])
    one.send({ type: 'tick', silentAt: 10 }, 10)
    expect(one.task.state).toBe('silent')
    expect(one.cancelled).toEqual(['op1'])
    const queued = drive()
    queued.release()
    queued.send({ type: 'tick', silentAt: 10 }, 10)
    expect(queued.task.state).toBe('silent')
  })
  it('that was silent and is heard again goes on from what it really is', () => {
    const heard = { type: 'contact', waveActive: true, expiresAt: 1 } as const
    const untouched = offered()
    untouched.send({ type: 'tick', silentAt: 0 }, 1)
    untouched.outcome('cancelled')
    untouched.send({ ...heard, campaign: 'paused' })
    expect(untouched.task.state).toBe('silent')
    untouched.send({ ...heard, campaign: 'running' })
    expect(untouched.task.state).toBe('queued')
    const touched = offered()
    touched.outcome('sent')
    touched.send({ type: 'tick', silentAt: 0 }, 1)
    touched.outcome('unknown')
    touched.send({ ...heard, campaign: 'completing' })
    touched.outcome('succeeded', { found: 3_600 })
    expect(touched.task.state).toBe('verified')
    const finished = offered()
    finished.outcome('sent')
    finished.send({ type: 'tick', silentAt: 0 }, 1)
    finished.send({ ...heard, campaign: 'finished' })
    expect(finished.task.state).toBe('silent')
  })
  it('that was excluded or removed says why', () => {
    const busy = drive()
    busy.send({ type: 'release', exclude: 'in-another-campaign' })
    expect(explainTask(busy.task, null, 0)).toBe('Left out: in another running campaign that writes the same')
    const gone = offered()
    gone.send({ type: 'decommissioned' })
    expect(gone.task).toMatchObject({ state: 'skipped', code: 'decommissioned' })
  })
})

const operationEvent = fc
  .record({
    operationId: fc.constantFrom('own', 'own', 'own', 'stranger'),
    state: fc.constantFrom<OperationState>(
      'queued',
      'sent',
      'succeeded',
      'failed',
      'expired',
      'cancelled',
      'unknown',
    ),
    found: fc.constantFrom(3_600, 60, undefined),
  })
  .map((news): TaskEvent => ({ type: 'operation', expiresAt: 1, ...news }))
const anyEvent = fc.oneof(
  { weight: 4, arbitrary: operationEvent },
  {
    weight: 3,
    arbitrary: fc.constantFrom<TaskEvent>(
      { type: 'release' },
      { type: 'offer', campaign: 'running', awake: true, expiresAt: 1 },
      { type: 'offer', campaign: 'running', awake: false, expiresAt: 1 },
      { type: 'offer', campaign: 'paused', awake: true, expiresAt: 1 },
      { type: 'contact', campaign: 'running', waveActive: true, expiresAt: 1 },
      { type: 'contact', campaign: 'completing', waveActive: false, expiresAt: 1 },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<TaskEvent>(
      { type: 'release', exclude: 'not-offered' },
      { type: 'tick', silentAt: 0 },
      { type: 'withhold' },
      { type: 'close' },
      { type: 'cancel' },
      { type: 'decommissioned' },
    ),
  },
)

describe('a sequence of writes', () => {
  it('that has begun is carried to its end, and read back when a part of it is not delivered', () => {
    const one = offered(twoPaths)
    one.outcome('succeeded')
    for (const state of ['expired', 'expired', 'expired'] as const) one.outcome(state)
    expect(one.created).toEqual([
      'write /1/0/3',
      'write /1/0/2',
      'write /1/0/2',
      'write /1/0/2',
      'read /1/0/3',
    ])
    one.outcome('succeeded', { found: 3_600 })
    one.outcome('succeeded', { found: 0 })
    expect(one.task).toMatchObject({ state: 'failed', code: 'not-applied' })
  })
})

describe('a fleet of tasks', () => {
  it('always adds up, never leaves an end, writes only when running, and is verified only by an equal read-back', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), anyEvent), { maxLength: 120 }), (story) => {
        const fleet = Array.from({ length: 5 }, () => drive())
        for (const [index, event] of story) {
          const one = fleet[index] as Driver
          const before: TaskStatus = one.task
          const own =
            event.type === 'operation' && event.operationId === 'own' && before.operationId !== undefined
          const effects = one.send(own ? { ...event, operationId: before.operationId as string } : event, 1)
          if (isTaskOver(before.state)) expect(one.task).toBe(before)
          const offers = effects.some(
            (effect) => effect.kind === 'create-operation' && effect.operation.kind === 'write',
          )
          if (offers) expect(event).toMatchObject({ type: 'offer', campaign: 'running' })
          if (one.task.state === 'verified' && before.state !== 'verified')
            expect(event).toMatchObject({ type: 'operation', state: 'succeeded', found: 3_600 })
          if (effects.length > 0 && before.state !== one.task.state)
            expect(effects[0]).toMatchObject({ kind: 'journal', from: before.state, to: one.task.state })
          expect(tally(countTasks(fleet.map(({ task }) => task))).members).toBe(5)
        }
      }),
      { numRuns: 300 },
    )
  })
  it('comes to an end once nothing is offered any more', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 60 }), (story) => {
        const one = drive()
        for (const event of story) {
          const operationId = one.task.operationId
          one.send(
            event.type === 'operation' && operationId !== undefined ? { ...event, operationId } : event,
            1,
          )
        }
        for (
          let round = 0;
          round < 12 && !isTaskOver(one.task.state) && one.task.state !== 'silent';
          round += 1
        ) {
          one.send({ type: 'close' }, 2)
          one.outcome('cancelled')
        }
        expect(isTaskOver(one.task.state) || one.task.state === 'silent').toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('preflight', () => {
  const fit = { registration: 'registered' as const, links: ['/1/0', '/3/0'], busyPaths: [] as string[] }
  it('leaves out who never came, has left, offers nothing to write, or is busy with the same', () => {
    expect(preflight(context.write, fit)).toBeUndefined()
    expect(preflight(context.write, { ...fit, registration: 'expired' })).toBeUndefined()
    expect(preflight(context.write, { ...fit, registration: 'provisioned' })).toBe('never-heard')
    expect(preflight(context.write, { ...fit, registration: 'deregistered' })).toBe('deregistered')
    expect(preflight(context.write, { ...fit, links: ['/3/0'] })).toBe('not-offered')
    for (const busy of ['/1/0/3', '/1/0', '/1/0/3/0'])
      expect(preflight(context.write, { ...fit, busyPaths: [busy] })).toBe('in-another-campaign')
    expect(preflight(context.write, { ...fit, busyPaths: ['/1/0/2', '/1/1/3'] })).toBeUndefined()
  })
  it('refuses a recipe that nothing could confirm', () => {
    const check =
      (...paths: string[]) =>
      () =>
        checkRecipe({ write: paths.map((path) => ({ path, value: 1 })) }, registryDefinitions)
    expect(check('/1/0/3', '/1/0/2')).not.toThrow()
    expect(check('/5/0/0')).toThrow(/nothing could confirm/)
    expect(check('/33333/0/1')).toThrow(/nothing could confirm/)
    expect(check('/1/0')).toThrow(/single resources/)
    expect(check('/3442/0/1120', '/3442/0/1120/0')).toThrow(/overlaps/)
  })
})
