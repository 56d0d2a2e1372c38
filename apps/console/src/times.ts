/** A duration in at most two units: `45 s`, `12 min`, `2 h 4 min`, `2 d 4 h`. */
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

/** `14:05` today, `23 Nov 14:05` on another day, in the reader's zone. */
export function clockInWords(at: number, now: number): string {
  const clock = format('clock', { hour: '2-digit', minute: '2-digit' }).format(at)
  const days = format('day', { day: 'numeric', month: 'short' })
  return days.format(at) === days.format(now) ? clock : `${days.format(at)} ${clock}`
}
