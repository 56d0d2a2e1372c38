interface SiteClock {
  time: Intl.DateTimeFormat
  day: Intl.DateTimeFormat
}

const clocks = new Map<string, SiteClock>()

/** Throws a RangeError for a zone that the platform does not know. */
function clockOf(timeZone: string): SiteClock {
  let clock = clocks.get(timeZone)
  if (clock === undefined) {
    clock = {
      time: new Intl.DateTimeFormat('en-GB', {
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
        timeZoneName: 'short',
        timeZone,
      }),
      day: new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone }),
    }
    clocks.set(timeZone, clock)
  }
  return clock
}

function siteClock(timeZone: string | undefined): SiteClock {
  if (timeZone === undefined) return clockOf('UTC')
  try {
    return clockOf(timeZone)
  } catch (error) {
    if (error instanceof RangeError) return clockOf('UTC')
    throw error
  }
}

/**
 * A moment as people at the site read it, with the name its zone has at that moment: `04:40 CET`, `4 Jul 04:40 GMT-3` when the day is not
 * today's, in `UTC` when the zone of the site is not known.
 * @param timeZone IANA name; one that the platform does not know counts as not given
 */
export function momentInWords(at: number, now: number, timeZone?: string): string {
  const clock = siteClock(timeZone)
  const day = clock.day.format(at)
  const today = day === clock.day.format(now) && Math.abs(at - now) < 86_400_000
  return `${today ? '' : `${day} `}${clock.time.format(at)}`
}
