import { durationInWords } from '@fieldline/contracts'

/** `12 min ago`, `in 3 h`, `now`. */
export function relativeInWords(at: number, now: number): string {
  const distance = at - now
  if (Math.abs(distance) < 5_000) return 'now'
  return distance < 0 ? `${durationInWords(-distance)} ago` : `in ${durationInWords(distance)}`
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(key: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat('en-GB', { hourCycle: 'h23', ...options })
  formats.set(key, made)
  return made
}

/** The zone name if this browser knows it; a device's site may name one that it does not. */
function knownZone(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined) return undefined
  try {
    return new Intl.DateTimeFormat('en-GB', { timeZone }).resolvedOptions().timeZone
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** `22 Nov 2026, 14:05:09 CET`: everything, with the zone it is told in (the site's, else the reader's own). */
export function absoluteInWords(at: number, timeZone?: string): string {
  const zone = knownZone(timeZone)
  return format(`absolute ${zone}`, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'short',
    timeZone: zone,
  }).format(at)
}

/** `14:05 CET` today, `23 Nov 14:05 CET` on another day: the zone is the site's, else the reader's own. */
export function clockInWords(at: number, now: number, timeZone?: string): string {
  const zone = knownZone(timeZone)
  const clock = format(`clock ${zone}`, {
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    timeZone: zone,
  }).format(at)
  const days = format(`day ${zone}`, { day: 'numeric', month: 'short', timeZone: zone })
  return days.format(at) === days.format(now) ? clock : `${days.format(at)} ${clock}`
}
