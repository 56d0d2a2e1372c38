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
  const missing: Neighbour = { lastContactAt: 1_000, lateAt: 9_000 }
  const heard: Neighbour = { lastContactAt: 6_000, lateAt: 12_000 }
  const notExpectedYet: Neighbour = { lastContactAt: 1_000, lateAt: 90_000 }

  it('is dark when more of its untouched meters are missing than were heard since, two at least', () => {
    expect(isCellDark([missing, missing], since, now)).toBe(true)
    expect(isCellDark([missing, missing, missing, heard, heard], since, now)).toBe(true)
    expect(isCellDark([missing, missing, heard, heard], since, now)).toBe(false)
    expect(isCellDark([missing], since, now)).toBe(false)
    expect(isCellDark([], since, now)).toBe(false)
  })

  it('is judged by those only that say something: who is not expected yet does not', () => {
    expect(isCellDark([missing, missing, notExpectedYet, notExpectedYet], since, now)).toBe(true)
    expect(isCellDark([notExpectedYet, notExpectedYet], since, now)).toBe(false)
  })
})

describe('a task whose cell is dark', () => {
  const context: TaskContext = { write: [{ path: '/1/0/3', value: 60 }], typeOf: () => 'integer' }
  const waiting: TaskStatus = { ...newTask(), state: 'waiting_wake', releasedAt: 0, operationId: 'op1' }
  const held = stepTask(waiting, { type: 'hold' }, context, 7_000).task

  it('is not silent, says why, and is counted anew from then', () => {
    expect(held).toMatchObject({ state: 'waiting_wake', heldAt: 7_000, operationId: 'op1' })
    expect(explainTask(held, 9_000, 8_000)).toMatch(/neither are others in its cell/)
  })

  it('goes on as if nothing had been once it is heard, or its operation moves', () => {
    const contact = { type: 'contact', campaign: 'running', waveActive: true, expiresAt: 1 } as const
    expect(stepTask(held, contact, context, 8_000).task).toEqual({ ...waiting, state: 'offered' })
    const sent = { type: 'operation', operationId: 'op1', state: 'sent', expiresAt: 1 } as const
    expect(stepTask(held, sent, context, 8_000).task).not.toHaveProperty('heldAt')
  })

  it('is silent all the same when its time has come and the cell is not dark any more', () => {
    const { task } = stepTask(held, { type: 'tick', silentAt: 9_000 }, context, 9_000)
    expect(task).toMatchObject({ state: 'silent', code: 'not-heard' })
    expect(task).not.toHaveProperty('heldAt')
  })

  it('changes nothing where nothing is to come from the device', () => {
    expect(stepTask(newTask(), { type: 'hold' }, context, 1).task).toEqual(newTask())
  })
})
