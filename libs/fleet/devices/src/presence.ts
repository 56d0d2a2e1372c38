import type { PresenceState, RegistrationState } from '@fieldline/contracts'

/** Moments (ms since 1970) that decide presence; null where they do not apply. */
export interface ContactTimes {
  registration: RegistrationState
  queueMode: boolean
  awakeUntil: number | null
  lateAt: number | null
  silentAt: number | null
}

/**
 * Where a device stands against its promise of contact. Null for a device that never registered or has left. A device without Queue Mode
 * is awake until it is late. A lapsed registration changes nothing here: the contact that is missing is the same one.
 */
export function presence(device: ContactTimes, now: number): PresenceState | null {
  if (device.registration !== 'registered' && device.registration !== 'expired') return null
  if (device.silentAt !== null && now >= device.silentAt) return 'silent'
  if (device.lateAt !== null && now >= device.lateAt) return 'late'
  if (device.queueMode && (device.awakeUntil === null || now >= device.awakeUntil)) return 'sleeping'
  return 'awake'
}

/** The next moment (ms) at which presence changes without a contact, or null: when to look again. */
export function nextPresenceChange(device: ContactTimes, now: number): number | null {
  const moments = [device.awakeUntil, device.lateAt, device.silentAt].filter((at) => at !== null && at > now)
  return moments.length === 0 ? null : Math.min(...(moments as number[]))
}
