import type {
  CampaignState,
  HealthState,
  OperationState,
  PresenceState,
  RegistrationState,
  TaskState,
  WaveState,
} from '@fieldline/contracts'

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

/** A duration in at most two units: `45 s`, `12 min`, `2 h 4 min`, `2 d 4 h`. */
export function durationInWords(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`
  const days = Math.floor(hours / 24)
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`
}

const clocks = new Map<string, { time: Intl.DateTimeFormat; day: Intl.DateTimeFormat }>()

function clockOf(timeZone: string): { time: Intl.DateTimeFormat; day: Intl.DateTimeFormat } {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = {
      time: new Intl.DateTimeFormat('en-GB', {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZone,
      }),
      day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone }),
    }
    clocks.set(timeZone, clock)
  }
  return clock
}

/**
 * A moment as people at the site read it: `04:40`, with the day when it is not today's, with `UTC` when the zone of the site is not known.
 * @param timeZone IANA name; one that the platform does not know counts as not given
 */
export function momentInWords(at: number, now: number, timeZone?: string): string {
  let clock = clockOf('UTC')
  let suffix = ' UTC'
  if (timeZone !== undefined) {
    try {
      clock = clockOf(timeZone)
      suffix = ''
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
    }
  }
  const day = clock.day.format(at)
  const today = day === clock.day.format(now) && Math.abs(at - now) < 86_400_000
  return `${today ? '' : `${day} `}${clock.time.format(at)}${suffix}`
}
