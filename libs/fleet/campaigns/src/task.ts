import type {
  CampaignRecipe,
  CampaignState,
  OperationState,
  TaskState,
  ValueType,
  WriteValue,
} from '@fieldline/contracts'
import { sameWritten } from '@fieldline/devices'
import type { ExclusionCode } from './preflight.js'

export interface Difference {
  path: string
  expected: WriteValue
  found: WriteValue | null
}

/** Why a task ended as it did. `rejected` carries the device's response code. */
export type TaskCode =
  | ExclusionCode
  | 'read-back-differs'
  | 'not-applied'
  | 'rejected'
  | 'read-back-failed'
  | 'not-confirmed'
  | 'not-delivered'
  | 'operation-cancelled'
  | 'not-heard'
  | 'cancelled'
  | 'campaign-ended'
  | 'decommissioned'

/** One device in one campaign; moments in ms. The steps are: write each path, then read each path back. */
export interface TaskStatus {
  state: TaskState
  /** Index into the steps; 0 before anything was asked of the device. */
  at: number
  /** When its wave was released: silence is counted from here at the earliest. */
  releasedAt?: number
  /** The operation whose outcome is awaited. Set with `withOperation` when the effect is carried out. */
  operationId?: string
  /** Something may have reached the device. */
  touched: boolean
  /** A write was sent and never answered: the read-back decides. */
  doubtful: boolean
  /** A pause took its unsent operation back; it waits for its turn again once that is certain. */
  withheld?: true
  /** When it would last have been silent had its cell not been dark, and how often so far: silence is counted anew from there. */
  held?: { at: number; times: number }
  /** Operations of the present step that expired. */
  expired: number
  differences: Difference[]
  code?: TaskCode
  /** CoAP response code as text. */
  responseCode?: string
}

/** What a task needs of its campaign: the writes, and how each path's values are compared. */
export interface TaskContext {
  write: CampaignRecipe['write']
  typeOf: (path: string) => ValueType
}

/**
 * `release` its wave begins · `offer` its turn has come · `contact` the device was heard · `operation` an operation of this task changed ·
 * `tick` time passed, `silentAt` by `silenceDeadline` · `hold` it would be silent, and so is its cell · `withhold` the campaign pauses · `close` the campaign offers nothing more · `cancel` a person takes it out ·
 * `decommissioned` the device left the fleet.
 */
export type TaskEvent =
  | { type: 'release'; exclude?: ExclusionCode }
  | { type: 'offer'; campaign: CampaignState; awake: boolean; expiresAt: number }
  | { type: 'contact'; campaign: CampaignState; waveActive: boolean; expiresAt: number }
  | {
      type: 'operation'
      operationId: string
      state: OperationState
      code?: string
      found?: WriteValue
      expiresAt: number
    }
  | { type: 'tick'; silentAt: number }
  | { type: 'hold' }
  | { type: 'withhold' }
  | { type: 'close' }
  | { type: 'cancel' }
  | { type: 'decommissioned' }

/** `create-operation` for this device, then `withOperation` · `cancel-operation` if it has not left · `journal` the change of state, or that it is held in its own. */
export type TaskEffect =
  | {
      kind: 'create-operation'
      operation: { kind: 'write'; path: string; value: WriteValue } | { kind: 'read'; path: string }
      expiresAt: number
    }
  | { kind: 'cancel-operation'; operationId: string }
  | { kind: 'journal'; from: TaskState; to: TaskState; code?: TaskCode; responseCode?: string }

export interface TaskStep {
  task: TaskStatus
  effects: TaskEffect[]
}

const over: ReadonlySet<TaskState> = new Set(['excluded', 'verified', 'failed', 'cancelled', 'skipped'])
const maxExpired = 3
/** How often the silence of a device is put down to its cell. */
const mostHolds = 3

/** Whether nothing can change a task any more. A silent device is decided, yet not over: it may be heard again. */
export function isTaskOver(state: TaskState): boolean {
  return over.has(state)
}

/** A device of the audience before its wave. */
export function newTask(): TaskStatus {
  return { state: 'eligible', at: 0, touched: false, doubtful: false, expired: 0, differences: [] }
}

/** The task with the operation that `create-operation` made; store both in one transaction. */
export function withOperation(task: TaskStatus, operationId: string): TaskStatus {
  return { ...task, operationId }
}

function to(task: TaskStatus, state: TaskState, change: Partial<TaskStatus> = {}): TaskStep {
  const next = { ...task, ...change, state }
  if (state === task.state) return { task: next, effects: [] }
  const { code, responseCode } = next
  const told = {
    ...(code === undefined ? {} : { code }),
    ...(responseCode === undefined ? {} : { responseCode }),
  }
  return { task: next, effects: [{ kind: 'journal', from: task.state, to: state, ...told }] }
}

function end(task: TaskStatus, state: TaskState, code?: TaskCode, responseCode?: string): TaskStep {
  const { operationId: _operationId, code: _code, responseCode: _response, ...rest } = letGo(task)
  return to(rest, state, {
    ...(code === undefined ? {} : { code }),
    ...(responseCode === undefined ? {} : { responseCode }),
  })
}

/** Moves to `state` and asks the device for step `at`. */
function ask(
  task: TaskStatus,
  context: TaskContext,
  state: TaskState,
  at: number,
  expiresAt: number,
): TaskStep {
  const { write } = context
  const step = write[at % write.length]
  if (step === undefined) return { task, effects: [] }
  const operation =
    at < write.length ? ({ kind: 'write', ...step } as const) : ({ kind: 'read', path: step.path } as const)
  const { operationId: _operationId, code: _code, ...rest } = carryOn(task)
  const moved = to(rest, state, { at, expired: at === task.at ? task.expired : 0 })
  return { task: moved.task, effects: [...moved.effects, { kind: 'create-operation', operation, expiresAt }] }
}

function readBack(task: TaskStatus, context: TaskContext, expiresAt: number): TaskStep {
  return ask({ ...task, differences: [] }, context, 'verifying', context.write.length, expiresAt)
}

/** The pause no longer concerns it. */
function carryOn(task: TaskStatus): TaskStatus {
  const { withheld: _withheld, ...rest } = task
  return rest
}

/** It was heard, or it is decided: whether its cell was dark does not matter any more. */
function letGo(task: TaskStatus): TaskStatus {
  if (task.held === undefined) return task
  const { held: _held, ...rest } = task
  return rest
}

type OperationEvent = Extract<TaskEvent, { type: 'operation' }>

function onWrite(task: TaskStatus, event: OperationEvent, context: TaskContext): TaskStep {
  switch (event.state) {
    case 'queued':
      return { task, effects: [] }
    case 'sent':
      return to(carryOn(task), 'applying', { touched: true })
    case 'succeeded':
      if (task.at + 1 < context.write.length)
        return ask({ ...task, touched: true }, context, 'applying', task.at + 1, event.expiresAt)
      return readBack({ ...task, touched: true }, context, event.expiresAt)
    case 'failed':
      return end(task, 'failed', 'rejected', event.code)
    case 'unknown':
      // It may have arrived, and may still arrive: what the device holds is the answer, not a second write.
      return readBack({ ...task, touched: true, doubtful: true }, context, event.expiresAt)
    case 'expired': {
      const expired = task.expired + 1
      // It was on its way once and did not make it: what the device holds is the answer.
      if (task.at === 0 && task.touched)
        return readBack({ ...task, doubtful: true }, context, event.expiresAt)
      // Expiry is judged before sending: nothing of this write has left. A sequence that has begun is carried to its end.
      if (task.at > 0) {
        return expired >= maxExpired
          ? readBack({ ...task, doubtful: true }, context, event.expiresAt)
          : ask({ ...task, expired }, context, 'applying', task.at, event.expiresAt)
      }
      if (expired >= maxExpired) return end(task, 'failed', 'not-delivered')
      const { operationId: _operationId, ...rest } = carryOn(task)
      return to(rest, 'queued', { expired })
    }
    case 'cancelled': {
      if (task.touched) return readBack({ ...task, doubtful: true }, context, event.expiresAt)
      if (task.withheld === undefined) return end(task, 'cancelled', 'operation-cancelled')
      const { operationId: _operationId, ...rest } = carryOn(task)
      return to(rest, 'queued')
    }
  }
}

function judge(task: TaskStatus): TaskStep {
  if (task.differences.length === 0) return end(task, 'verified')
  return end(task, 'failed', task.doubtful ? 'not-applied' : 'read-back-differs')
}

function onRead(task: TaskStatus, event: OperationEvent, context: TaskContext): TaskStep {
  switch (event.state) {
    case 'queued':
    case 'sent':
      return { task, effects: [] }
    case 'succeeded': {
      const expected = context.write[task.at - context.write.length]
      if (expected === undefined) return { task, effects: [] }
      const { path, value } = expected
      const equal = sameWritten(context.typeOf(path), value, event.found)
      const differences = equal
        ? task.differences
        : [...task.differences, { path, expected: value, found: event.found ?? null }]
      const known = { ...task, differences }
      return task.at + 1 < 2 * context.write.length
        ? ask(known, context, 'verifying', task.at + 1, event.expiresAt)
        : judge(known)
    }
    case 'failed':
      return end(task, 'failed', 'read-back-failed', event.code)
    case 'unknown':
    case 'expired': {
      const expired = task.expired + 1
      return expired >= maxExpired
        ? end(task, 'failed', 'not-confirmed')
        : ask({ ...task, expired }, context, 'verifying', task.at, event.expiresAt)
    }
    case 'cancelled':
      return end(task, 'failed', 'not-confirmed')
  }
}

function onOperation(task: TaskStatus, event: OperationEvent, context: TaskContext): TaskStep {
  // News of an operation that is no longer awaited, told twice or late.
  if (task.operationId !== event.operationId) return { task, effects: [] }
  if (task.state === 'silent') {
    // An outcome is a sign of life. That it left, or may have, is remembered; the cancellation that silence asked for is no outcome.
    if (event.state === 'sent' || event.state === 'unknown')
      return { task: { ...task, touched: true }, effects: [] }
    if (event.state !== 'succeeded' && event.state !== 'failed') return { task, effects: [] }
  } else if (!['waiting_wake', 'offered', 'applying', 'verifying'].includes(task.state))
    return { task, effects: [] }
  return task.at < context.write.length ? onWrite(task, event, context) : onRead(task, event, context)
}

/** Takes the task out as far as that is possible without cutting into work in flight. */
function withdraw(task: TaskStatus, before: TaskState, code: TaskCode): TaskStep {
  if (task.state === 'eligible' || task.state === 'queued') return end(task, before, code)
  const waiting = task.state === 'waiting_wake' || task.state === 'offered'
  // Whether it could still be stopped is decided where it would be sent; the operation's own end tells.
  if (!waiting || task.operationId === undefined) return { task, effects: [] }
  return { task: carryOn(task), effects: [{ kind: 'cancel-operation', operationId: task.operationId }] }
}

/** Nothing of it has left us, so holding it back cuts nothing: a paused campaign must not go on arriving at each sleeper that wakes. */
function withhold(task: TaskStatus): TaskStep {
  const waiting = task.state === 'waiting_wake' || task.state === 'offered'
  if (!waiting || task.operationId === undefined) return { task, effects: [] }
  return {
    task: { ...task, withheld: true },
    effects: [{ kind: 'cancel-operation', operationId: task.operationId }],
  }
}

function onSilence(task: TaskStatus): TaskStep {
  const silent = to(letGo(task), 'silent', { code: 'not-heard' })
  const unsent = task.state === 'waiting_wake' || task.state === 'offered'
  if (!unsent || task.operationId === undefined) return silent
  return {
    task: silent.task,
    effects: [...silent.effects, { kind: 'cancel-operation', operationId: task.operationId }],
  }
}

function onContact(
  task: TaskStatus,
  event: Extract<TaskEvent, { type: 'contact' }>,
  context: TaskContext,
): TaskStep {
  if (task.state === 'waiting_wake') return to(task, 'offered')
  if (task.state !== 'silent') return { task, effects: [] }
  const { campaign, waveActive, expiresAt } = event
  // Heard again: it goes on from what it really is. What may have arrived is read; what never left gets another turn while there are turns.
  if (task.touched && (campaign === 'running' || campaign === 'paused' || campaign === 'completing')) {
    const { code: _code, ...rest } = task
    return readBack({ ...rest, doubtful: true, expired: 0 }, context, expiresAt)
  }
  if (!task.touched && campaign === 'running' && waveActive) {
    const { code: _code, operationId: _operationId, ...rest } = task
    return to(rest, 'queued', { at: 0, expired: 0 })
  }
  return { task, effects: [] }
}

/** The device is not judged while its cell is dark, but no dark lasts for ever. */
function onHold(task: TaskStatus, now: number): TaskStep {
  const times = (task.held?.times ?? 0) + 1
  if (!isWaiting(task)) return { task, effects: [] }
  if (times > mostHolds) return onSilence(task)
  const { state } = task
  return {
    task: { ...task, held: { at: now, times } },
    effects: times === 1 ? [{ kind: 'journal', from: state, to: state }] : [],
  }
}

/** Something is still to come from the device. */
function isWaiting({ state }: TaskStatus): boolean {
  return state !== 'eligible' && state !== 'silent'
}

/**
 * One step of a task. A task that is over never changes; an outcome of an operation that is not awaited changes nothing; nothing is offered
 * unless the campaign is running. Effects are carried out in the transaction that stores the new task.
 * @param now ms
 */
export function stepTask(task: TaskStatus, event: TaskEvent, context: TaskContext, now: number): TaskStep {
  if (isTaskOver(task.state)) return { task, effects: [] }
  switch (event.type) {
    case 'release':
      if (task.state !== 'eligible') return { task, effects: [] }
      if (event.exclude !== undefined) return end(task, 'excluded', event.exclude)
      return to(task, 'queued', { releasedAt: now })
    case 'offer':
      if (task.state !== 'queued' || event.campaign !== 'running') return { task, effects: [] }
      return ask(task, context, event.awake ? 'offered' : 'waiting_wake', 0, event.expiresAt)
    case 'contact':
      return onContact(letGo(task), event, context)
    case 'operation':
      return onOperation(event.state === 'queued' ? task : letGo(task), event, context)
    case 'tick':
      return isWaiting(task) && now >= event.silentAt ? onSilence(task) : { task, effects: [] }
    case 'hold':
      return onHold(task, now)
    case 'withhold':
      return withhold(task)
    case 'close':
      return withdraw(task, 'skipped', 'campaign-ended')
    case 'cancel':
      return withdraw(task, 'cancelled', 'cancelled')
    case 'decommissioned':
      return end(task, 'skipped', 'decommissioned')
  }
}
