import { exclusionWords, explainCampaign, explainTask, explainWave } from '@fieldline/campaigns'
import type { ExclusionCode } from '@fieldline/campaigns'
import type { Campaign, Task } from '@fieldline/contracts'
import type { CountedCampaign, StoredTask } from '@fieldline/store'

const time = (epochMs: number): string => new Date(epochMs).toISOString()
const timeOf = (epochMs: number | undefined): string | undefined =>
  epochMs === undefined ? undefined : time(epochMs)

/** Reasons of exclusion with their words. */
export function inWords(
  excluded: readonly { code: string; count: number }[],
): { code: string; text: string; count: number }[] {
  return excluded.map(({ code, count }) => ({
    code,
    text: exclusionWords[code as ExclusionCode] ?? code,
    count,
  }))
}

/** A campaign as the interface shows it at `now` (epoch milliseconds). */
export function toCampaign(stored: CountedCampaign, now: number): Campaign {
  const { id, name, recipe, status, counts, createdBy, createdAt } = stored
  return {
    id,
    name,
    kind: recipe.kind,
    recipe,
    state: status.state,
    pausedBy: status.pausedBy,
    text: explainCampaign(status, now),
    counts: counts.total,
    members: status.members,
    excluded: inWords(counts.excluded),
    waves: status.waves.map((wave, index) => {
      const inWave = counts.waves[index] ?? { tasks: {} }
      return {
        index,
        size: wave.size,
        soakSeconds: wave.soakSeconds,
        state: wave.state,
        text: explainWave(wave, inWave, now),
        counts: inWave.tasks,
        releasedAt: timeOf(wave.releasedAt),
        soakUntil: timeOf(wave.soakUntil),
        finishedAt: timeOf(wave.finishedAt),
        failures: Object.entries(inWave.failures ?? {}).map(([key, count]) => ({ key, count })),
      }
    }),
    createdBy,
    createdAt: time(createdAt),
    startedAt: timeOf(status.startedAt),
    finishedAt: timeOf(status.finishedAt),
  }
}

/** One device in one campaign as the interface shows it at `now` (epoch milliseconds). */
export function toTask(stored: StoredTask, now: number): Task {
  const { status, deviceId, endpoint, wave, updatedAt } = stored
  const waits = status.state === 'waiting_wake' || status.state === 'offered'
  // a contact that was missed is no forecast
  const expectedAt = waits && stored.expectedAt !== null && stored.expectedAt > now ? stored.expectedAt : null
  return {
    endpoint,
    deviceId,
    wave,
    state: status.state,
    code: status.code,
    text: explainTask(status, expectedAt, now),
    expectedAt: expectedAt === null ? undefined : time(expectedAt),
    operationId: status.operationId,
    differences: status.differences.length > 0 ? status.differences : undefined,
    updatedAt: time(updatedAt),
  }
}
