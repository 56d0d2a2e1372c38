import type { HealthState, RegistrationState } from '@fieldline/contracts'
import type { Audience, AudienceTerm, Comparison } from './audience.js'
import { presence, type ContactTimes } from './presence.js'
import { versionKey } from './versions.js'

/** What a filter can ask about a device. Absent facts match nothing. */
export interface DeviceFacts extends ContactTimes {
  endpoint: string
  vendor?: string
  model?: string
  firmware?: string
  cell?: string
  groups: readonly string[]
  batteryPercent?: number
  registration: RegistrationState
  health: HealthState
}

function ordered(sign: Comparison, order: number): boolean {
  if (sign === '<') return order < 0
  if (sign === '<=') return order <= 0
  if (sign === '>') return order > 0
  if (sign === '>=') return order >= 0
  return order === 0
}

function sameText(fact: string | undefined, value: AudienceTerm['values'][number]): boolean {
  if (fact === undefined) return false
  const text = value.text.toLowerCase()
  return value.prefix ? fact.toLowerCase().startsWith(text) : fact.toLowerCase() === text
}

function holds(
  term: AudienceTerm,
  value: AudienceTerm['values'][number],
  device: DeviceFacts,
  now: number,
): boolean {
  switch (term.key) {
    case 'endpoint':
      return value.prefix ? device.endpoint.startsWith(value.text) : device.endpoint === value.text
    case 'vendor':
      return sameText(device.vendor, value)
    case 'model':
      return sameText(device.model, value)
    case 'cell':
      return sameText(device.cell, value)
    case 'group':
      return device.groups.some((group) => sameText(group, value))
    case 'fw': {
      if (device.firmware === undefined) return false
      if (term.comparison === '=')
        return value.prefix ? device.firmware.startsWith(value.text) : device.firmware === value.text
      const a = versionKey(device.firmware)
      const b = versionKey(value.text)
      return ordered(term.comparison, a < b ? -1 : a > b ? 1 : 0)
    }
    case 'battery':
      return (
        device.batteryPercent !== undefined &&
        ordered(term.comparison, device.batteryPercent - Number(value.text))
      )
    case 'status':
      return [device.registration, device.health, presence(device, now)].some(
        (status) => status === value.text,
      )
  }
}

/**
 * Whether a device belongs to an audience at `now` (ms). The pure twin of the store's SQL: vendor, model, cell and group without regard to
 * case, endpoint and firmware exactly, firmware order by `versionKey`.
 */
export function matches(audience: Audience, device: DeviceFacts, now: number): boolean {
  return audience.terms.every(
    (term) => term.values.some((value) => holds(term, value, device, now)) !== term.negated,
  )
}
