import { chance, whole } from './chance.js'
import type { MeterIdentity } from './identity.js'

const yearMs = 365.25 * 86_400_000
/** A battery lasts ten years and is at a fifth of its charge then. */
const yearlyLoss = 8

/** Battery in percent: whole, falling with age, never so low that it is a finding. */
export function batteryAt({ installedAt, seed }: MeterIdentity, timeMs: number): number {
  const years = Math.max(0, timeMs - installedAt) / yearMs
  return Math.max(22, Math.round(100 - years * yearlyLoss - 3 * chance(seed, 'battery')))
}

/** Battery voltage in millivolts. */
export function voltageAt(identity: MeterIdentity, timeMs: number): number {
  return 3_300 + 3 * batteryAt(identity, timeMs)
}

/** Radio signal strength in dBm: a place in the cellar, and the weather of the hour. */
export function signalAt({ seed }: MeterIdentity, timeMs: number): number {
  return whole(-108, -76, seed, 'place') + whole(-4, 4, seed, 'signal', Math.floor(timeMs / 3_600_000))
}

/** How far the meter's clock is from the truth, in seconds: a little, and growing until it is set at night. */
export function clockDriftAt({ seed }: MeterIdentity, timeMs: number): number {
  const perDay = 2.4 * (chance(seed, 'drift') - 0.5)
  return perDay * ((timeMs / 86_400_000) % 1)
}
