import { codeInWords, screenWords } from '@fieldline/contracts'
import type { CampaignState } from '@fieldline/contracts'
import { momentInWords } from '@fieldline/devices'
import { activeWave, type CampaignStatus, type WaveStatus } from './campaign.js'
import { tally, type WaveCounts } from './counts.js'
import type { GateInputs } from './gates.js'
import { exclusionWords } from './preflight.js'
import type { TaskCode, TaskStatus } from './task.js'

/** Codes of failed and silent tasks, as the end of "3 of 12 …". */
const failureWords: Readonly<Record<string, string>> = {
  'read-back-differs': 'read back another value',
  'not-applied': 'did not take the value',
  rejected: 'refused the write',
  'read-back-failed': 'could not be read back',
  'not-confirmed': 'were not confirmed in time',
  'not-delivered': 'could not be reached in time',
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '0 %' : `${Number(((part / whole) * 100).toFixed(2))} %`
}

/** What went wrong most, when it is one thing: `read back another value`, `are silent`, or `failed or are silent`. */
function whatFailed({ failed, silent, failures }: GateInputs): string {
  const codes = Object.keys(failures).filter((code) => (failures[code] ?? 0) > 0)
  if (failed === 0) return 'are silent'
  const only = codes.length === 1 ? failureWords[codes[0] as string] : undefined
  if (silent > 0) return 'failed or are silent'
  return only ?? 'failed'
}

function gateInWords(inputs: GateInputs): string {
  const { gate, part, whole, threshold } = inputs
  if (gate === 'error')
    return `${part} of ${whole} ${whatFailed(inputs)} (${percent(part, whole)} ≥ ${threshold} %)`
  if (whole === 0) return 'nobody is left to judge by'
  return `${part} of ${whole} confirmed (${percent(part, whole)} < ${threshold} %)`
}

function reasonOf(text: string | undefined): string {
  return text === undefined ? '' : `: ${text}`
}

/** A campaign's state in words, with its cause: `Paused by its error gate: 3 of 12 read back another value (25 % ≥ 5 %)`. */
export function explainCampaign(state: CampaignStatus, now: number, timeZone?: string): string {
  const { cause } = state
  const words: Readonly<Record<CampaignState, string>> = screenWords.campaign
  switch (state.state) {
    case 'draft':
      if (cause?.code === 'nobody') return `Draft: the audience is empty (${cause.excluded} left out)`
      return cause?.code === 'audience' ? `Draft: ${cause.detail}` : words.draft
    case 'running': {
      const index = activeWave(state)
      const wave = state.waves[index]
      if (wave === undefined) return words.running
      return `Running: wave ${index + 1} of ${state.waves.length} is ${screenWords.wave[wave.state].toLowerCase()}`
    }
    case 'paused':
      if (cause?.code === 'gate')
        return `Paused by its ${cause.inputs.gate} gate: ${gateInWords(cause.inputs)}`
      return cause?.code === 'operator' ? `Paused by ${cause.by}${reasonOf(cause.reason)}` : words.paused
    case 'completing':
    case 'aborted': {
      const word =
        state.state === 'aborted' ? words.aborted : 'Stopping, devices in flight are followed to their end'
      if (state.ending === 'finished') return 'Finishing'
      if (cause?.code === 'gate')
        return `${word}: stopped by its ${cause.inputs.gate} gate, ${gateInWords(cause.inputs)}`
      if (cause?.code === 'operator') return `${word}: by ${cause.by}${reasonOf(cause.reason)}`
      return cause?.code === 'expired'
        ? `${word}: its time ran out ${momentInWords(cause.at, now, timeZone)}`
        : word
    }
    default:
      return words[state.state]
  }
}

/** A wave's state in words. */
export function explainWave(wave: WaveStatus, counts: WaveCounts, now: number, timeZone?: string): string {
  const { decided, members, out, undecided, good } = tally(counts.tasks)
  switch (wave.state) {
    case 'releasing': {
      const held = counts.held ? `, ${counts.held} of them silent with their cells and not judged yet` : ''
      return `Being offered: ${decided} of ${members - out} decided, ${undecided} to go${held}`
    }
    case 'soaking':
      return wave.soakUntil === undefined
        ? screenWords.wave.soaking
        : `Soaking until ${momentInWords(wave.soakUntil, now, timeZone)}`
    case 'passed':
      return `Passed: ${good} of ${members - out} confirmed`
    case 'failed':
      return wave.verdict === undefined ? screenWords.wave.failed : `Failed: ${gateInWords(wave.verdict)}`
    case 'overridden':
      return wave.overridden === undefined
        ? screenWords.wave.overridden
        : `Passed by ${wave.overridden.by}: ${wave.overridden.reason}`
    default:
      return screenWords.wave[wave.state]
  }
}

const taskCodeWords: Readonly<Record<TaskCode, string>> = {
  ...exclusionWords,
  'read-back-differs': 'it accepted the value and reads back another',
  'not-applied': 'no answer came, and it reads back another value',
  rejected: 'it refused the write',
  'read-back-failed': 'it could not be read back',
  'not-confirmed': 'no read-back came in time',
  'not-delivered': 'it could not be reached in time',
  'operation-cancelled': 'its operation was cancelled',
  'not-heard': 'not heard for the agreed number of expected contacts',
  cancelled: 'taken out by a person',
  'campaign-ended': 'the campaign ended before its turn',
  decommissioned: 'it left the fleet',
}

/** A task's state in words, with what differs or what the device answered. */
export function explainTask(
  task: TaskStatus,
  expectedAt: number | null,
  now: number,
  timeZone?: string,
): string {
  const words = screenWords.task[task.state]
  if (task.held !== undefined)
    return `${words}; not heard, and neither are most others in its cell: it is not judged yet`
  if (task.state === 'waiting_wake' && expectedAt !== null)
    return `${words}, expected ${momentInWords(expectedAt, now, timeZone)}`
  if (task.code === undefined) return words
  const answer = task.responseCode === undefined ? '' : ` (${codeInWords(task.responseCode)})`
  const differences = task.differences.map(
    ({ path, expected, found }) =>
      `${path} is ${found === null ? 'absent' : JSON.stringify(found)} instead of ${JSON.stringify(expected)}`,
  )
  const details = differences.length === 0 ? '' : `: ${differences.join(', ')}`
  return `${words}: ${taskCodeWords[task.code]}${answer}${details}`
}
