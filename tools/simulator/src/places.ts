/** A place of the invented land of the demo. Time zones are real, nothing else is. */
export interface Place {
  readonly town: string
  readonly timeZone: string
  /** Minutes east of UTC in winter: meters keep standard time in their registers, whatever people do in summer. */
  readonly standardOffset: number
  readonly streets: readonly string[]
  /** First cell id; cells of a place follow each other. */
  readonly firstCell: number
}

/** Where meters are. */
export const places: readonly Place[] = [
  {
    town: 'Harlowmere',
    timeZone: 'Europe/London',
    standardOffset: 0,
    streets: ['Weir Lane', 'Saltern Row', 'Old Ropewalk', 'Tanner Street'],
    firstCell: 18_400_001,
  },
  {
    town: 'Nordvik Sund',
    timeZone: 'Europe/Oslo',
    standardOffset: 60,
    streets: ['Fyrveien', 'Nausttunet', 'Bergsida', 'Kirkesvingen'],
    firstCell: 27_120_001,
  },
  {
    town: 'Brauntal',
    timeZone: 'Europe/Berlin',
    standardOffset: 60,
    streets: ['Gerbergasse', 'Am Wehr', 'Mühlstieg', 'Lindenrain'],
    firstCell: 33_050_001,
  },
  {
    town: 'Vila Areal',
    timeZone: 'Europe/Lisbon',
    standardOffset: 0,
    streets: ['Rua do Forno', 'Travessa da Fonte', 'Largo do Moinho'],
    firstCell: 41_700_001,
  },
  {
    town: 'Kallioranta',
    timeZone: 'Europe/Helsinki',
    standardOffset: 120,
    streets: ['Satamapolku', 'Myllytie', 'Koivukuja'],
    firstCell: 52_330_001,
  },
]

const formats = new Map<string, Intl.DateTimeFormat>()

/** Minutes east of UTC at a moment, summer time included. */
export function offsetAt(timeZone: string, timeMs: number): number {
  let format = formats.get(timeZone)
  if (!format) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
    formats.set(timeZone, format)
  }
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(timeMs)) part[type] = Number(value)
  const local = Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second)
  return Math.round((local - timeMs) / 60_000)
}

/** `UTC+01:00` as the Device object writes it: `+01:00`. */
export function offsetText(minutes: number): string {
  const sign = minutes < 0 ? '-' : '+'
  const size = Math.abs(minutes)
  return `${sign}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`
}

/** The first moment after `timeMs` at which clocks on the site show a time of day, given in minutes. */
export function nextLocalTime(timeZone: string, timeMs: number, minuteOfDay: number): number {
  const day = 86_400_000
  const localMidnight = (at: number): number => Math.floor((at + offsetAt(timeZone, at) * 60_000) / day) * day
  for (let ahead = 0; ; ahead++) {
    const local = localMidnight(timeMs + ahead * day) + minuteOfDay * 60_000
    // The offset in force at that time of that day; a second look settles the days on which it changes.
    const guess = local - offsetAt(timeZone, local) * 60_000
    const at = local - offsetAt(timeZone, guess) * 60_000
    if (at > timeMs) return at
  }
}
