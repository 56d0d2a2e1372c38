import { screenWords } from '@fieldline/contracts'
import type {
  Device,
  OperationKind,
  PresenceState,
  RegistrationState,
  TimelineKind,
} from '@fieldline/contracts'
import type { Tone } from './theme'

/** How a state appears: its word and its tone. The glyph of each is in `parts/status-glyph`. */
export interface Appearance {
  word: string
  tone: Tone
  /** What the word means, for a tooltip. */
  meaning?: string
}

/** The product's word for each state, and how it appears here. */
function appearances<S extends string>(
  words: Readonly<Record<S, string>>,
  looks: Readonly<Record<S, Omit<Appearance, 'word'>>>,
): Readonly<Record<S, Appearance>> {
  const states = Object.keys(words) as S[]
  return Object.fromEntries(
    states.map((state) => [state, { word: words[state], ...looks[state] }]),
  ) as Record<S, Appearance>
}

export const registrationWords = appearances(screenWords.registration, {
  provisioned: {
    tone: 'none',
    meaning: 'Made known here; it has never registered',
  },
  bootstrapping: { tone: 'pending', meaning: 'It is being told which server to use' },
  registered: { tone: 'well', meaning: 'Its registration is valid' },
  expired: {
    tone: 'failing',
    meaning: 'Its lifetime ran out without an Update; it must register again',
  },
  deregistered: { tone: 'none', meaning: 'It took its leave' },
})

export const presenceWords = appearances(screenWords.presence, {
  awake: { tone: 'well', meaning: 'It listens now: requests leave at once' },
  sleeping: {
    tone: 'rest',
    meaning: 'Healthy and not listening. Requests wait for its next contact',
  },
  late: { tone: 'attention', meaning: 'Past its expected contact and the grace after it' },
  silent: { tone: 'failing', meaning: 'Several expected contacts were missed' },
})

export const healthWords = appearances(screenWords.health, {
  ok: { tone: 'well' },
  attention: { tone: 'attention' },
  failing: { tone: 'failing' },
})

export const operationWords = appearances(screenWords.operation, {
  queued: { tone: 'pending' },
  sent: { tone: 'pending' },
  succeeded: { tone: 'well' },
  failed: { tone: 'failing' },
  expired: { tone: 'attention' },
  cancelled: { tone: 'none' },
  unknown: {
    tone: 'attention',
    meaning:
      'It was sent and no answer came. Only reading the effect tells what happened; it is not repeated blindly',
  },
})

export const operationVerbs: Readonly<Record<OperationKind, string>> = {
  read: 'Read',
  write: 'Write',
  execute: 'Execute',
  discover: 'Discover',
  observe: 'Observe',
  'cancel-observe': 'Stop observing',
}

export const campaignWords = appearances(screenWords.campaign, {
  draft: { tone: 'none' },
  validating: { tone: 'pending' },
  running: { tone: 'well' },
  paused: { tone: 'attention' },
  completing: { tone: 'pending' },
  finished: { tone: 'rest' },
  aborted: { tone: 'failing' },
})

export const waveWords = appearances(screenWords.wave, {
  pending: { tone: 'none' },
  preflight: { tone: 'pending' },
  releasing: { tone: 'pending' },
  soaking: { tone: 'pending' },
  evaluating: { tone: 'pending' },
  passed: { tone: 'well' },
  failed: { tone: 'failing' },
  overridden: { tone: 'attention' },
})

export const taskWords = appearances(screenWords.task, {
  eligible: { tone: 'none' },
  excluded: { tone: 'none' },
  queued: { tone: 'none' },
  waiting_wake: { tone: 'rest' },
  offered: { tone: 'pending' },
  applying: { tone: 'pending' },
  verifying: { tone: 'pending' },
  verified: { tone: 'well' },
  failed: { tone: 'failing' },
  silent: { tone: 'failing' },
  cancelled: { tone: 'none' },
  skipped: { tone: 'none' },
})

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
