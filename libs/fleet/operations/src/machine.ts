import { DomainError, screenWords, type OperationKind, type OperationState } from '@fieldline/contracts'

/** What the machine needs to know of an operation; moments in ms. Whoever stores it keeps more beside it. */
export interface OperationStatus {
  kind: OperationKind
  state: OperationState
  expiresAt: number
  sentAt?: number
  /** No answer is expected any more after this. */
  answerBy?: number
  finishedAt?: number
  /** CoAP response code as text, such as `2.04`. */
  code?: string
  /** How often it left us. */
  attempts: number
}

/**
 * `dispatch` the device listens and it is this one's turn · `answered` a response came · `no-answer` the exchange was given up · `not-sent`
 * nothing left us (no address, no socket, an exchange refused locally) · `recovered` the process that had sent it is gone · `cancel` a person
 * takes it back · `tick` time passed.
 */
export type OperationEvent =
  | { type: 'dispatch'; answerBy: number }
  | { type: 'answered'; code: string }
  | { type: 'no-answer' }
  | { type: 'not-sent' }
  | { type: 'recovered' }
  | { type: 'cancel' }
  | { type: 'tick' }

/** `send` the datagram may leave, once the new state is stored · `wake-up` look again at `at` · `changed` tell whoever waits. */
export type OperationEffect =
  { kind: 'send' } | { kind: 'wake-up'; at: number } | { kind: 'changed'; state: OperationState }

export interface OperationStep {
  operation: OperationStatus
  effects: OperationEffect[]
}

const terminal: ReadonlySet<OperationState> = new Set([
  'succeeded',
  'failed',
  'expired',
  'cancelled',
  'unknown',
])

/** Whether nothing can change an operation in this state any more. */
export function isTerminal(state: OperationState): boolean {
  return terminal.has(state)
}

/** Whether a repetition changes nothing on the device. What changes something is sent at most once. */
export function isRepeatable(kind: OperationKind): boolean {
  return kind !== 'write' && kind !== 'execute'
}

function finish(
  operation: OperationStatus,
  state: OperationState,
  now: number,
  code?: string,
): OperationStep {
  const finished = { ...operation, state, finishedAt: now, ...(code === undefined ? {} : { code }) }
  return { operation: finished, effects: [{ kind: 'changed', state }] }
}

/** No answer came: it may or may not have arrived. */
function unanswered(operation: OperationStatus, now: number): OperationStep {
  if (!isRepeatable(operation.kind)) return finish(operation, 'unknown', now)
  if (now >= operation.expiresAt) return finish(operation, 'expired', now)
  return requeue(operation)
}

function requeue(operation: OperationStatus): OperationStep {
  const { sentAt: _sentAt, answerBy: _answerBy, ...waiting } = operation
  return {
    operation: { ...waiting, state: 'queued' },
    effects: [
      { kind: 'wake-up', at: operation.expiresAt },
      { kind: 'changed', state: 'queued' },
    ],
  }
}

function stepQueued(operation: OperationStatus, event: OperationEvent, now: number): OperationStep {
  if (event.type === 'cancel') return finish(operation, 'cancelled', now)
  // Expiry is judged right before the datagram leaves: a promise of yesterday is not kept today.
  if (now >= operation.expiresAt) return finish(operation, 'expired', now)
  if (event.type !== 'dispatch') return { operation, effects: [] }
  const sent: OperationStatus = {
    ...operation,
    state: 'sent',
    sentAt: now,
    answerBy: event.answerBy,
    attempts: operation.attempts + 1,
  }
  return {
    operation: sent,
    effects: [{ kind: 'send' }, { kind: 'wake-up', at: event.answerBy }, { kind: 'changed', state: 'sent' }],
  }
}

function stepSent(operation: OperationStatus, event: OperationEvent, now: number): OperationStep {
  switch (event.type) {
    case 'answered':
      return finish(operation, event.code.startsWith('2.') ? 'succeeded' : 'failed', now, event.code)
    case 'not-sent':
      // Nothing left: this attempt does not count, whatever the kind.
      return now >= operation.expiresAt
        ? finish(operation, 'expired', now)
        : requeue({ ...operation, attempts: Math.max(0, operation.attempts - 1) })
    case 'no-answer':
    case 'recovered':
      return unanswered(operation, now)
    case 'tick':
      return now >= (operation.answerBy ?? operation.expiresAt)
        ? unanswered(operation, now)
        : { operation, effects: [] }
    case 'dispatch':
      return { operation, effects: [] }
    case 'cancel':
      throw new DomainError(
        'conflict',
        'It has been sent already and cannot be taken back; wait for its outcome',
      )
  }
}

/**
 * One step of an operation. The new state must be stored before the effects are carried out: that is what makes `send` happen at most once
 * for a write or an execute. A terminal operation never changes.
 * @param now ms
 * @throws DomainError conflict (409) when something is cancelled that has left or has ended
 */
export function step(operation: OperationStatus, event: OperationEvent, now: number): OperationStep {
  if (operation.state === 'queued') return stepQueued(operation, event, now)
  if (operation.state === 'sent') return stepSent(operation, event, now)
  if (event.type === 'cancel')
    throw new DomainError(
      'conflict',
      `It has ended already: ${screenWords.operation[operation.state].toLowerCase()}`,
    )
  return { operation, effects: [] }
}
