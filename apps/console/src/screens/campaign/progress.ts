import type { CampaignRecipe, TaskCounts, TaskState } from '@fieldline/contracts'
import type { Part } from '@/parts/stacked-bar'

const working: readonly TaskState[] = ['offered', 'applying', 'verifying']
const waiting: readonly TaskState[] = ['eligible', 'queued', 'waiting_wake']
const out: readonly TaskState[] = ['excluded', 'cancelled', 'skipped']

function sum(counts: TaskCounts, states: readonly TaskState[]): number {
  return states.reduce((total, state) => total + (counts[state] ?? 0), 0)
}

/** Members by what they mean for the campaign. `out` leaves every share. */
function tallyOf(counts: TaskCounts) {
  const good = counts.verified ?? 0
  const failed = counts.failed ?? 0
  const silent = counts.silent ?? 0
  return {
    good,
    failed,
    silent,
    bad: failed + silent,
    decided: good + failed + silent,
    working: sum(counts, working),
    waiting: sum(counts, waiting),
    out: sum(counts, out),
  }
}

/** The parts of a progress bar, in the order of the way through it; those that are out do not appear. */
export function partsOf(counts: TaskCounts): Part[] {
  const tally = tallyOf(counts)
  return [
    { label: 'confirmed', count: tally.good, tone: 'well' },
    { label: 'not updated', count: tally.failed, tone: 'failing' },
    { label: 'silent', count: tally.silent, tone: 'attention' },
    { label: 'under way', count: tally.working, tone: 'pending' },
    { label: 'waiting', count: tally.waiting, tone: 'none' },
  ]
}

/** `12 confirmed, 1 not updated, 40 waiting` */
export function progressInWords(counts: TaskCounts): string {
  const parts = partsOf(counts).filter(({ count }) => count > 0)
  return (
    parts.map(({ label, count }) => `${count.toLocaleString('en-GB')} ${label}`).join(', ') || 'nobody yet'
  )
}

/** How near a wave is to being stopped: its share of bad among decided, in percent, and whether the sample counts yet. */
export function errorShare(counts: TaskCounts, error: CampaignRecipe['error']) {
  const { bad, decided } = tallyOf(counts)
  const percent = decided === 0 ? 0 : (bad / decided) * 100
  return { percent, judged: decided >= error.minSample, decided, bad }
}

/** Percent of all that are not out which are confirmed: what the success gate asks. */
export function successShare(counts: TaskCounts): number {
  const { good, decided, working: busy, waiting: idle } = tallyOf(counts)
  const members = decided + busy + idle
  return members === 0 ? 0 : (good / members) * 100
}

/** A percentage as short as it can be: `5 %`, `1.9 %`. */
export function percentText(percent: number): string {
  return `${Number(percent.toFixed(percent < 10 ? 1 : 0))} %`
}
