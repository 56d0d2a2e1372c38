import { CampaignRecipe, DomainError, type TaskCounts } from '@fieldline/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  draftCampaign,
  errorGate,
  explainCampaign,
  explainWave,
  reaches,
  stepCampaign,
  successGate,
  tally,
  waveSizes,
  type CampaignEvent,
  type CampaignStatus,
  type WaveCounts,
} from './index.js'

const recipe = CampaignRecipe.parse({
  name: 'Report hourly',
  kind: 'config',
  audience: 'model:E3',
  write: [{ path: '/1/0/3', value: 3_600 }],
  waves: [
    { size: 2, soakSeconds: 60 },
    { percent: 100, soakSeconds: 0 },
  ],
  success: { threshold: 90 },
  error: { threshold: 5, minSample: 4 },
})
const of = (...waves: TaskCounts[]): WaveCounts[] => waves.map((tasks) => ({ tasks }))

function run(state: CampaignStatus, ...events: [CampaignEvent, number][]) {
  let result: ReturnType<typeof stepCampaign> = { state, effects: [] }
  for (const [event, now] of events) result = stepCampaign(result.state, event, now)
  return result
}
const kinds = (result: ReturnType<typeof stepCampaign>) => result.effects.map((effect) => effect.kind)
const start: [CampaignEvent, number] = [{ type: 'start', by: 'ada' }, 0]
const drawn = (members: number): [CampaignEvent, number] => [{ type: 'drawn', members, excluded: 0 }, 1]
const tick = (now: number, ...waves: TaskCounts[]): [CampaignEvent, number] => [
  { type: 'tick', counts: of(...waves) },
  now,
]
const running = run(draftCampaign(recipe), start, drawn(12)).state

describe('wave sizes', () => {
  it('round a percentage up, take at least one and never more than there are', () => {
    const wave = (percent: number) => ({ percent, soakSeconds: 0 })
    expect(waveSizes([wave(1), wave(10), wave(100)], 24)).toEqual({ sizes: [1, 3, 20], beyond: 0 })
    expect(waveSizes([wave(0.01)], 10_001)).toEqual({ sizes: [2], beyond: 9_999 })
    expect(waveSizes([wave(29)], 100)).toEqual({ sizes: [29], beyond: 71 })
    expect(waveSizes([{ size: 5, soakSeconds: 0 }, wave(100)], 3)).toEqual({ sizes: [3, 0], beyond: 0 })
  })
  it('always add up to the members', () => {
    const wave = fc.oneof(
      fc
        .integer({ min: 1, max: 10_000 })
        .map((hundredths) => ({ percent: hundredths / 100, soakSeconds: 0 })),
      fc.integer({ min: 1, max: 500 }).map((size) => ({ size, soakSeconds: 0 })),
    )
    fc.assert(
      fc.property(fc.array(wave, { minLength: 1, maxLength: 20 }), fc.nat(100_000), (waves, members) => {
        const { sizes, beyond } = waveSizes(waves, members)
        expect(sizes.reduce((sum, size) => sum + size, 0) + beyond).toBe(members)
        expect(Math.min(...sizes, beyond)).toBeGreaterThanOrEqual(0)
        if (members > 0) expect(sizes[0]).toBeGreaterThan(0)
      }),
    )
  })
})

describe('the gates', () => {
  it('compare shares without the rounding of floats', () => {
    expect(reaches(29, 100, 29)).toBe(true)
    expect(reaches(7, 10_000, 0.07)).toBe(true)
    expect(reaches(6, 10_000, 0.07)).toBe(false)
  })
  it('for errors wait for a sample and count silence', () => {
    const limit = { threshold: 50, minSample: 4 }
    expect(errorGate(0, { tasks: { failed: 3 } }, limit)).toBeUndefined()
    expect(errorGate(0, { tasks: { failed: 1, silent: 1, verified: 2 } }, limit)).toMatchObject({
      part: 2,
      whole: 4,
    })
    expect(errorGate(0, { tasks: { failed: 1, verified: 3 } }, limit)).toBeUndefined()
    expect(errorGate(0, { tasks: { verified: 9 } }, { threshold: 0.01, minSample: 1 })).toBeUndefined()
  })
  it('for success never pass with nobody verified or somebody undecided', () => {
    const counts = fc.record({
      verified: fc.nat(5),
      failed: fc.nat(5),
      silent: fc.nat(5),
      excluded: fc.nat(5),
      offered: fc.nat(2),
    })
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 10_000 }), (tasks, hundredths) => {
        const { passed } = successGate(0, { tasks }, hundredths / 100)
        if (passed) {
          expect(tasks.verified).toBeGreaterThan(0)
          expect(tasks.offered).toBe(0)
          expect(tasks.verified / (tasks.verified + tasks.failed + tasks.silent)).toBeGreaterThanOrEqual(
            hundredths / 10_000 - 1e-9,
          )
        }
      }),
    )
  })
})

describe('a campaign', () => {
  it('draws its audience when started, sizes its waves and releases the first', () => {
    expect(kinds(run(draftCampaign(recipe), start))).toContain('draw-audience')
    const result = run(draftCampaign(recipe), start, drawn(12))
    expect(result.state).toMatchObject({ state: 'running', members: 12 })
    expect(result.state.waves.map(({ size, state }) => [size, state])).toEqual([
      [2, 'releasing'],
      [10, 'pending'],
    ])
    expect(result.effects).toContainEqual({ kind: 'assign-waves', sizes: [2, 10] })
    expect(result.effects).toContainEqual({ kind: 'release-wave', wave: 0 })
  })
  it('goes back to draft when nobody is left', () => {
    const { state } = run(draftCampaign(recipe), start, [{ type: 'drawn', members: 0, excluded: 7 }, 1])
    expect(state.state).toBe('draft')
    expect(explainCampaign(state, 1)).toBe('Draft: the audience is empty (7 left out)')
  })
  it('offers while tasks are queued', () => {
    expect(run(running, tick(2, { queued: 2 }, { eligible: 10 })).effects).toContainEqual({
      kind: 'offer',
      wave: 0,
    })
    expect(kinds(run(running, tick(2, { offered: 2 }, { eligible: 10 })))).not.toContain('offer')
  })
  it('waits for counts of all members before it judges', () => {
    expect(run(running, tick(2, {}, {})).state).toEqual(running)
    expect(run(running, tick(2)).state).toEqual(running)
    expect(run(running, tick(2, { verified: 1 })).state).toEqual(running)
  })
  it('soaks, then judges, then goes on, and finishes when the last wave passed', () => {
    const soaking = run(running, tick(1_000, { verified: 2 }, { eligible: 10 }))
    expect(soaking.state.waves[0]).toMatchObject({ state: 'soaking', soakUntil: 61_000 })
    expect(soaking.effects).toContainEqual({ kind: 'wake-up', at: 61_000 })
    expect(run(soaking.state, tick(60_999, { verified: 2 }, { eligible: 10 })).state.waves[0]?.state).toBe(
      'soaking',
    )
    const second = run(soaking.state, tick(61_000, { verified: 2 }, { eligible: 10 }))
    expect(second.state.waves.map((wave) => wave.state)).toEqual(['passed', 'releasing'])
    expect(second.effects).toContainEqual({ kind: 'release-wave', wave: 1 })
    const end = run(second.state, tick(70_000, { verified: 2 }, { verified: 10 }))
    expect(end.state).toMatchObject({ state: 'finished', finishedAt: 70_000 })
  })
  it('pauses itself when too many read back another value, and says so', () => {
    const second = run(
      running,
      tick(0, { verified: 2 }, { eligible: 10 }),
      tick(60_000, { verified: 2 }, { eligible: 10 }),
    ).state
    const counts = [
      { tasks: { verified: 2 } },
      { tasks: { verified: 3, failed: 1, offered: 6 }, failures: { 'read-back-differs': 1 } },
    ]
    const result = run(second, [{ type: 'tick', counts }, 61_000])
    expect(result.state).toMatchObject({ state: 'paused', pausedBy: 'gate' })
    expect(kinds(result)).not.toContain('offer')
    expect(result.effects).toContainEqual({ kind: 'withhold-tasks', wave: 1 })
    expect(explainCampaign(result.state, 61_000)).toBe(
      'Paused by its error gate: 1 of 4 read back another value (25 % ≥ 5 %)',
    )
    expect(result.effects).toContainEqual(
      expect.objectContaining({
        kind: 'audit',
        action: 'gate.error',
        inputs: expect.objectContaining({ part: 1 }) as object,
      }),
    )
  })
  it('judges errors before success', () => {
    const lenient = {
      ...running,
      recipe: { ...recipe, success: { threshold: 1 }, error: { ...recipe.error, minSample: 2 } },
    }
    expect(run(lenient, tick(1e6, { verified: 1, failed: 1 }, {})).state).toMatchObject({
      state: 'paused',
      pausedBy: 'gate',
      cause: { inputs: { gate: 'error' } },
    })
  })
  it('whose wave ends below its threshold fails and never passes', () => {
    const soaked = run(
      running,
      tick(0, { verified: 1, silent: 1 }, {}),
      tick(60_000, { verified: 1, silent: 1 }, {}),
    )
    expect(soaked.state.waves[0]?.state).toBe('failed')
    expect(soaked.state).toMatchObject({ state: 'paused', pausedBy: 'gate' })
    expect(explainCampaign(soaked.state, 0)).toBe(
      'Paused by its success gate: 1 of 2 confirmed (50 % < 90 %)',
    )
    const empty = run(running, tick(0, { excluded: 2 }, {}), tick(60_000, { excluded: 2 }, {}))
    expect(explainCampaign(empty.state, 0)).toBe('Paused by its success gate: nobody is left to judge by')
  })
  it('is resumed by a person with a reason, who stays visible on the wave', () => {
    const failed = run(
      running,
      tick(0, { verified: 1, failed: 1 }, {}),
      tick(60_000, { verified: 1, failed: 1 }, {}),
    ).state
    expect(() => run(failed, [{ type: 'resume', by: 'ada', reason: ' ', counts: [] }, 1])).toThrow(/why/)
    const resumed = run(failed, [
      { type: 'resume', by: 'ada', reason: 'bench meter', counts: of({ verified: 1, failed: 1 }) },
      70_000,
    ])
    expect(resumed.state.waves[0]).toMatchObject({
      state: 'overridden',
      overridden: { by: 'ada', reason: 'bench meter' },
    })
    expect(resumed.effects).toContainEqual({ kind: 'release-wave', wave: 1 })
    expect(explainWave(resumed.state.waves[0] as never, { tasks: {} }, 0)).toBe('Passed by ada: bench meter')
  })
  it('that was let go on after errors looks at what comes after, not at the same devices again', () => {
    const wide = run(
      draftCampaign({ ...recipe, waves: [{ percent: 100, soakSeconds: 0 }] }),
      start,
      drawn(20),
    ).state
    const counts = of({ verified: 3, failed: 1, offered: 16 })
    const paused = run(wide, [{ type: 'tick', counts }, 5]).state
    expect(paused.state).toBe('paused')
    const on = run(
      paused,
      [{ type: 'resume', by: 'ada', reason: 'known', counts }, 6],
      [{ type: 'tick', counts }, 7],
    ).state
    expect(on.state).toBe('running')
    expect(run(on, tick(8, { verified: 6, failed: 2, offered: 12 })).state).toMatchObject({
      state: 'paused',
      cause: { inputs: { part: 1, whole: 4 } },
    })
  })
  it('that a person paused still tells when its error gate trips', () => {
    const paused = run(running, [{ type: 'pause', by: 'ada', reason: 'storm' }, 2]).state
    expect(explainCampaign(paused, 2)).toBe('Paused by ada: storm')
    expect(run(paused, tick(3, { failed: 2 }, {})).state.pausedBy).toBe('operator')
    const strict = { ...paused, recipe: { ...recipe, error: { ...recipe.error, minSample: 2 } } }
    expect(run(strict, tick(3, { failed: 2 }, {})).state).toMatchObject({ state: 'paused', pausedBy: 'gate' })
    const abort = {
      ...strict,
      recipe: { ...recipe, error: { threshold: 5, minSample: 2, action: 'abort' as const } },
    }
    expect(run(abort, tick(3, { failed: 2 }, {})).state.state).toBe('completing')
  })
  it('that is aborted follows devices in flight to their end', () => {
    const aborting = run(running, [{ type: 'abort', by: 'ada', reason: 'wrong value' }, 2])
    expect(aborting.state.state).toBe('completing')
    expect(kinds(aborting)).toContain('close-tasks')
    expect(run(aborting.state, tick(3, { applying: 1, cancelled: 1 }, { skipped: 10 })).state.state).toBe(
      'completing',
    )
    expect(kinds(run(aborting.state, tick(3, { queued: 1, cancelled: 1 }, { skipped: 10 })))).toEqual([
      'close-tasks',
    ])
    const over = run(aborting.state, tick(4, { verified: 1, cancelled: 1 }, { skipped: 10 })).state
    expect(over.state).toBe('aborted')
    expect(explainCampaign(over, 4)).toBe('Aborted: by ada: wrong value')
  })
  it('ends when its time runs out', () => {
    const dated = { ...running, recipe: { ...recipe, expiresAt: '1970-01-01T00:01:00Z' } }
    expect(run(dated, tick(59_999, { queued: 2 }, {})).state.state).toBe('running')
    expect(run(dated, tick(60_000, { queued: 2 }, {})).state).toMatchObject({
      state: 'completing',
      ending: 'aborted',
    })
    expect(() => run(draftCampaign(dated.recipe), [{ type: 'start', by: 'ada' }, 60_000])).toThrow(
      DomainError,
    )
  })
  it('refuses verbs its state does not allow', () => {
    const draft = draftCampaign(recipe)
    const over = run(draft, [{ type: 'abort', by: 'ada' }, 1]).state
    const verbs: [CampaignStatus, CampaignEvent][] = [
      [draft, { type: 'pause', by: 'ada' }],
      [draft, { type: 'resume', by: 'ada', reason: 'x', counts: [] }],
      [running, { type: 'start', by: 'ada' }],
      [running, { type: 'resume', by: 'ada', reason: 'x', counts: [] }],
      [over, { type: 'abort', by: 'ada' }],
      [over, { type: 'start', by: 'ada' }],
    ]
    for (const [state, event] of verbs)
      expect(() => stepCampaign(state, event, 2), `${event.type} in ${state.state}`).toThrow(DomainError)
  })
  it('that is over never changes, and a paused one never offers, whatever happens', () => {
    const counts = fc.record({
      verified: fc.nat(4),
      failed: fc.nat(4),
      queued: fc.nat(2),
      offered: fc.nat(2),
      silent: fc.nat(2),
    })
    const event = fc.oneof(
      fc
        .array(counts, { maxLength: 2 })
        .map((waves): CampaignEvent => ({ type: 'tick', counts: of(...waves) })),
      fc.constantFrom<CampaignEvent>(
        { type: 'start', by: 'a' },
        { type: 'drawn', members: 4, excluded: 0 },
        { type: 'draw-failed', detail: 'x' },
        { type: 'pause', by: 'a' },
        { type: 'resume', by: 'a', reason: 'r', counts: [] },
        { type: 'abort', by: 'a' },
      ),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.nat(100_000)), { maxLength: 40 }), (story) => {
        let state = draftCampaign(recipe)
        let now = 0
        for (const [one, pause] of story) {
          now += pause
          const before = state
          try {
            const result = stepCampaign(state, one, now)
            state = result.state
            if (state.state !== 'running') expect(kinds(result)).not.toContain('offer')
          } catch (error) {
            expect(error).toBeInstanceOf(DomainError)
          }
          if (before.state === 'finished' || before.state === 'aborted') expect(state).toBe(before)
          for (const wave of state.waves)
            if (wave.state === 'passed') expect(wave.verdict?.verified).toBeGreaterThan(0)
          expect(
            state.waves.filter((wave) =>
              ['releasing', 'soaking', 'evaluating', 'failed'].includes(wave.state),
            ).length,
          ).toBeLessThanOrEqual(1)
        }
      }),
    )
  })
})

describe('a tally', () => {
  it('has members that are the sum of undecided, decided and out', () => {
    fc.assert(
      fc.property(
        fc.record({
          verified: fc.nat(),
          failed: fc.nat(),
          silent: fc.nat(),
          skipped: fc.nat(),
          applying: fc.nat(),
        }),
        (tasks) => {
          const sum = tally(tasks)
          expect(sum.members).toBe(Object.values(tasks).reduce((a, b) => a + b, 0))
          expect(sum.members).toBe(sum.undecided + sum.decided + sum.out)
        },
      ),
    )
  })
})
