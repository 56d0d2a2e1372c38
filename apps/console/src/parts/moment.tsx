'use client'

import { useNow } from '@/data/use-now'
import { absoluteInWords, clockInWords, relativeInWords } from '@/times'

interface Props {
  at: string | null | undefined
  /** IANA zone of the site, in which a clock is told; the reader's own without it. */
  timeZone?: string
  /** `relative`: 12 min ago; `clock`: 14:05 CET. */
  as?: 'relative' | 'clock'
  /** Stands for a moment that is not known. */
  none?: string
}

/** A moment: short in the text, complete in its tooltip and for machines. */
export function Moment({ at, timeZone, as = 'relative', none = '—' }: Props) {
  const now = useNow()
  if (at === null || at === undefined) return <span>{none}</span>
  const ms = Date.parse(at)
  return (
    <time dateTime={at} title={absoluteInWords(ms, timeZone)} suppressHydrationWarning>
      {as === 'clock' ? clockInWords(ms, now, timeZone) : relativeInWords(ms, now)}
    </time>
  )
}
