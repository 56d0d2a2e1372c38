import { describe, expect, it } from 'vitest'
import { explainTask, isCellDark, newTask, silenceDeadline, stepTask } from './index.js'
import type { Neighbour, TaskContext, TaskStatus } from './index.js'

describe('the silence deadline', () => {
  const silence = { missed: 3, grace: 300 }
  it('is k expected contacts and the grace after the last contact, or after the release if that was later', () => {
    expect(silenceDeadline({ lastContactAt: 10_000, cadenceSeconds: 60 }, silence, 0)).toBe(10_000 + 480_000)
    expect(silenceDeadline({ lastContactAt: 10_000, cadenceSeconds: 60 }, silence, 20_000)).toBe(
      20_000 + 480_000,
    )
    expect(silenceDeadline({ lastContactAt: null, cadenceSeconds: 60 }, silence, 20_000)).toBe(
      20_000 + 480_000,
    )
  })
  it('moves by the time our own listeners were down', () => {
    expect(silenceDeadline({ lastContactAt: 0, cadenceSeconds: 60, downtimeMs: 7_000 }, silence, 0)).toBe(
      487_000,
    )
  })
})

describe('a cell', () => {
  const now = 10_000
  const since = 5_000
  const missing: Neighbour = { lastContactAt: 1_000, lateAt: 9_000, touched: false }
  const heard: Neighbour = { lastContactAt: 6_000, lateAt: 12_000, touched: false }

  it('is dark when more of its untouched meters went missing since than were heard, two at least', () => {
    expect(isCellDark([missing, missing], since, now)).toBe(true)
    expect(isCellDark([missing, missing, missing, heard, heard], since, now)).toBe(true)
    expect(isCellDark([missing, missing, heard, heard], since, now)).toBe(false)
    expect(isCellDark([missing], since, now)).toBe(false)
    expect(isCellDark([], since, now)).toBe(false)
  })

  it('is judged by those only that say something', () => {
    const notExpectedYet: Neighbour = { ...missing, lateAt: 90_000 }
    const longDead: Neighbour = { ...missing, lateAt: 4_000 }
    expect(isCellDark([missing, missing, notExpectedYet, notExpectedYet], since, now)).toBe(true)
    expect(isCellDark([notExpectedYet, notExpectedYet], since, now)).toBe(false)
    expect(isCellDark([longDead, longDead], since, now)).toBe(false)
  })

  it('is not dark because of meters that a campaign may have killed, and shines by all that are heard', () => {
    const killed: Neighbour = { ...missing, touched: true }
    expect(isCellDark([killed, killed, killed], since, now)).toBe(false)
    expect(
      isCellDark([missing, missing, ...[1, 2].map(() => ({ ...heard, touched: true }))], since, now),
    ).toBe(false)
  })
})

describe('a task whose cell is dark', () => {
  const context: TaskContext = { write: [{ path: '/1/0/3', value: 60 }], typeOf: () => 'integer' }
  const waiting: TaskStatus = { ...newTask(), state: 'waiting_wake', releasedAt: 0, operationId: 'op1' }
  const hold = (task: TaskStatus, now: number) => stepTask(task, { type: 'hold' }, context, now)
  const held = hold(waiting, 7_000).task

  it('is not silent, says why once, and is counted anew from then', () => {
    expect(held).toMatchObject({ state: 'waiting_wake', held: { at: 7_000, times: 1 }, operationId: 'op1' })
    expect(explainTask(held, 9_000, 8_000)).toMatch(/neither are most others in its cell/)
    expect(hold(waiting, 7_000).effects).toMatchObject([{ kind: 'journal' }])
    expect(hold(held, 8_000)).toEqual({ task: { ...held, held: { at: 8_000, times: 2 } }, effects: [] })
  })

  it('goes on as if nothing had been once it is heard, or its operation moves', () => {
    const contact = { type: 'contact', campaign: 'running', waveActive: true, expiresAt: 1 } as const
    expect(stepTask(held, contact, context, 8_000).task).toEqual({ ...waiting, state: 'offered' })
    const sent = { type: 'operation', operationId: 'op1', state: 'sent', expiresAt: 1 } as const
    expect(stepTask(held, sent, context, 8_000).task).not.toHaveProperty('held')
  })

  it('is silent all the same when its time has come and the cell is not dark any more, or after three rounds', () => {
    const { task } = stepTask(held, { type: 'tick', silentAt: 9_000 }, context, 9_000)
    expect(task).toMatchObject({ state: 'silent', code: 'not-heard' })
    expect(task).not.toHaveProperty('held')
    const third = hold(hold(held, 8_000).task, 9_000).task
    expect(third.state).toBe('waiting_wake')
    expect(hold(third, 10_000).task.state).toBe('silent')
  })

  it('changes nothing where nothing is to come from the device', () => {
    expect(hold(newTask(), 1)).toEqual({ task: newTask(), effects: [] })
  })
})
