import { taskStates, type TaskCounts, type TaskState } from '@fieldline/contracts'

/** What a task state counts as in every share. @see rule 2: shares are of members that are not out */
export const taskStanding: Readonly<Record<TaskState, 'undecided' | 'good' | 'bad' | 'out'>> = {
  eligible: 'undecided',
  queued: 'undecided',
  waiting_wake: 'undecided',
  offered: 'undecided',
  applying: 'undecided',
  verifying: 'undecided',
  verified: 'good',
  failed: 'bad',
  silent: 'bad',
  excluded: 'out',
  cancelled: 'out',
  skipped: 'out',
}

/** Members of one wave by task state, with the reasons of those that failed. */
export interface WaveCounts {
  tasks: TaskCounts
  failures?: Readonly<Record<string, number>>
  /** Undecided ones that are not judged because their cell is dark. */
  held?: number
}

export interface Tally {
  members: number
  undecided: number
  good: number
  bad: number
  out: number
  decided: number
}

/** Adds up task states; members are always the sum of the rest. */
export function tally(counts: TaskCounts): Tally {
  const sum = { undecided: 0, good: 0, bad: 0, out: 0 }
  for (const state of taskStates) sum[taskStanding[state]] += counts[state] ?? 0
  const decided = sum.good + sum.bad
  return { ...sum, decided, members: decided + sum.undecided + sum.out }
}

/** Counts tasks by state. */
export function countTasks(tasks: Iterable<{ state: TaskState }>): TaskCounts {
  const counts: TaskCounts = {}
  for (const { state } of tasks) counts[state] = (counts[state] ?? 0) + 1
  return counts
}

/** Whether `part` of `whole` is at least `percent` (two decimals), without the rounding of floats. */
export function reaches(part: number, whole: number, percent: number): boolean {
  return part * 10_000 >= Math.round(percent * 100) * whole
}
