import { DomainError, type CampaignRecipe, type CampaignState, type WaveState } from '@fieldline/contracts'
import { tally, type WaveCounts } from './counts.js'
import { errorGate, successGate, type Forgiven, type GateInputs } from './gates.js'
import { waveSizes } from './waves.js'

/** One wave as the machine remembers it; moments in ms. */
export interface WaveStatus {
  size: number
  soakSeconds: number
  state: WaveState
  releasedAt?: number
  soakUntil?: number
  finishedAt?: number
  verdict?: GateInputs
  forgiven?: Forgiven
  overridden?: { by: string; reason: string }
}

/** Why the campaign stands where it stands. */
export type CampaignCause =
  | { code: 'operator'; by: string; reason?: string }
  | { code: 'gate'; inputs: GateInputs }
  | { code: 'expired'; at: number }
  | { code: 'nobody'; excluded: number }
  | { code: 'audience'; detail: string }
  | { code: 'done' }

/** A campaign as its machine sees it: counts come with the events, no device is ever held. */
export interface CampaignStatus {
  recipe: Pick<CampaignRecipe, 'waves' | 'success' | 'error' | 'silence' | 'expiresAt'>
  state: CampaignState
  pausedBy?: 'operator' | 'gate'
  cause?: CampaignCause
  /** How it will end once nobody is in flight. */
  ending?: 'finished' | 'aborted'
  waves: WaveStatus[]
  members: number
  startedAt?: number
  finishedAt?: number
}

/** `counts` holds one entry per wave, in order. */
export type CampaignEvent =
  | { type: 'start'; by: string; reason?: string }
  | { type: 'drawn'; members: number; excluded: number }
  | { type: 'draw-failed'; detail: string }
  | { type: 'pause'; by: string; reason?: string }
  | { type: 'resume'; by: string; reason: string; counts: readonly WaveCounts[] }
  | { type: 'abort'; by: string; reason?: string }
  | { type: 'tick'; counts: readonly WaveCounts[] }

/**
 * What is to be done, as data. `draw-audience` snapshot and preflight, then `drawn` · `assign-waves` members to waves by size · `release-wave`
 * the tasks of a wave · `offer` its queued tasks · `withhold-tasks` what has not left yet · `close-tasks` whoever is not in flight · `changed` tell whoever watches.
 */
export type CampaignEffect =
  | { kind: 'draw-audience' }
  | { kind: 'assign-waves'; sizes: number[] }
  | { kind: 'release-wave'; wave: number }
  | { kind: 'offer'; wave: number }
  | { kind: 'withhold-tasks'; wave: number }
  | { kind: 'close-tasks' }
  | { kind: 'wake-up'; at: number }
  | {
      kind: 'audit'
      action: string
      by?: string
      reason?: string
      wave?: number
      from: string
      to: string
      inputs?: GateInputs
    }
  | { kind: 'changed' }

export interface CampaignStep {
  state: CampaignStatus
  effects: CampaignEffect[]
}

const none: WaveCounts = { tasks: {} }

/** Whether nothing can change a campaign any more. */
export function isCampaignOver(state: CampaignState): boolean {
  return state === 'finished' || state === 'aborted'
}

/** A campaign as it is first written down. */
export function draftCampaign(recipe: CampaignStatus['recipe']): CampaignStatus {
  return { recipe, state: 'draft', waves: [], members: 0 }
}

/** Index of the wave that is under way (released, not yet passed), or -1. */
export function activeWave(state: CampaignStatus): number {
  return state.waves.findIndex((wave) =>
    ['preflight', 'releasing', 'soaking', 'evaluating', 'failed'].includes(wave.state),
  )
}

type Told = { by?: string; reason?: string; wave?: number; inputs?: GateInputs }

function enter(
  state: CampaignStatus,
  to: CampaignState,
  change: Partial<CampaignStatus>,
  action: string,
  told: Told = {},
): CampaignStep {
  const { pausedBy: _pausedBy, ...rest } = state
  const effects: CampaignEffect[] = [
    { kind: 'audit', action, ...told, from: state.state, to },
    { kind: 'changed' },
  ]
  return { state: { ...rest, ...change, state: to }, effects }
}

function enterWave(
  state: CampaignStatus,
  index: number,
  to: WaveState,
  change: Partial<WaveStatus>,
  told: Told = {},
): CampaignStep {
  const from = state.waves[index]?.state ?? 'pending'
  const waves = state.waves.map((wave, at) => (at === index ? { ...wave, ...change, state: to } : wave))
  const effects: CampaignEffect[] = [
    { kind: 'audit', action: `wave.${to}`, ...told, wave: index, from, to },
    { kind: 'changed' },
  ]
  return { state: { ...state, waves }, effects }
}

function complete(
  state: CampaignStatus,
  ending: 'finished' | 'aborted',
  cause: CampaignCause,
  action: string,
  told: Told = {},
): CampaignStep {
  const entered = enter(state, 'completing', { ending, cause }, action, told)
  return { state: entered.state, effects: [...entered.effects, { kind: 'close-tasks' }] }
}

/** Stops offers; what was offered and has not left us is taken back, what has left is followed. */
function pause(
  state: CampaignStatus,
  by: 'operator' | 'gate',
  cause: CampaignCause,
  action: string,
  told: Told,
): CampaignStep {
  const paused = enter(state, 'paused', { pausedBy: by, cause }, action, told)
  const wave = activeWave(state)
  return wave < 0
    ? paused
    : { state: paused.state, effects: [...paused.effects, { kind: 'withhold-tasks', wave }] }
}

function and(first: CampaignStep, next: (state: CampaignStatus) => CampaignStep): CampaignStep {
  const second = next(first.state)
  return { state: second.state, effects: [...first.effects, ...second.effects] }
}

function release(state: CampaignStatus, index: number, now: number): CampaignStep {
  const released = enterWave(state, index, 'releasing', { releasedAt: now })
  return { state: released.state, effects: [...released.effects, { kind: 'release-wave', wave: index }] }
}

/** What follows a wave that is over: the next one with members, or the end. */
function goOn(state: CampaignStatus, now: number): CampaignStep {
  const next = state.waves.findIndex((wave) => wave.state === 'pending')
  return next >= 0
    ? release(state, next, now)
    : complete(state, 'finished', { code: 'done' }, 'campaign.complete')
}

function expiryOf(state: CampaignStatus): number {
  return state.recipe.expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(state.recipe.expiresAt)
}

function tripped(
  state: CampaignStatus,
  index: number,
  counts: readonly WaveCounts[],
): GateInputs | undefined {
  const wave = state.waves[index]
  if (wave === undefined || !['releasing', 'soaking', 'evaluating'].includes(wave.state)) return undefined
  return errorGate(index, counts[index] ?? none, state.recipe.error, wave.forgiven)
}

function onErrorGate(state: CampaignStatus, inputs: GateInputs): CampaignStep {
  const told = { wave: inputs.wave, inputs }
  const cause: CampaignCause = { code: 'gate', inputs }
  if (state.recipe.error.action === 'abort') return complete(state, 'aborted', cause, 'gate.error', told)
  return pause(state, 'gate', cause, 'gate.error', told)
}

/** One pass over a running campaign, in the order of the reference; undefined when nothing changes. */
function pass(state: CampaignStatus, counts: readonly WaveCounts[], now: number): CampaignStep | undefined {
  const expiresAt = expiryOf(state)
  if (now >= expiresAt)
    return complete(state, 'aborted', { code: 'expired', at: expiresAt }, 'campaign.expire')
  const index = activeWave(state)
  const wave = state.waves[index]
  if (wave === undefined) return goOn(state, now)
  // Errors before success: a wave that did both is a wave that failed.
  const inputs = tripped(state, index, counts)
  if (inputs !== undefined) return onErrorGate(state, inputs)
  const { undecided, members } = tally((counts[index] ?? none).tasks)
  if (undecided > 0 || members < wave.size) return undefined
  if (wave.state === 'releasing') {
    const soakUntil = now + wave.soakSeconds * 1_000
    const soaking = enterWave(state, index, 'soaking', { soakUntil })
    return { state: soaking.state, effects: [...soaking.effects, { kind: 'wake-up', at: soakUntil }] }
  }
  if (wave.state === 'soaking')
    return now >= (wave.soakUntil ?? 0) ? enterWave(state, index, 'evaluating', {}) : undefined
  if (wave.state !== 'evaluating') return undefined
  const { passed, inputs: verdict } = successGate(
    index,
    counts[index] ?? none,
    state.recipe.success.threshold,
  )
  const told = { inputs: verdict }
  if (passed) return enterWave(state, index, 'passed', { finishedAt: now, verdict }, told)
  const failed = enterWave(state, index, 'failed', { verdict }, told)
  const cause: CampaignCause = { code: 'gate', inputs: verdict }
  return and(failed, (after) => pause(after, 'gate', cause, 'gate.success', { wave: index, ...told }))
}

function onTick(state: CampaignStatus, counts: readonly WaveCounts[], now: number): CampaignStep {
  if (state.state === 'running') {
    let result: CampaignStep = { state, effects: [] }
    // Each wave has four changes at most; the bound only guards against a fault of ours.
    for (
      let passes = 0;
      passes <= 4 * state.waves.length + 2 && result.state.state === 'running';
      passes += 1
    ) {
      const next = pass(result.state, counts, now)
      if (next === undefined) break
      result = { state: next.state, effects: [...result.effects, ...next.effects] }
    }
    return result.state.state === 'running'
      ? withOffers(result, counts)
      : and(result, (after) => onTickAfter(after, counts, now))
  }
  return onTickAfter(state, counts, now)
}

function withOffers(result: CampaignStep, counts: readonly WaveCounts[]): CampaignStep {
  const index = activeWave(result.state)
  if (index < 0 || (counts[index]?.tasks.queued ?? 0) === 0) return result
  return { state: result.state, effects: [...result.effects, { kind: 'offer', wave: index }] }
}

function onTickAfter(state: CampaignStatus, counts: readonly WaveCounts[], now: number): CampaignStep {
  if (state.state === 'paused') return onTickPaused(state, counts, now)
  if (state.state !== 'completing') return { state, effects: [] }
  const all = counts.map((wave) => tally(wave.tasks))
  const known = all.reduce((sum, wave) => sum + wave.members, 0)
  const undecided = all.reduce((sum, wave) => sum + wave.undecided, 0)
  const assigned = state.waves.reduce((sum, wave) => sum + wave.size, 0)
  if (counts.some((wave) => unsent(wave) > 0)) return { state, effects: [{ kind: 'close-tasks' }] }
  if (undecided > 0 || known < assigned) return { state, effects: [] }
  const ending = state.ending ?? 'aborted'
  return enter(state, ending, { finishedAt: now }, `campaign.${ending}`)
}

/** Tasks of which nothing has left us. */
function unsent({ tasks }: WaveCounts): number {
  return (tasks.eligible ?? 0) + (tasks.queued ?? 0) + (tasks.waiting_wake ?? 0) + (tasks.offered ?? 0)
}

function onTickPaused(state: CampaignStatus, counts: readonly WaveCounts[], now: number): CampaignStep {
  const expiresAt = expiryOf(state)
  if (now >= expiresAt)
    return complete(state, 'aborted', { code: 'expired', at: expiresAt }, 'campaign.expire')
  const wave = activeWave(state)
  // Work in flight goes on while a person thinks; what it brings to light is not kept from them.
  const inputs = state.pausedBy === 'operator' ? tripped(state, wave, counts) : undefined
  if (inputs !== undefined) return onErrorGate(state, inputs)
  const { waiting_wake: waiting = 0, offered = 0 } = counts[wave]?.tasks ?? {}
  // Asked for again: an offer may have crossed the pause.
  return { state, effects: waiting + offered > 0 ? [{ kind: 'withhold-tasks', wave }] : [] }
}

function onDrawn(state: CampaignStatus, members: number, excluded: number, now: number): CampaignStep {
  if (members === 0) return enter(state, 'draft', { cause: { code: 'nobody', excluded } }, 'campaign.nobody')
  const { sizes } = waveSizes(state.recipe.waves, members)
  const waves = sizes.flatMap((size, index): WaveStatus[] =>
    size === 0 ? [] : [{ size, soakSeconds: state.recipe.waves[index]?.soakSeconds ?? 0, state: 'pending' }],
  )
  const inWaves = sizes.reduce((sum, size) => sum + size, 0)
  const { cause: _cause, ...fresh } = state
  const running = enter(fresh, 'running', { waves, members: inWaves, startedAt: now }, 'campaign.run')
  const expiresAt = expiryOf(state)
  const effects: CampaignEffect[] = [
    ...running.effects,
    { kind: 'assign-waves', sizes: waves.map((wave) => wave.size) },
  ]
  if (Number.isFinite(expiresAt)) effects.push({ kind: 'wake-up', at: expiresAt })
  return and({ state: running.state, effects }, (after) => release(after, 0, now))
}

function onResume(
  state: CampaignStatus,
  event: Extract<CampaignEvent, { type: 'resume' }>,
  now: number,
): CampaignStep {
  if (state.state !== 'paused')
    throw new DomainError('conflict', `Only a paused campaign can be resumed; this one is ${state.state}`)
  if (event.reason.trim() === '')
    throw new DomainError('invalid-request', 'reason: say why it may go on', 'reason')
  const told = { by: event.by, reason: event.reason }
  const index = activeWave(state)
  const wave = state.waves[index]
  const { cause: _cause, ...rest } = state
  const resumed = enter(rest, 'running', {}, 'campaign.resume', told)
  if (state.pausedBy !== 'gate' || wave === undefined) return resumed
  if (wave.state === 'failed') {
    const overridden = { by: event.by, reason: event.reason }
    return and(
      and(resumed, (after) => enterWave(after, index, 'overridden', { overridden, finishedAt: now }, told)),
      (after) => goOn(after, now),
    )
  }
  // The person has answered for what is known so far; the gate looks at what comes after.
  const { bad, decided } = tally((event.counts[index] ?? none).tasks)
  const waves = resumed.state.waves.map((one, at) =>
    at === index ? { ...one, forgiven: { bad, decided } } : one,
  )
  return { state: { ...resumed.state, waves }, effects: resumed.effects }
}

function onVerb(
  state: CampaignStatus,
  event: Extract<CampaignEvent, { by: string }>,
  now: number,
): CampaignStep {
  const told = { by: event.by, ...(event.reason === undefined ? {} : { reason: event.reason }) }
  const cause: CampaignCause = { code: 'operator', ...told }
  switch (event.type) {
    case 'start': {
      if (state.state !== 'draft')
        throw new DomainError('conflict', `Only a draft can be started; this campaign is ${state.state}`)
      if (now >= expiryOf(state))
        throw new DomainError('conflict', 'Its time has run out; write a new campaign', 'expiresAt')
      const { cause: _cause, ...rest } = state
      const validating = enter(rest, 'validating', {}, 'campaign.start', told)
      return { state: validating.state, effects: [...validating.effects, { kind: 'draw-audience' }] }
    }
    case 'pause':
      if (state.state !== 'running')
        throw new DomainError('conflict', `Only a running campaign can be paused; this one is ${state.state}`)
      return pause(state, 'operator', cause, 'campaign.pause', told)
    case 'resume':
      return onResume(state, event, now)
    case 'abort':
      if (isCampaignOver(state.state) || state.ending === 'aborted')
        throw new DomainError('conflict', `It is ${state.state} already`)
      if (state.state === 'draft' || state.state === 'validating')
        return enter(state, 'aborted', { cause, finishedAt: now }, 'campaign.abort', told)
      return complete(state, 'aborted', cause, 'campaign.abort', told)
  }
}

/**
 * One step of a campaign. A campaign that is over never changes. Effects are carried out in the transaction that stores the new state.
 * @param now ms
 * @throws DomainError conflict (409) for a verb that its state does not allow, invalid-request (400) for a resume without a reason
 */
export function stepCampaign(state: CampaignStatus, event: CampaignEvent, now: number): CampaignStep {
  if ('by' in event) return onVerb(state, event, now)
  if (event.type === 'tick') return onTick(state, event.counts, now)
  if (state.state !== 'validating') return { state, effects: [] }
  if (event.type === 'drawn') return onDrawn(state, event.members, event.excluded, now)
  return enter(state, 'draft', { cause: { code: 'audience', detail: event.detail } }, 'campaign.draw-failed')
}
