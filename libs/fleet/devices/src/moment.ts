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
