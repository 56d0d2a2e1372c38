import type { CampaignState, TaskState, WaveState } from './campaigns.js'
import type { HealthState, PresenceState, RegistrationState } from './devices.js'
import type { OperationState } from './operations.js'

type Words<S extends string> = Readonly<Record<S, string>>

/** The words of the product, one per state, for screen and interface alike. */
export const screenWords: {
  registration: Words<RegistrationState>
  presence: Words<PresenceState>
  health: Words<HealthState>
  shadow: Words<'in-sync' | 'pending' | 'diverged' | 'rejected'>
  operation: Words<OperationState>
  campaign: Words<CampaignState>
  wave: Words<WaveState>
  task: Words<TaskState>
} = {
  registration: {
    provisioned: 'Expected, never heard',
    bootstrapping: 'Bootstrapping',
    registered: 'In contact',
    expired: 'Registration lapsed',
    deregistered: 'De-registered',
  },
  presence: { awake: 'Awake', sleeping: 'Sleeping', late: 'Late', silent: 'Silent' },
  health: { ok: 'OK', attention: 'Attention', failing: 'Failing' },
  shadow: { 'in-sync': 'In sync', pending: 'Pending', diverged: 'Diverged', rejected: 'Rejected' },
  operation: {
    queued: 'Waiting',
    sent: 'Sent',
    succeeded: 'Accepted by the device',
    failed: 'Failed',
    expired: 'Not delivered in time',
    cancelled: 'Cancelled',
    unknown: 'Outcome unknown',
  },
  campaign: {
    draft: 'Draft',
    validating: 'Drawing its audience',
    running: 'Running',
    paused: 'Paused',
    completing: 'Stopping',
    finished: 'Finished',
    aborted: 'Aborted',
  },
  wave: {
    pending: 'Waiting for the wave before',
    preflight: 'Being prepared',
    releasing: 'Being offered',
    soaking: 'Soaking',
    evaluating: 'Being judged',
    passed: 'Passed',
    failed: 'Failed',
    overridden: 'Passed by a person',
  },
  task: {
    eligible: 'In the audience',
    excluded: 'Left out',
    queued: 'Waiting for its turn',
    waiting_wake: 'Waiting for its next contact',
    offered: 'Handed over for delivery',
    applying: 'Sent to the device',
    verifying: 'Being read back',
    verified: 'Confirmed by read-back',
    failed: 'Not updated',
    silent: 'Silent',
    cancelled: 'Cancelled',
    skipped: 'Not reached',
  },
}

/** CoAP response codes of a device, in words. */
const codeWords: Readonly<Record<string, string>> = {
  '4.00': 'Bad Request: the device did not understand',
  '4.01': 'Unauthorized: the device does not allow this server to do that',
  '4.02': 'Bad Option: the device did not understand an option',
  '4.03': 'Forbidden: the device does not allow that',
  '4.04': 'Not Found: the device does not have that path',
  '4.05': 'Method Not Allowed: the device does not offer that operation there',
  '4.06': 'Not Acceptable: the device offers none of our formats',
  '4.08': 'Request Entity Incomplete: a block was lost',
  '4.13': 'Request Entity Too Large: the device cannot take that much',
  '4.15': 'Unsupported Content-Format: the device does not know the format',
  '5.00': 'Internal Server Error: the device failed',
  '5.01': 'Not Implemented: the device cannot do that',
  '5.03': 'Service Unavailable: the device is busy',
}

/** `4.05` → `4.05 Method Not Allowed: the device does not offer that operation there`. */
export function codeInWords(code: string): string {
  const words = codeWords[code]
  return words === undefined ? code : `${code} ${words}`
}

/** A duration in at most two units: `45 s`, `12 min`, `2 h 4 min`, `2 d 4 h`; ten days and more without hours. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 || days >= 10 ? `${days} d` : `${days} d ${hours % 24} h`
}
