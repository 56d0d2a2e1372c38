import type {
  CampaignState,
  Device,
  HealthState,
  OperationKind,
  OperationState,
  PresenceState,
  RegistrationState,
  TaskState,
  TimelineKind,
  WaveState,
} from '@fieldline/contracts'
import type { Tone } from './theme'

/** How a state appears: its word and its tone. The glyph of each is in `parts/status-glyph`. */
export interface Appearance {
  word: string
  tone: Tone
  /** What the word means, for a tooltip. */
  meaning?: string
}
type Table<S extends string> = Readonly<Record<S, Appearance>>

export const registrationWords: Table<RegistrationState> = {
  provisioned: {
    word: 'Expected, never heard',
    tone: 'none',
    meaning: 'Made known here; it has never registered',
  },
  bootstrapping: { word: 'Bootstrapping', tone: 'pending', meaning: 'It is being told which server to use' },
  registered: { word: 'In contact', tone: 'well', meaning: 'Its registration is valid' },
  expired: {
    word: 'Registration lapsed',
    tone: 'failing',
    meaning: 'Its lifetime ran out without an Update; it must register again',
  },
  deregistered: { word: 'De-registered', tone: 'none', meaning: 'It took its leave' },
}

export const presenceWords: Table<PresenceState> = {
  awake: { word: 'Awake', tone: 'well', meaning: 'It listens now: requests leave at once' },
  sleeping: {
    word: 'Sleeping',
    tone: 'rest',
    meaning: 'Healthy and not listening. Requests wait for its next contact',
  },
  late: { word: 'Late', tone: 'attention', meaning: 'Past its expected contact and the grace after it' },
  silent: { word: 'Silent', tone: 'failing', meaning: 'Several expected contacts were missed' },
}

export const healthWords: Table<HealthState> = {
  ok: { word: 'OK', tone: 'well' },
  attention: { word: 'Attention', tone: 'attention' },
  failing: { word: 'Failing', tone: 'failing' },
}

export const operationWords: Table<OperationState> = {
  queued: { word: 'Waiting', tone: 'pending' },
  sent: { word: 'Sent', tone: 'pending' },
  succeeded: { word: 'Accepted by the device', tone: 'well' },
  failed: { word: 'Failed', tone: 'failing' },
  expired: { word: 'Not delivered in time', tone: 'attention' },
  cancelled: { word: 'Cancelled', tone: 'none' },
  unknown: {
    word: 'Outcome unknown',
    tone: 'attention',
    meaning:
      'It was sent and no answer came. Only reading the effect tells what happened; it is not repeated blindly',
  },
}

export const operationVerbs: Readonly<Record<OperationKind, string>> = {
  read: 'Read',
  write: 'Write',
  execute: 'Execute',
  discover: 'Discover',
  observe: 'Observe',
  'cancel-observe': 'Stop observing',
}

export const campaignWords: Table<CampaignState> = {
  draft: { word: 'Draft', tone: 'none' },
  validating: { word: 'Drawing its audience', tone: 'pending' },
  running: { word: 'Running', tone: 'well' },
  paused: { word: 'Paused', tone: 'attention' },
  completing: { word: 'Stopping', tone: 'pending' },
  finished: { word: 'Finished', tone: 'rest' },
  aborted: { word: 'Aborted', tone: 'failing' },
}

export const waveWords: Table<WaveState> = {
  pending: { word: 'Waiting for the wave before', tone: 'none' },
  preflight: { word: 'Being prepared', tone: 'pending' },
  releasing: { word: 'Being offered', tone: 'pending' },
  soaking: { word: 'Soaking', tone: 'pending' },
  evaluating: { word: 'Being judged', tone: 'pending' },
  passed: { word: 'Passed', tone: 'well' },
  failed: { word: 'Failed', tone: 'failing' },
  overridden: { word: 'Passed by a person', tone: 'attention' },
}

export const taskWords: Table<TaskState> = {
  eligible: { word: 'In the audience', tone: 'none' },
  excluded: { word: 'Left out', tone: 'none' },
  queued: { word: 'Waiting for its turn', tone: 'none' },
  waiting_wake: { word: 'Waiting for its next contact', tone: 'rest' },
  offered: { word: 'Handed over for delivery', tone: 'pending' },
  applying: { word: 'Sent to the device', tone: 'pending' },
  verifying: { word: 'Being read back', tone: 'pending' },
  verified: { word: 'Confirmed by read-back', tone: 'well' },
  failed: { word: 'Not updated', tone: 'failing' },
  silent: { word: 'Silent', tone: 'failing' },
  cancelled: { word: 'Cancelled', tone: 'none' },
  skipped: { word: 'Not reached', tone: 'none' },
}

/** Why devices of a campaign failed, as the end of "2 devices …". */
export const failureWords: Readonly<Record<string, string>> = {
  'read-back-differs': 'read back another value',
  'not-applied': 'did not take the value',
  rejected: 'refused the write',
  'read-back-failed': 'could not be read back',
  'not-confirmed': 'were not confirmed in time',
  'not-delivered': 'could not be reached in time',
  'not-heard': 'were not heard again',
}

export const timelineWords: Readonly<Record<TimelineKind, string>> = {
  registered: 'Registered',
  updated: 'Updated',
  deregistered: 'De-registered',
  'registration-expired': 'Lapsed',
  'registration-replaced': 'Registered again',
  'name-conflict': 'Name conflict',
  values: 'Values',
  observation: 'Observations',
  operation: 'Operations',
  campaign: 'Campaigns',
  'device-changed': 'Changes',
  late: 'Late',
  silent: 'Silent',
  back: 'Heard again',
}

/**
 * The one status of a device: its presence while it is registered, else what became of its registration. A lapsed registration of a device
 * that is also silent reads as lapsed; the reasons beside it say the rest.
 */
export function statusOf(device: Pick<Device, 'registration' | 'presence'>): Appearance & {
  state: RegistrationState | PresenceState
} {
  if (device.registration === 'registered' && device.presence !== null)
    return { ...presenceWords[device.presence], state: device.presence }
  return { ...registrationWords[device.registration], state: device.registration }
}

/** CoAP response codes of a device, in words. @see RFC 7252 §12.1.2 */
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

/** `4.05` becomes `4.05 Method Not Allowed: the device does not offer that operation there`. */
export function codeInWords(code: string): string {
  const words = codeWords[code]
  return words === undefined ? code : `${code} ${words}`
}

export const sourceWords = {
  read: 'read',
  notify: 'notified',
  send: 'sent',
  register: 'with registration',
} as const

/** What a dangerous resource does, shown on its button before it is pressed. */
export const hazardWords: Readonly<Record<string, string>> = {
  'register-reset': 'Clears a billed register: refused',
  supply: 'Switches a supply: refused',
  connectivity: 'Can cut the device off: asks for confirmation',
  reboot: 'Restarts the device: asks for confirmation',
  'read-moves-pointer': 'Reading marks data as delivered',
}

/** SenML units as people write them. @see RFC 8428 §12.1 */
const unitWords: Readonly<Record<string, string>> = {
  Cel: '°C',
  m3: 'm³',
  'm3/s': 'm³/s',
  'm3/h': 'm³/h',
  m2: 'm²',
  'm/s2': 'm/s²',
  Ohm: 'Ω',
  '%EL': '%',
  '%RH': '% RH',
  '/100': '%',
}

export function unitText(unit: string): string {
  return unitWords[unit] ?? unit
}
